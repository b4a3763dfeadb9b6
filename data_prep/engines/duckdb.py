"""The preparation's rules, run by DuckDB in this process, on files larger than memory too."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from data_prep import rules
from data_prep.checks import MAX_EVENT_TYPES, Totals
from data_prep.dataset import Dataset
from data_prep.engines import reading
from data_prep.engines.reading import Loaded
from data_prep.errors import DataPrepError, SourceError, first_line
from data_prep.rules import BROKEN, REASON, ROW, literal, quoted

_NO_ROOM = (duckdb.IOException, duckdb.OutOfMemoryException)


@dataclass(frozen=True)
class Counts:
    """What became of the rows that were read."""

    read: int
    written: int
    rejected: dict[str, int]  # reason -> rows


@dataclass(frozen=True)
class Log:
    """What the interactions that are kept amount to; times in epoch seconds, None when none are kept."""

    totals: Totals
    items: int
    event_types: dict[str, int]  # the most frequent ones, with how many interactions there are
    first_timestamp: int | None
    last_timestamp: int | None


class DuckDB:
    """Prepares one dataset at a time: load it, look at its counts, write it.

    Its tables are those of `reading`, and `rows`: the id of a row's line, the values, and why the row is rejected.

    Args:
        scratch: a folder for what does not fit into memory.
    """

    def __init__(self, scratch: Path) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(f"set temp_directory = {literal(str(scratch))}")
        self._connection.execute("set enable_progress_bar = false")
        self._connection.execute("set timezone = 'UTC'")
        self._loaded: list[Loaded] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def load(self, dataset: Dataset) -> None:
        """Read a dataset's files in place of the dataset before, and judge each row.

        Raises:
            SourceError: a file cannot be read, lacks a column, or an expression of the specification fails.
            DataPrepError: there is too little memory or disk.
        """
        reading.create_tables(self._connection)
        self._loaded = [reading.load(self._connection, path, file) for file, path in enumerate(dataset.files)]
        _refuse_missing_columns(dataset, self._loaded)
        for number, loaded in enumerate(self._loaded):
            self._refuse_bad_expressions(dataset, loaded)
            verb = "insert into rows" if number else "create or replace table rows as"
            try:
                self._connection.execute(f"{verb} {_judged(dataset, loaded.relation)}")
            except _NO_ROOM as error:
                raise DataPrepError(f"cannot prepare {loaded.path}: {first_line(error)}") from error
            except duckdb.Error as error:
                raise SourceError(
                    f"datasets.{dataset.name}: an expression fails on a row of {loaded.path}: "
                    f"{first_line(error)}; use try_cast where a cast may fail"
                ) from error
        self._reject_repeated(dataset)

    def counts(self) -> Counts:
        """How many rows were read, kept, and rejected for each reason, the most frequent first."""
        by_reason: dict[str | None, int] = dict(
            self._all(f"select {REASON}, count(*) from rows group by all order by count(*) desc, {REASON}")
        )
        (unreadable,) = self._one("select count(*) from unreadable")
        kept = by_reason.pop(None, 0)
        rejected = {str(reason): count for reason, count in by_reason.items()}
        if unreadable:
            rejected[rules.BROKEN_LINE] = rejected.get(rules.BROKEN_LINE, 0) + unreadable
        return Counts(kept + sum(rejected.values()), kept, rejected)

    def log(self, dataset: Dataset) -> Log:
        """What the interactions that are kept amount to."""
        names = [field.name for field in dataset.fields]
        event_type = '"EVENT_TYPE"' if "EVENT_TYPE" in names else "null"
        interactions, items, event_types, first, last = self._one(f"""
            select count(*), count(distinct "ITEM_ID"), count(distinct {event_type}),
                   min("TIMESTAMP"), max("TIMESTAMP")
            from rows where {REASON} is null""")
        users, users_with_two = self._one(f"""
            select count(*), count(*) filter (interactions >= 2)
            from (select count(*) as interactions from rows where {REASON} is null group by "USER_ID")""")
        frequent = dict(
            self._all(f"""select {event_type} as kind, count(*) from rows where {REASON} is null and kind is not null
                          group by kind order by count(*) desc, kind limit {MAX_EVENT_TYPES}""")
        )
        metadata = sum(dataset.type.known(name) is None for name in names)
        return Log(Totals(interactions, users, users_with_two, event_types, metadata), items, frequent, first, last)

    def write(self, dataset: Dataset, path: Path) -> None:
        """Write the rows that are kept in the service's CSV, in an order that is the same each time."""
        header = ",".join(field.name for field in dataset.fields)
        order = rules.identity(dataset.type, dataset.fields)
        if "TIMESTAMP" in dataset.type.key:
            order = f'"TIMESTAMP", {order}'
        # The line is made in full by the expression; no delimiter, quote or escape is left for DuckDB to add.
        self._copy(
            f"select {rules.csv_line(dataset.fields)} as {quoted(header)} "
            f"from rows where {REASON} is null order by {order}",
            path,
            f"quote '', escape '', delim '{reading.NEVER}'",
        )

    def write_rejected(self, dataset: Dataset, path: Path) -> None:
        """Write the rows that are rejected as they were read, each with its reason, file and line."""
        files = ", ".join(
            f"({number}, {literal(relpath(loaded.path, dataset.root))}, {loaded.start})"
            for number, loaded in enumerate(self._loaded)
        )
        # An unreadable line has no row of its own in `lines`, so those after it stand one place too early.
        self._copy(
            f"""
            with files (file, path, start) as (values {files}),
                 gaps as (select u.file, u.line - row_number() over (partition by u.file order by u.line) as place
                          from unreadable u),
                 rejected as (
                     select l.file, r.{ROW} - f.start as place, r.{REASON} as reason, l.text
                     from rows r join lines l on l.rowid = r.{ROW} join files f on f.file = l.file
                     where r.{REASON} is not null),
                 numbered as (
                     select file, place + 1 + (select count(*) from gaps g
                            where g.file = rejected.file and g.place <= rejected.place) as line, reason, text
                     from rejected
                     union all select file, line, {literal(rules.BROKEN_LINE)}, text from unreadable)
            select reason, path as file, line, text as row
            from numbered join files using (file) order by file, line""",
            path,
            "",
        )

    def _reject_repeated(self, dataset: Dataset) -> None:
        """Keep one row of each identity: the first of interactions, the last of what has an id of its own."""
        key = rules.identity(dataset.type, dataset.fields)
        is_log = "TIMESTAMP" in dataset.type.key
        reason, order = (rules.DUPLICATE, "asc") if is_log else (rules.REPLACED, "desc")
        # Few keys occur twice: these are found by their hash alone, and only their rows are numbered.
        self._connection.execute(f"""
            update rows set {REASON} = {literal(reason)} where {ROW} in (
                select {ROW} from rows
                where {REASON} is null and hash({key}) in (
                    select hash({key}) from rows where {REASON} is null group by all having count(*) > 1)
                qualify row_number() over (partition by {key} order by {ROW} {order}) > 1)""")

    def _refuse_bad_expressions(self, dataset: Dataset, loaded: Loaded) -> None:
        problems = []
        for name, column in dataset.spec.columns.items():
            try:
                self._connection.execute(f"select {rules.text_of(column)} from ({loaded.relation}) limit 0")
            except duckdb.Error as error:
                problems.append(
                    f"datasets.{dataset.name}.columns.{name}.sql: {column.sql} cannot be used on "
                    f"{loaded.path}, which has the columns {list(loaded.columns)}: {first_line(error)}"
                )
        if problems:
            raise SourceError("\n".join(problems))

    def _copy(self, query: str, path: Path, options: str) -> None:
        try:
            self._connection.execute(f"copy ({query}) to {literal(str(path))} (format csv, header true, {options})")
        except _NO_ROOM as error:
            raise DataPrepError(f"cannot write {path}: {first_line(error)}") from error

    def _one(self, query: str) -> tuple[Any, ...]:
        (row,) = self._all(query)
        return row

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return rows


def _judged(dataset: Dataset, relation: str) -> str:
    """A SELECT of the rows of a relation: ROW, the values, and REASON, null for a row that is kept."""
    texts = ", ".join(
        f"{rules.text_of(column)} as {rules.text_column(name)}" for name, column in dataset.spec.columns.items()
    )
    values = ", ".join(f"{rules.value_of(field)} as {quoted(field.name)}" for field in dataset.fields)
    names = ", ".join(quoted(field.name) for field in dataset.fields)
    checks = [rules.Rule(rules.BROKEN_LINE, BROKEN), *rules.rules(dataset.fields)]
    return f"""
        select {ROW}, {names}, {rules.first_reason(checks)} as {REASON}
        from (select *, {values} from (select {ROW}, {BROKEN}, {texts} from ({relation})))"""


def _refuse_missing_columns(dataset: Dataset, files: Sequence[Loaded]) -> None:
    wanted = [column.column for column in dataset.spec.columns.values() if column.column is not None]
    problems = [
        f"datasets.{dataset.name}: {loaded.path} has no columns {missing}, it has {list(loaded.columns)}"
        for loaded in files
        if (missing := [name for name in wanted if name not in loaded.columns])
    ]
    if problems:
        raise SourceError("\n".join(problems))
