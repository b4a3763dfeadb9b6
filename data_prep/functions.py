"""Rules of one's own in Python: a function that says of a data frame which rows go.

It gets the dataset's columns, in the types of the schema, of some of the rows that no other rule about single rows has
rejected, and returns a column of the same length: true for a row to reject; or the reason, and None for one to keep.
"""

import importlib
import re
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from data_prep.errors import SourceError

AT_A_TIME = 50  # of the engine's vectors of 2,048 rows
_REASON = re.compile(r"[a-z][a-z0-9_]*")

Function = Callable[[Any], Any]


def load(place: str, root: Path) -> Function:
    """The function at `package.module:function`, or `path/of.py:function`, relative to the configuration.

    Raises:
        SourceError: there is none.
    """
    where, _, name = place.rpartition(":")
    try:
        if where.endswith(".py"):
            spec = spec_from_file_location(f"rules_of_{Path(where).stem}", root / where)
            if spec is None or spec.loader is None:
                raise SourceError("it is no module")
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(where)
        function = getattr(module, name)
    except Exception as error:  # whatever a module of the user's does when it is loaded
        raise SourceError(f"{place} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(function):
        raise SourceError(f"{place} is no function, but {type(function).__name__}")
    return function  # type: ignore[no-any-return]


def reasons(function: Function, frame: Any, reason: str) -> list[str | None]:
    """Why each row of a frame goes; None for one that stays.

    Raises:
        SourceError: the function fails, or returns something else.
    """
    try:
        answer = list(function(frame))
    except Exception as error:  # whatever a function of the user's does
        raise SourceError(f"it fails: {type(error).__name__}: {error}") from error
    if len(answer) != len(frame):
        raise SourceError(f"it returns {len(answer)} answers for {len(frame)} rows")
    return [_reason(given, reason) for given in answer]


def _reason(given: Any, reason: str) -> str | None:
    if isinstance(given, str):
        if not _REASON.fullmatch(given):
            raise SourceError(f"it returns the reason {given!r}; a reason has small letters, digits and underscores")
        return given
    if given is None or given != given:  # noqa: PLR0124  what is not itself is missing
        return None
    try:
        return reason if bool(given) else None
    except TypeError:  # pandas' own mark for what is missing
        return None
