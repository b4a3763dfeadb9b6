"""The three APIs as botocore's models describe them: which operations there are, and what a request may hold."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from personalize_local.service.errors import InvalidInput, NotSimulated

CONTROL, RUNTIME, EVENTS = SERVICES = ("personalize", "personalize-runtime", "personalize-events")

PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}

# Character classes of the models' (Java) patterns that Python's `re` spells differently.
JAVA_CLASSES = {r"\p{ASCII}": r"[\x00-\x7F]", r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


@cache
def service_model(service: str) -> ServiceModel:
    """The model of one of the three APIs."""
    loader = Loader(include_default_extras=False)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@cache
def operation(name: str) -> OperationModel:
    """The model of an operation, whichever of the APIs it belongs to.

    Raises:
        NotSimulated: None of the models has it.
    """
    for service in SERVICES:
        if name in service_model(service).operation_names:
            return service_model(service).operation_model(name)
    raise NotSimulated(f"{name} is not an operation of {', '.join(SERVICES)}")


@cache
def declared_errors(name: str | None = None) -> frozenset[str]:
    """The codes of the errors that an operation declares; None: that any does."""
    names = [name] if name else [each for service in SERVICES for each in service_model(service).operation_names]
    return frozenset(shape.name for each in names for shape in operation(each).error_shapes)


def declared_status(model: OperationModel, code: str) -> int | None:
    """The HTTP status of an error of an operation; None where its model names none, as in the JSON protocol."""
    for shape in model.error_shapes:
        if shape.name == code:
            status: int | None = shape.metadata.get("error", {}).get("httpStatusCode")
            return status
    return None


def valid(model: OperationModel, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request, without the members that are null; refused if it breaks the operation's model.

    Raises:
        InvalidInput: In the service's words, with every member that does.
    """
    given: dict[str, Any] = _without_nulls(request)
    problems = list(_problems(given, model.input_shape, "")) if model.input_shape else []
    if problems:
        errors = "errors" if len(problems) > 1 else "error"
        raise InvalidInput(f"{len(problems)} validation {errors} detected: {'; '.join(problems)}")
    return given


def _without_nulls(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _without_nulls(member) for name, member in value.items() if member is not None}
        case list() | tuple():
            return [_without_nulls(member) for member in value]
    return value


def shown(shape: Shape | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those values that a structure of the model has members for; None counts as absent."""
    members = shape.members if isinstance(shape, StructureShape) else {}
    return {
        name: shown(members[name], value) if isinstance(members[name], StructureShape) else value
        for name, value in values.items()
        if name in members and value is not None
    }


def _problems(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Everything in a value that its shape does not allow."""
    if not _has_type(value, shape.type_name):
        yield _problem(value, path, f"Member must be of type {shape.type_name}")
        return
    for constraint in _broken_constraints(value, shape):
        yield _problem(value, path, constraint)
    match shape:
        case StructureShape():
            yield from _member_problems(value, shape, f"{path}." if path else "")
        case ListShape():
            for number, member in enumerate(value, 1):
                yield from _problems(member, shape.member, f"{path}.{number}.member")
        case MapShape():
            for key, member in value.items():
                yield from _problems(key, shape.key, f"{path}.{key}.key")
                yield from _problems(member, shape.value, f"{path}.{key}.value")


def _member_problems(value: Mapping[str, Any], shape: StructureShape, prefix: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _problem(None, prefix + name, "Member must not be null")
    for name, member in value.items():
        if name not in shape.members:
            allowed = ", ".join(shape.members)
            yield _problem(member, prefix + name, f"Member is unknown; the known members are [{allowed}]")
        else:
            yield from _problems(member, shape.members[name], prefix + name)


def _broken_constraints(value: Any, shape: Shape) -> Iterator[str]:
    bounds, is_number = shape.metadata, isinstance(value, int | float)
    size, word = (value, "value") if is_number else (len(value), "length")
    if "min" in bounds and size < bounds["min"]:
        yield f"Member must have {word} greater than or equal to {bounds['min']}"
    if "max" in bounds and size > bounds["max"]:
        yield f"Member must have {word} less than or equal to {bounds['max']}"
    if "pattern" in bounds and not _pattern(bounds["pattern"]).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {bounds['pattern']}"
    if "enum" in bounds and value not in bounds["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(bounds['enum'])}]"


def _has_type(value: Any, type_name: str) -> bool:
    return isinstance(value, PYTHON_TYPES[type_name]) and (type_name == "boolean") == isinstance(value, bool)


def _problem(value: Any, path: str, constraint: str) -> str:
    given = "null" if value is None else f"'{value}'"
    return f"Value {given} at '{path}' failed to satisfy constraint: {constraint}"


@cache
def _pattern(java: str) -> re.Pattern[str]:
    for theirs, ours in JAVA_CLASSES.items():
        java = java.replace(theirs, ours)
    return re.compile(java)
