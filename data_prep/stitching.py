"""CSV records that go on over several lines, told from lines with a stray quotation mark.

A reader that trusts every opening quotation mark lets a single stray one swallow thousands of lines after it. Here a
record may go on only while it stays well-formed, so a stray mark costs its own line and no other.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_LINES = 1000  # of one record


class Stitched(NamedTuple):
    """A record made of the lines `first` to `last`."""

    first: int
    last: int
    text: str


def field_pattern(delimiter: str) -> str:
    """A regular expression for one field as it is written: quoted with doubled quotes inside, or bare, or empty."""
    bar = re.escape(delimiter)
    return rf'(?:"(?:[^"]|"")*"|[^"{bar}][^{bar}]*|)'


def record_pattern(delimiter: str) -> str:
    """A regular expression for a whole record."""
    field = field_pattern(delimiter)
    return f"{field}(?:{re.escape(delimiter)}{field})*"


def stitch(lines: Iterable[tuple[int, str | None]], delimiter: str) -> Iterator[Stitched]:
    """The records of several lines.

    Args:
        lines: the number and the text of each line; None for an empty one.
        delimiter: the character between fields.
    """
    field = field_pattern(delimiter)
    whole = re.compile(record_pattern(delimiter))
    unfinished = re.compile(f'(?:{field}{re.escape(delimiter)})*"(?:[^"]|"")*')
    upcoming, put_back = iter(lines), deque[tuple[int, str | None]]()

    def take() -> tuple[int, str | None] | None:
        return put_back.popleft() if put_back else next(upcoming, None)

    while line := take():
        number, text = line
        if text is None or '"' not in text or not unfinished.fullmatch(text):
            continue
        taken: list[tuple[int, str | None]] = []
        while len(taken) < MAX_LINES and (following := take()):
            taken.append(following)
            if '"' not in (following[1] or ""):
                continue  # it can neither end the record nor spoil it
            record = "\n".join([text, *(more or "" for _, more in taken)])
            if whole.fullmatch(record):
                yield Stitched(number, following[0], record)
                taken.clear()
                break
            if not unfinished.fullmatch(record):
                break
        put_back.extendleft(reversed(taken))  # the mark was a stray one: what follows is read for itself
