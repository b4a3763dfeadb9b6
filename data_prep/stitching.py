"""CSV records that go on over several lines, told from lines with a stray quotation mark.

A reader that trusts every opening quotation mark lets a single stray one swallow thousands of lines after it. Here a
record may go on only while it stays well-formed, so a stray mark costs its own line and no other.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_LINES = 1000  # of one record


class Span(NamedTuple):
    """The first and the last line of a record."""

    first: int
    last: int


def field_pattern(delimiter: str) -> str:
    """A regular expression for one field as it is written: quoted with doubled quotes inside, or bare, or empty."""
    bar = re.escape(delimiter)
    return rf'(?:"(?:[^"]|"")*"|[^"{bar}][^{bar}]*|)'


def record_pattern(delimiter: str) -> str:
    """A regular expression for a whole record."""
    field = field_pattern(delimiter)
    return f"{field}(?:{re.escape(delimiter)}{field})*"


def spans(lines: Iterable[tuple[int, str]], delimiter: str) -> Iterator[Span]:
    """Where the records of several lines are.

    Args:
        lines: number and text of the lines that have a quotation mark; the others can neither begin a record of several
            lines nor end one.
        delimiter: the character between fields.
    """
    field = field_pattern(delimiter)
    whole = re.compile(record_pattern(delimiter))
    unfinished = re.compile(f'(?:{field}{re.escape(delimiter)})*"(?:[^"]|"")*')
    upcoming, put_back = iter(lines), deque[tuple[int, str]]()

    def take() -> tuple[int, str] | None:
        return put_back.popleft() if put_back else next(upcoming, None)

    while line := take():
        first, record = line
        taken: list[tuple[int, str]] = []
        while unfinished.fullmatch(record) and (following := take()):
            taken.append(following)
            last, text = following
            if last - first >= MAX_LINES:
                break
            record += "\n" + text
            if whole.fullmatch(record):
                yield Span(first, last)
                taken.clear()
                break
        put_back.extendleft(reversed(taken))  # the mark was a stray one: what follows is read for itself
