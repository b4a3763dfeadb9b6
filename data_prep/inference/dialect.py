"""How a CSV is written, told from its text: delimiter, quotation mark, escape, header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.errors import SourceError

_DELIMITERS = {
    ",": "comma",
    "\t": "tab",
    ";": "semicolon",
    "|": "bar",
    "^": "caret",
    "~": "tilde",
    "#": "hash",
    " ": "space",
}
_BY_ITSELF = (",", "\t", ";", "|")  # that are told by the header when the file is read
_LINES = 300
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?|\d{4}-\d{2}-\d{2}.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*")
_ID = re.compile(r"[A-Za-z]{0,6}[-_]?\d+")


@dataclass(frozen=True)
class Dialect:
    """A dialect of CSV.

    Attributes:
        header: names for the columns, where no line has them; else empty.
        why: what it was told from, where it is not the common one.
    """

    delimiter: str
    quote: str
    backslash: bool
    header: tuple[str, ...]
    shape: Mapping[str, Any]
    why: tuple[str, ...]

    def records(self, text: str) -> Iterator[list[str]]:
        """The records of a text."""
        return _records(text, self.delimiter, self.quote, backslash=self.backslash)


def dialect_of(path: Path, text: str) -> Dialect:
    """Tell the dialect of a text.

    Raises:
        SourceError: no delimiter makes columns of it.
    """
    lines = [line for line in text.split("\n")[:_LINES] if line.strip()]
    quote = _quote(lines)
    backslash = bool(quote) and any(f"\\{quote}" in line for line in lines)
    found = {mark: _regularity(lines, mark, quote, backslash=backslash) for mark in _DELIMITERS}
    delimiter = max(found, key=lambda mark: found[mark])
    share, width = found[delimiter]
    if width < 2 or share < 0.5:
        pair = next((pair for pair in ("::", "||", "\\t") if all(pair in line for line in lines[:20])), None)
        hint = f"; {pair!r} stands between its values, and a delimiter is one character: replace it" if pair else ""
        raise SourceError(
            f"{path} has no columns that can be told: its first line is {lines[0][:80]!r}{hint or '; CSV, JSON Lines '}"
            f"{'' if hint else 'and Parquet can be read'}"
        )
    rows = list(_records("\n".join(lines), delimiter, quote, backslash=backslash))
    header = () if _has_header(rows) else tuple(f"column{place}" for place in range(1, width + 1))
    return _described(lines, delimiter, quote, header, backslash=backslash)


def _described(lines: list[str], delimiter: str, quote: str, header: tuple[str, ...], *, backslash: bool) -> Dialect:
    shape: dict[str, Any] = {}
    why = [f"a {_DELIMITERS[delimiter]} stands between the values"] if delimiter != "," else []
    told_by_header = delimiter in _BY_ITSELF and delimiter == max(_BY_ITSELF, key=lines[0].count)
    if not told_by_header:
        shape["delimiter"] = delimiter
    if quote not in ("", '"'):
        shape["quote"] = quote
        why.append(f"values stand between {quote}")
    if backslash:
        shape["escape"] = "backslash"
        why.append("a backslash stands before quotation marks inside of values")
    if header:
        shape["header"] = list(header)
        why.append("no line has the columns' names: the first one reads as the others; name them here")
    return Dialect(delimiter, quote, backslash, header, shape, tuple(why))


def _quote(lines: list[str]) -> str:
    single = sum(len(re.findall(r"(?:^|[,;|\t^~])'[^']*'(?=$|[,;|\t^~])", line)) for line in lines)
    double = sum(len(re.findall(r'(?:^|[,;|\t^~])"', line)) for line in lines)
    return "'" if single > max(double, len(lines) // 2) else '"'


def _regularity(lines: list[str], delimiter: str, quote: str, *, backslash: bool) -> tuple[float, int]:
    """The share of the lines with the most frequent number of values, and that number."""
    if not any(delimiter in line for line in lines):
        return 0.0, 1
    widths = Counter(len(row) for row in _records("\n".join(lines), delimiter, quote, backslash=backslash) if row)
    width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
    return (round(count / widths.total(), 2), width) if width > 1 else (0.0, 1)


def _records(text: str, delimiter: str, quote: str, *, backslash: bool) -> Iterator[list[str]]:
    escape = "\\" if backslash else None
    reader = csv.reader(
        io.StringIO(text), delimiter=delimiter, quotechar=quote, escapechar=escape, doublequote=not backslash
    )
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:  # a value without an end: the reader goes on behind it
            continue


def _has_header(rows: list[list[str]]) -> bool:
    first, rest = [cell.strip() for cell in rows[0]], rows[1:50]
    if len({*first}) < len(first) or any(_NUMBER.fullmatch(cell) for cell in first):
        return False
    if not rest:
        return True
    # A name is no id: where all values below look like numbers, dates or ids, the first line should not.
    for place, cell in enumerate(first):
        below = [row[place].strip() for row in rest if len(row) == len(first) and row[place].strip()]
        if below and all(_NUMBER.fullmatch(value) for value in below):
            return True
        if below and all(_ID.fullmatch(value) for value in below):
            return not _ID.fullmatch(cell) or not re.search(r"\d", cell)
    return all(re.fullmatch(r"[A-Za-z_][\w .:-]*", cell) for cell in first)
