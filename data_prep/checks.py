r"""What the service demands of a CSV file at its import, and of a dataset at training. Standard library only.

The dialect: fields between commas, the header without quotation marks, text in double quotes, a backslash before a `"`
or `\` inside, no line break inside a value. The preparation checks what it has written with this module, and an import
job of the simulated service checks what it is given.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from data_prep import schemas

MIN_INTERACTIONS = 1000
MIN_USERS = 25  # with at least 2 interactions each
MAX_EVENT_TYPES = 10
MOST_BYTES = {"FULL": 100 * 10**9, "INCREMENTAL": 10**9}  # of an import [developer guide: endpoints and quotas]
MAX_PROBLEMS = 100
_BATCH_ROWS = 10_000
MILLISECONDS = 10**11  # as seconds, this is the year 5138


@dataclass(frozen=True)
class Problem:
    """Something that the service refuses.

    Attributes:
        row: the line of the file, the header being 1; None for what concerns the whole file.
        column: None for what concerns the whole row.
    """

    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = f"line {self.row}: " if self.row else ""
        return f"{place}{self.column}: {self.message}" if self.column else f"{place}{self.message}"


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: how many rows there are and what is wrong with them, at most `MAX_PROBLEMS`."""

    rows: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Totals:
    """What a training looks at before it starts.

    Attributes:
        users_with_two: users with at least 2 interactions.
        metadata_columns: columns of interactions that are neither required nor reserved.
    """

    interactions: int
    users: int
    users_with_two: int
    event_types: int = 0
    metadata_columns: int = 0


def read_csv(lines: Iterable[str]) -> Iterator[list[str]]:
    """The records of a CSV file in the service's dialect, the header first.

    Raises:
        csv.Error: a quotation mark is left open, or something follows a closing one.
    """
    return csv.reader(lines, quotechar='"', escapechar="\\", doublequote=True, strict=True)


def check_csv(lines: Iterable[str], schema: Mapping[str, Any]) -> Checked:
    """Check a CSV file against the Avro schema of its dataset; stops after `MAX_PROBLEMS`.

    Columns that the schema does not have are ignored. The least number of rows concerns the whole import, which may
    have several files: see `check_amount`.
    """
    fields = schemas.fields_of(schema)
    records = read_csv(lines)
    try:
        header = next(records, [])
    except csv.Error as error:
        return Checked(0, (_not_csv(1, error),))
    missing = [field.name for field in fields if field.name not in header]
    if missing:
        message = f"Input CSV is missing the following columns:[{', '.join(missing)}]"
        return Checked(0, (Problem(None, None, message),))
    rows, problems = 0, list[Problem]()
    while len(problems) < MAX_PROBLEMS:
        batch, broken = _take(records)
        problems += check_rows(header, batch, fields, first_line=rows + 2)
        rows += len(batch)
        if broken:
            problems.append(_not_csv(rows + 2, broken))
        if len(batch) < _BATCH_ROWS:
            break
    return Checked(rows, tuple(problems[:MAX_PROBLEMS]))


def check_rows(
    header: Sequence[str], rows: Sequence[Sequence[str]], fields: Iterable[schemas.Field], *, first_line: int = 2
) -> list[Problem]:
    """Check rows of text whose columns the header names, the first of them being on line `first_line`."""
    numbered = list(enumerate(rows, start=first_line))
    problems = [
        Problem(line, None, f"{len(row)} values for {len(header)} columns")
        for line, row in numbered
        if len(row) != len(header)
    ]
    if problems:
        numbered = [(line, row) for line, row in numbered if len(row) == len(header)]
    columns = dict(zip(header, zip(*(row for _, row in numbered), strict=True), strict=False))  # no rows, no columns
    for field in fields:
        values = columns.get(field.name, ())
        if not _is_plain(field, values):
            problems += [
                Problem(line, field.name, message)
                for (line, _), value in zip(numbered, values, strict=True)
                if (message := refusal(field, value))
            ]
    return sorted(problems, key=lambda problem: problem.row or 0)


def refusal(field: schemas.Field, value: str) -> str | None:
    """Why the service refuses a value of a column; None when it takes it."""
    if not value:
        return None if field.nullable else "a value is required"
    if "\n" in value or "\r" in value:
        return "a value cannot have a line break"
    return _text_refusal(field, value) if field.type == "string" else _other_refusal(field, value)


def _text_refusal(field: schemas.Field, value: str) -> str | None:
    if field.words and schemas.spelled_alike(value) not in map(schemas.spelled_alike, field.words):
        return f"{value[:40]!r} is not one of {', '.join(field.words)}"
    limit = field.max_characters
    too_long = limit is not None and len(value) > limit
    return f"Length cannot be more than {limit} characters for {field.name}, got {len(value)}" if too_long else None


def _other_refusal(field: schemas.Field, value: str) -> str | None:
    if not _VALUES[field.type](value):
        return f"{value[:40]!r} is not of type {field.type}"
    if field.is_epoch and not 0 < int(value) < MILLISECONDS:
        return f"{value} is not a time in Unix epoch seconds"
    if field.bounds and not field.bounds[0] <= int(value) <= field.bounds[1]:
        return f"{value} is not from {field.bounds[0]} to {field.bounds[1]}"
    return None


def check_amount(dataset_type: schemas.DatasetType, rows: int) -> list[Problem]:
    """Check the number of rows of a whole import."""
    if dataset_type.name == "interactions" and rows < MIN_INTERACTIONS:
        return [Problem(None, None, f"An import of interactions needs at least {MIN_INTERACTIONS} records, got {rows}")]
    return []


def check_size(mode: str, size: int) -> list[str]:
    """Check the bytes of all files of an import, whose mode is FULL or INCREMENTAL."""
    most = MOST_BYTES[mode]
    return [f"an import with the mode {mode} takes {most:,} bytes, got {size:,}"] if size > most else []


def check_training(totals: Totals) -> list[str]:
    """Why a training on these interactions would fail; empty when it would start.

    The two fixed texts are the service's own.
    """
    problems = []
    if totals.interactions < MIN_INTERACTIONS:
        problems.append(f"Dataset has fewer than {MIN_INTERACTIONS} interactions.")
    if totals.users_with_two < MIN_USERS:
        problems.append(f"Dataset has fewer than {MIN_USERS} users with at least 2 interactions each.")
    if totals.users_with_two * 100 < totals.users:
        problems.append(
            f"Only {totals.users_with_two} of {totals.users} users have at least 2 interactions; 1 % is needed"
        )
    if totals.event_types > MAX_EVENT_TYPES:
        problems.append(
            f"Dataset has {totals.event_types} event types; at most {MAX_EVENT_TYPES} are allowed: "
            "join rare ones or leave them out"
        )
    elif totals.event_types + totals.metadata_columns > MAX_EVENT_TYPES:
        problems.append(
            f"Dataset has {totals.event_types} event types and {totals.metadata_columns} metadata columns; "
            f"together at most {MAX_EVENT_TYPES} are allowed"
        )
    return problems


def _take(records: Iterator[list[str]]) -> tuple[list[list[str]], csv.Error | None]:
    batch: list[list[str]] = []  # outside of the try: an error must not lose the rows before it
    try:
        for record in islice(records, _BATCH_ROWS):
            batch.append(record)
    except csv.Error as error:
        return batch, error
    return batch, None


def _not_csv(line: int, error: csv.Error) -> Problem:
    return Problem(line, None, f"the line is not valid CSV: {error}")


def _is_integer(bits: int) -> Callable[[str], bool]:
    def accepts(value: str) -> bool:
        limit = 2 ** (bits - 1)
        return re.fullmatch(r"[+-]?[0-9]{1,19}", value) is not None and -limit <= int(value) < limit

    return accepts


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", value) is not None


_VALUES: Mapping[str, Callable[[str], bool]] = {
    "int": _is_integer(32),
    "long": _is_integer(64),
    "float": _is_number,
    "double": _is_number,
    "boolean": lambda value: value.lower() in ("true", "false"),
}

# What nearly all values look like: a column of these needs no closer look, so that a million rows take seconds.
_PLAIN = {
    "int": re.compile(r"-?[0-9]{1,9}"),
    "long": re.compile(r"-?[0-9]{1,18}"),
    "float": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    "double": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    "boolean": re.compile(r"true|false"),
}
_PLAIN_EPOCH = re.compile(r"[1-9][0-9]{0,10}")


def _is_plain(field: schemas.Field, values: Sequence[str]) -> bool:
    """Whether the values of a column are all fine at a glance; if not, each must be looked at."""
    if field.words or field.bounds:
        return False
    if field.type != "string":
        return all(map((_PLAIN_EPOCH if field.is_epoch else _PLAIN[field.type]).fullmatch, values))
    if not field.nullable and "" in values:
        return False
    limit = field.max_characters
    return (limit is None or max(map(len, values), default=0) <= limit) and "\n" not in "".join(values)
