"""The JSON Schema of a configuration file, for editors; docs/personalize.schema.json holds it.

It is the schema of the declared values, and beside them of what each environment may override: any part of the same,
with nothing required, and null for what shall be taken away.
"""

from typing import Any

from personalize_stack.config.load import ENVIRONMENT_PATTERN
from personalize_stack.config.model import Declaration

Schema = dict[str, Any]


def json_schema() -> Schema:
    """Return the schema as plain JSON data."""
    schema = _tidy(Declaration.model_json_schema())
    definitions = schema["$defs"]
    overrides = {f"{name}Override": _override(definition) for name, definition in definitions.items()}
    environment = _override({key: schema[key] for key in ("type", "properties", "additionalProperties")})
    environments = {
        "type": "object",
        "description": "The environments, and what each changes: mappings are merged, null takes a key away, "
        "anything else replaces. Default: dev, which changes nothing.",
        "default": {"dev": {}},
        "propertyNames": {"pattern": ENVIRONMENT_PATTERN},
        "additionalProperties": _or_null(environment),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "personalize.yaml",
        "description": schema["description"],
        "type": "object",
        "additionalProperties": False,
        "required": schema["required"],
        "properties": {**schema["properties"], "environments": environments},
        "$defs": {**definitions, **overrides},
    }


def _tidy(schema: Any) -> Any:
    """Leave out titles, which only repeat the keys, and refuse names that match none of the patterns for names."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {"additionalProperties": False} if "patternProperties" in schema else {}
    return {key: _tidy(value) for key, value in schema.items() if key != "title"} | strict


def _override(schema: Any) -> Any:
    """Return a schema of which a value may hold any part."""
    if isinstance(schema, list):
        return [_override(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    loose: Schema = {}
    for key, value in schema.items():
        if key == "$ref":
            loose[key] = f"{value}Override"
        elif key in ("properties", "patternProperties"):
            loose[key] = {name: _or_null(_override(member)) for name, member in value.items()}
        elif key == "additionalProperties" and isinstance(value, dict):
            loose[key] = _or_null(_override(value))
        elif key not in ("required", "default", "minProperties"):
            loose[key] = _override(value)
    return loose


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
