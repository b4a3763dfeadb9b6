"""Parameters of the create operations: restored from strings, compared, and the name that follows from them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from custom_resources.errors import InvalidRequest
from custom_resources.kinds import Entries, Kind, beginning_of


def restore(value: Any, shape: Shape) -> Any:
    """Give numbers and booleans back their type; CloudFormation sends all scalars as strings.

    A member that the shape does not know stays as it is: boto3 refuses it by name.

    Raises:
        InvalidRequest: A string is not what the API's model wants there.
    """
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = shape.members
        return {key: restore(item, members[key]) if key in members else item for key, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [restore(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: restore(item, shape.value) for key, item in value.items()}
    return _restore_scalar(value, shape.type_name)


def _restore_scalar(value: Any, type_name: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        match type_name:
            case "boolean":
                return {"true": True, "false": False}[value.lower()]
            case "integer" | "long":
                return int(value)
            case "float" | "double":
                return float(value)
            case _:
                return value
    except (KeyError, ValueError) as error:
        raise InvalidRequest(f"a parameter must be of type {type_name}, got {value!r}") from error


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value at a path like "solutionConfig.eventsConfig"; None where there is none."""
    value: Any = values
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def put(values: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a path, making the structures on the way."""
    *structures, last = path.split(".")
    for key in structures:
        values = values.setdefault(key, {})
    values[last] = value


def without(values: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The values but for those at the paths, and but for structures that then hold nothing."""
    dropped = set(paths)
    kept = {}
    for key, value in values.items():
        if key in dropped:
            continue
        if isinstance(value, Mapping):
            inner = (path.removeprefix(f"{key}.") for path in dropped if path.startswith(f"{key}."))
            value = without(value, inner)  # noqa: PLW2901
        if value != {}:
            kept[key] = value
    return kept


def covers(actual: Any, wanted: Any) -> bool:
    """Whether the actual value is what is wanted; members that the service filled in itself do not count."""
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(covers(actual.get(key), item) for key, item in wanted.items())
    return bool(actual == wanted)


def merged(actual: Any, before: Any, wanted: Any) -> Any:
    """The actual value with what is wanted otherwise than before.

    Structures are compared member by member, so that what somebody else changed in one stays beside our change of
    another. A member that is no longer wanted stays as it is.
    """
    if isinstance(wanted, Mapping):
        actual, before = (value if isinstance(value, Mapping) else {} for value in (actual, before))
        changed = {key: merged(actual.get(key), before.get(key), item) for key, item in wanted.items()}
        return {**actual, **changed}
    return wanted if wanted != before or actual is None else actual


def entry_changes(entries: Entries, actual: Any, before: Any, wanted: Any) -> dict[str, Any]:
    """What to send to the update operation for a list of entries; those of others stay.

    The service keeps texts in upper case, so they are compared so.
    """
    actual, before, wanted = (
        {_upper(entry)[entries.key]: entry for entry in some or ()} for some in (actual, before, wanted)
    )
    changed = {key for key, entry in wanted.items() if key not in before or _upper(entry) != _upper(before[key])}
    added = [wanted[key] for key in wanted if key in changed and _upper(actual.get(key)) != _upper(wanted[key])]
    removed = [key for key in actual if (key in before and key not in wanted) or wanted.get(key) in added]
    return {**({entries.add: added} if added else {}), **({entries.remove: removed} if removed else {})}


def _upper(entry: Mapping[str, str] | None) -> dict[str, str]:
    return {name: text.upper() for name, text in (entry or {}).items()}


def physical_name(kind: Kind, name: str, parameters: Mapping[str, Any], generation: str) -> str:
    """The resource's name: the given one, shortened if need be, and a hash of all that makes it a new resource.

    The hash is taken over the parameters as strings, so that it does not depend on the version of the API's model.
    """
    immutable = without(parameters, kind.mutable_paths(parameters))
    content = json.dumps([name, _as_strings(immutable), generation], sort_keys=True)
    return f"{beginning_of(name)}{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def numbered(name: str) -> Iterator[str]:
    """The name, and the next ones where it is used up: name, name-2, name-3 …"""
    yield name
    for number in count(2):
        yield f"{name}-{number}"


def _as_strings(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _as_strings(item) for key, item in value.items()}
        case list():
            return [_as_strings(item) for item in value]
        case bool():
            return str(value).lower()
        case _:
            return str(value)
