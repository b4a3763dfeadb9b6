"""How problems are put into words."""

import difflib
import reprlib
from collections.abc import Collection
from typing import Any

SHOWN_ENTRIES = 3


def allowed(known: Collection[str], given: str) -> str:
    """Return what may stand there, and which of it was probably meant."""
    return f"allowed: {', '.join(known) or 'none'}{did_you_mean(given, known)}"


def did_you_mean(given: str, known: Collection[str]) -> str:
    """Return `; did you mean …?` with what comes closest; empty when nothing is close."""
    close = difflib.get_close_matches(given, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def shown(value: Any) -> str:
    """Return a value as it may stand in one line of a message."""
    if isinstance(value, dict | list) and len(value) > SHOWN_ENTRIES:
        return f"{len(value)} entries"
    return "nothing" if value is None else reprlib.repr(value)
