"""The problems of single values, as pydantic finds them, in the words of the configuration."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from personalize_stack.config.rules import Finding
from personalize_stack.config.words import allowed, shown


def findings(model: type[BaseModel], data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what in the data does not fit the model."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        for path, errors in groupby(error.errors(include_url=False), key=lambda found: _path(found, data)):
            yield path, _text(model, path, list(errors))


def _path(error: ErrorDetails, data: Any) -> tuple[str | int, ...]:
    """The location without what is no part of the file: the members of a union, the mark of a refused key."""
    path: list[str | int] = []
    for part in error["loc"]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            if error["type"] != "missing":
                break
        path.append(part)
    return tuple(path)


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
    for part in path:
        is_mapping = get_origin(model) is dict
        model = get_args(model)[1] if is_mapping else model.model_fields[part].annotation
    return list(model.model_fields)
