"""The JSON Schema is current, and says of a file what loading it says."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from personalize_stack.config.load import load_all
from personalize_stack.config.reference import PARTS, updated
from personalize_stack.config.schema import json_schema

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "personalize.schema.json"
EXAMPLE = (ROOT / "examples" / "movielens" / "personalize.yaml").read_text(encoding="utf-8")

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
NOTES = {"$schema", "$defs", "title", "description", "default"}
OF_PARTS = {"items", "propertyNames", "properties", "patternProperties", "additionalProperties"}
CHECKS: dict[str, Any] = {
    "enum": lambda value, wanted: value in wanted,
    "required": lambda value, wanted: not isinstance(value, dict) or all(name in value for name in wanted),
    "pattern": lambda value, wanted: not isinstance(value, str) or re.search(wanted, value),
    "minLength": lambda value, wanted: not isinstance(value, str) or len(value) >= wanted,
    "maxLength": lambda value, wanted: not isinstance(value, str) or len(value) <= wanted,
    "minItems": lambda value, wanted: not isinstance(value, list) or len(value) >= wanted,
    "maxItems": lambda value, wanted: not isinstance(value, list) or len(value) <= wanted,
    "minProperties": lambda value, wanted: not isinstance(value, dict) or len(value) >= wanted,
    "maxProperties": lambda value, wanted: not isinstance(value, dict) or len(value) <= wanted,
    "minimum": lambda value, wanted: not isinstance(value, int | float) or value >= wanted,
    "exclusiveMinimum": lambda value, wanted: not isinstance(value, int | float) or value > wanted,
    "maximum": lambda value, wanted: not isinstance(value, int | float) or value <= wanted,
}


def broken(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """Yield the keywords that a value breaks: the part of JSON Schema that this one uses."""
    for keyword, wanted in schema.items():
        match keyword:
            case "$ref":
                yield from broken(value, root["$defs"][wanted.removeprefix("#/$defs/")], root)
            case "anyOf":
                alternatives = [list(broken(value, alternative, root)) for alternative in wanted]
                yield from chain(*alternatives) if all(alternatives) else ()
            case "type":
                is_wrong_number = isinstance(value, bool) and wanted in ("integer", "number")
                if is_wrong_number or not isinstance(value, TYPES[wanted]):
                    yield f"{value!r}: type {wanted}"
            case _ if keyword not in NOTES | OF_PARTS and not CHECKS[keyword](value, wanted):
                yield f"{value!r}: {keyword} {wanted}"
    for part, its_schema in parts(value, schema):
        yield from [f"{part!r}: not allowed"] if its_schema is False else broken(part, its_schema, root)


def parts(value: Any, schema: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the items, keys and members of a value, each with a schema that it must conform to."""
    if isinstance(value, list):
        yield from ((item, schema.get("items", {})) for item in value)
    for name, member in value.items() if isinstance(value, dict) else ():
        yield name, schema.get("propertyNames", {})
        patterns = schema.get("patternProperties", {}).items()
        known = [part for pattern, part in patterns if re.search(pattern, name)]
        known += [schema["properties"][name]] if name in schema.get("properties", {}) else []
        yield from ((member, part) for part in known)
        if not known and schema.get("additionalProperties") is False:
            yield name, False
        elif not known:
            yield member, schema.get("additionalProperties", {})


def problems(text: str) -> list[str]:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return list(broken(yaml.safe_load(text), schema, schema))


def test_the_published_schema_is_current():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json_schema(), (
        "write it again: personalize config schema > docs/personalize.schema.json"
    )


def test_the_example_conforms_and_names_the_schema():
    assert problems(EXAMPLE) == []
    assert EXAMPLE.splitlines()[0] == "# yaml-language-server: $schema=../../docs/personalize.schema.json"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("project: movielens", "projekt: movielens", "'projekt': not allowed"),
        ("project: movielens", "", "required ['project']"),
        ("recipe: hrnn", "recipe: hrn", "'hrn': enum"),
        ("{solution: hrnn}", "{}", "{}: required ['solution']"),
        ("  unseen:", "  Unseen:", "'Unseen': not allowed"),
        ("USER_ID: userId", "USER_ID: {columm: userId}", "'columm': not allowed"),
        ("source: data/ratings.csv", "source: 3", "3: type string"),
        ("{min_provisioned_tps: 2}", "{min_provisioned_tps: true}", "True: type integer"),
        ("production: true", "produktion: true", "'produktion': not allowed"),
        ("  dev: {}", "  Dev: {}", "'Dev': pattern"),
    ],
)
def test_mistakes_do_not_conform(before, after, problem):
    assert before in EXAMPLE
    assert any(problem in found for found in problems(EXAMPLE.replace(before, after)))


@pytest.mark.parametrize(
    "environment",
    [
        "dev:",
        "dev: {campaigns: {popular: null}, event_tracker: null}",
        "dev: {solutions: {hrnn: {hyperparameters: {bptt: 8, recency_mask: true}}}}",
        "dev: {datasets: {interactions: {source: [a.csv, b.csv], columns: {EVENT_TYPE: {value: null, column: kind}}}}}",
    ],
)
def test_an_environment_may_override_any_part(environment):
    assert problems(EXAMPLE.replace("  dev: {}", f"  {environment}")) == []


def test_every_key_is_described():
    schema = json_schema()
    keys = [*schema["properties"].values()]
    keys += [
        key
        for name, part in schema["$defs"].items()
        if not name.endswith("Override")
        for key in part["properties"].values()
    ]

    assert all(key["description"].endswith(".") for key in keys)


def test_the_documented_keys_are_current():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == updated(page), (
        "write it again: .venv/bin/python -m personalize_stack.config.reference docs/configuration.md"
    )


def test_every_part_of_the_model_is_documented():
    parts = {name for name in json_schema()["$defs"] if not name.endswith("Override")}
    assert parts - {"Range"} == {part.__name__ for part in PARTS.values()} - {"Declaration"}


@pytest.mark.parametrize("name", ["personalize", "video"])
def test_the_complete_examples_conform(name):
    path = ROOT / "examples" / "everything" / f"{name}.yaml"
    assert problems(path.read_text(encoding="utf-8")) == []
    assert [project.environment for project in load_all(path)] == ["dev", "stage", "prod"]
