"""What runs the rules: DuckDB on one machine, Spark on many. Both answer the same of the same rows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from data_prep import rules
from data_prep.checks import MAX_EVENT_TYPES, Totals
from data_prep.dataset import Dataset
from data_prep.errors import DataPrepError
from data_prep.manifest import SourceFile
from data_prep.rules import FORM, REASON


@dataclass(frozen=True)
class Counts:
    """What became of the rows that were read."""

    read: int
    written: int
    rejected: dict[str, int]  # reason -> rows, the most frequent first


@dataclass(frozen=True)
class Log:
    """What the interactions that are kept amount to; times in epoch seconds, None when none are kept."""

    totals: Totals
    items: int
    event_types: dict[str, int]  # the most frequent ones, with how many interactions there are
    first_timestamp: int | None
    last_timestamp: int | None
    time_forms: dict[str, int]  # how times were written, with how many interactions there are


class Engine(Protocol):
    """Prepares one dataset at a time: load it, look at its counts, write it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def load(self, dataset: Dataset) -> tuple[SourceFile, ...]:
        """Read a dataset's files in place of the dataset before, and judge each row; return what the files were.

        Raises:
            SourceError: a file cannot be read, lacks a column, or an expression of the specification fails.
            DataPrepError: there is too little memory or disk.
        """

    def counts(self) -> Counts:
        """How many rows were read, kept, and rejected for each reason.

        Raises:
            DataPrepError: these do not add up, so that rows were lost or doubled: a defect.
        """

    def log(self, dataset: Dataset) -> Log:
        """What the interactions that are kept amount to."""

    def write(self, dataset: Dataset, path: Path) -> None:
        """Write the rows that are kept in the service's CSV, in an order that is the same each time."""

    def write_rejected(self, dataset: Dataset, path: Path) -> None:
        """Write the rows that are rejected as they were read, each with its reason, file and line."""


Ask = Callable[[str], list[tuple[Any, ...]]]
"""Runs a query in DuckDB's SQL."""


def counts_of(by_reason: dict[str | None, int], read: int) -> Counts:
    """The rows for each reason (None: those that are kept) as counts that add up to what was read.

    Raises:
        DataPrepError: they do not.
    """
    kept = by_reason.get(None, 0)
    rejected = {reason: count for reason, count in by_reason.items() if reason is not None and count}
    found = kept + sum(rejected.values())
    if read != found:
        raise DataPrepError(f"{read} rows were read and {found} are accounted for; nothing was written")
    return Counts(read, kept, dict(sorted(rejected.items(), key=lambda item: (-item[1], item[0]))))


def log_of(dataset: Dataset, ask: Ask, rows: str) -> Log:
    """What the interactions in a relation amount to; those that are rejected do not count."""
    names = [field.name for field in dataset.fields]
    event_type = '"EVENT_TYPE"' if "EVENT_TYPE" in names else "cast(null as varchar)"
    ((interactions, items, event_types, first, last),) = ask(f"""
        select count(*), count(distinct "ITEM_ID"), count(distinct {event_type}), min("TIMESTAMP"), max("TIMESTAMP")
        from {rows} where {REASON} is null""")
    ((users, users_with_two),) = ask(f"""
        select count(*), count(*) filter (where interactions >= 2)
        from (select count(*) as interactions from {rows} where {REASON} is null group by "USER_ID")""")
    frequent = ask(f"""
        select {event_type}, count(*) from {rows} where {REASON} is null and {event_type} is not null
        group by {event_type} order by count(*) desc, {event_type} limit {MAX_EVENT_TYPES}""")
    forms = ask(f"select {FORM}, count(*) from {rows} where {REASON} is null group by {FORM} order by {FORM}")
    metadata = sum(dataset.type.known(name) is None for name in names)
    return Log(
        Totals(interactions, users, users_with_two, event_types, metadata),
        items,
        dict(frequent),
        first,
        last,
        {rules.TIME_FORMS[form]: count for form, count in forms},
    )
