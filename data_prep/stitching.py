"""CSV records that go on over several lines, told from lines with a stray quotation mark.

A reader that trusts every opening quotation mark lets a single stray one swallow thousands of lines after it. Here a
record may go on only while it stays well-formed, so a stray mark costs its own line and no other.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAX_LINES = 1000  # of one record


class Span(NamedTuple):
    """The first and the last line of a record."""

    first: int
    last: int


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written.

    Attributes:
        quote: the quotation mark; empty for none.
        backslash: whether a quotation mark inside a quoted value stands after a backslash, and not twice.
    """

    delimiter: str = ","
    quote: str = '"'
    backslash: bool = False

    @property
    def inside(self) -> str:
        """A regular expression for what a quoted value may have inside."""
        mark = _escaped(self.quote)
        return rf"(?:[^{mark}\\]|\\.)" if self.backslash else f"(?:[^{mark}]|{mark}{mark})"

    @property
    def field(self) -> str:
        """A regular expression for one field as it is written: quoted, or bare, or empty."""
        mark, bar = _escaped(self.quote), _escaped(self.delimiter)
        if not self.quote:
            return f"(?:[^{bar}]*)"
        return f"(?:{mark}{self.inside}*{mark}|[^{mark}{bar}][^{bar}]*|)"

    @property
    def record(self) -> str:
        """A regular expression for a whole record, line breaks inside of quoted values included."""
        return f"(?s){self.field}(?:{_escaped(self.delimiter)}{self.field})*"

    @property
    def unfinished(self) -> str:
        """A regular expression for a record that ends inside of a quoted value."""
        mark = _escaped(self.quote)
        return f"(?s)(?:{self.field}{_escaped(self.delimiter)})*{mark}{self.inside}*"


def _escaped(character: str) -> str:
    """A character in a regular expression of Python's and of RE2's, inside and outside of brackets."""
    return f"\\x{ord(character):02x}" if character else ""


def spans(lines: Iterable[tuple[int, str]], dialect: Dialect) -> Iterator[Span]:
    """Where the records of several lines are.

    Args:
        lines: number and text of the lines that have a quotation mark; the others can neither begin a record of several
            lines nor end one.
        dialect: how the records are written; it has a quotation mark.
    """
    whole, unfinished = re.compile(dialect.record), re.compile(dialect.unfinished)
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
