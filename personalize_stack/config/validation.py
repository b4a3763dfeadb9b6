"""The problems of single values, as pydantic finds them, in the words of the configuration."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from personalize_stack.config.rules.draft import Finding
from personalize_stack.config.words import allowed, shown

_Path = tuple[str | int, ...]


def findings(model: type[BaseModel], data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what in the data does not fit the model."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        found = defaultdict[_Path, list[ErrorDetails]](list)
        for details in error.errors(include_url=False):
            found[_path(details, data)].append(details)
        for path, errors in found.items():
            if not _is_told_within(path, errors, found):
                yield path, _text(model, path, errors)


def _path(error: ErrorDetails, data: Any) -> _Path:
    """The location without what is no part of the file: the members of a union, the mark of a refused key."""
    path: list[str | int] = []
    for number, part in enumerate(error["loc"], start=1):
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            if error["type"] != "missing" or number < len(error["loc"]):
                continue
        path.append(part)
    return tuple(path)


def _is_told_within(path: _Path, errors: list[ErrorDetails], found: Collection[_Path]) -> bool:
    """Whether the errors only say that a mapping is no other member of a union, and others what is wrong with it."""
    is_of_type = all(error["type"].endswith("_type") for error in errors)
    return is_of_type and any(len(other) > len(path) and other[: len(path)] == path for other in found)


def _text(model: type[BaseModel], path: tuple[str | int, ...], errors: list[ErrorDetails]) -> str:
    first = errors[0]
    if first["type"] == "missing":
        return "missing; this key is required"
    if first["type"] == "extra_forbidden":
        known = _keys(model, path[:-1])
        return f"no such key; {allowed(known, str(path[-1]))}"
    messages = list(dict.fromkeys(_should(error["msg"]) for error in errors))
    alternatives = [messages[0], *(message.removeprefix("should be ") for message in messages[1:])]
    return f"{shown(first['input'])} given; {' or '.join(alternatives)}"


def _should(message: str) -> str:
    """Turn `Input should be a valid integer` into `should be a valid integer`, and Python's terms into YAML's."""
    for start in ("Value error, ", "Input ", "String ", "Dictionary ", "Tuple "):
        message = message.removeprefix(start)
    message = re.sub(r" or instance of \w+", "", message)
    return (
        message.replace("valid dictionary", "mapping").replace("valid tuple", "list").replace(" after validation", "")
    )


def _keys(model: Any, path: Iterable[str | int]) -> list[str]:
    """The keys that the model at a path has."""
    found = [model]
    for part in path:
        found = [inner for outer in found for inner in _inside(outer, part)]
    return [field.alias or name for known in found for name, field in _fields(known).items()]


def _inside(annotation: Any, part: str | int) -> Iterator[Any]:
    """The annotations that a member of a value may have; for a union, those in each of its members."""
    for known in _members(annotation):
        if get_origin(known) is dict:
            yield from _members(get_args(known)[1])
        elif get_origin(known) in (list, tuple):
            yield from _members(get_args(known)[0])
        else:
            fields = {field.alias or name: field.annotation for name, field in _fields(known).items()}
            yield from _members(fields[part]) if part in fields else ()


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def _fields(annotation: Any) -> Mapping[Any, FieldInfo]:
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation.model_fields if is_model else {}
