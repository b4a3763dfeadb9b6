"""The preparation's rules, run by DuckDB in this process, on files larger than memory too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from data_prep import rules
from data_prep.checks import MAX_EVENT_TYPES, Totals
from data_prep.dataset import Dataset, File
from data_prep.engines import reading
from data_prep.engines.reading import Loaded, shown
from data_prep.errors import DataPrepError, SourceError, first_line
from data_prep.history import History, histories
from data_prep.rules import AGE, BROKEN, FORM, REASON, ROW, literal, quoted
from data_prep.spec import ColumnSpec

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
        self._loaded = [
            reading.load(self._connection, file, number, _paths(dataset, file))
            for number, file in enumerate(dataset.files)
        ]
        _refuse_missing_columns(dataset, self._loaded)
        for number, loaded in enumerate(self._loaded):
            self._refuse_bad_expressions(dataset, loaded)
            verb = "insert into rows" if number else "create or replace table rows as"
            try:
                self._connection.execute(f"{verb} {_judged(dataset, loaded)}")
            except _NO_ROOM as error:
                raise DataPrepError(f"cannot prepare {shown(loaded.file)}: {first_line(error)}") from error
            except duckdb.Error as error:
                raise SourceError(
                    f"datasets.{dataset.name}: an expression fails on a row of {shown(loaded.file)}: "
                    f"{first_line(error)}; use try_cast where a cast may fail"
                ) from error
        rejecting = list(histories(dataset.type, dataset.spec))
        for history in rejecting:
            self._reject(history)
        repeating = [history for history in rejecting if history.repeats]
        while sum(self._reject(history) for history in repeating):
            pass

    def counts(self) -> Counts:
        """How many rows were read, kept, and rejected for each reason, the most frequent first.

        Raises:
            DataPrepError: these do not add up, so that rows were lost or doubled: a defect.
        """
        by_reason: dict[str | None, int] = dict(
            self._all(f"select {REASON}, count(*) from rows group by all order by count(*) desc, {REASON}")
        )
        (unreadable,) = self._one("select count(*) from unreadable")
        kept = by_reason.pop(None, 0)
        rejected = {str(reason): count for reason, count in by_reason.items()}
        if unreadable:
            rejected[rules.BROKEN_LINE] = rejected.get(rules.BROKEN_LINE, 0) + unreadable
        read, found = self._rows_in_files() + unreadable, kept + sum(rejected.values())
        if read != found:
            raise DataPrepError(f"{read} rows were read and {found} are accounted for; nothing was written")
        return Counts(read, kept, rejected)

    def _rows_in_files(self) -> int:
        """How many lines have a row, by the lines alone."""
        parts = [f"(file = {number} and rowid >= {loaded.first})" for number, loaded in enumerate(self._loaded)]
        (count,) = self._one(f"select count(*) from lines where text is not null and ({' or '.join(parts)})")
        return int(count)

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

    def time_forms(self) -> dict[str, int]:
        """How the times of the interactions that are kept are written: the form, and the rows."""
        found = self._all(f"select {FORM}, count(*) from rows where {REASON} is null group by all order by all")
        return {rules.TIME_FORMS[form]: count for form, count in found}

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
            f"({number}, {literal(loaded.file.name)}, {loaded.start})" for number, loaded in enumerate(self._loaded)
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

    def _reject(self, history: History) -> int:
        """Reject what a rule about several rows does not keep; return how many rows."""
        rows = history.select.format(rows=f"(select * from rows where {REASON} is null)")
        (rejected,) = self._one(f"update rows set {REASON} = {literal(history.reason)} where {ROW} in ({rows})")
        return int(rejected)

    def _refuse_bad_expressions(self, dataset: Dataset, loaded: Loaded) -> None:
        problems = []
        for name, column in dataset.columns(loaded.file).items():
            try:
                self._connection.execute(f"select {rules.text_of(column)} from ({loaded.relation}) limit 0")
            except duckdb.Error as error:
                problems.append(
                    f"datasets.{dataset.name}.columns.{name}.sql: {column.sql} cannot be used on "
                    f"{shown(loaded.file)}, which has the columns {list(loaded.columns)}: {first_line(error)}"
                )
        for reason, predicate in dataset.spec.rules.reject.items() if not problems else ():
            try:
                values = _judged(dataset, loaded, predicates=False)
                self._connection.execute(f"select * from ({values}) where ({predicate}\n) limit 0")
            except duckdb.Error as error:
                problems.append(
                    f"datasets.{dataset.name}.rules.reject.{reason}: {predicate} cannot be used on the columns "
                    f"{list(dataset.spec.columns)}: {first_line(error)}"
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


def _paths(dataset: Dataset, file: File) -> list[str]:
    """What is wanted of nested JSON."""
    origins = [column.column or "" for column in dataset.columns(file).values()]
    return [origin for origin in origins if origin.startswith("$.")]


def _judged(dataset: Dataset, loaded: Loaded, *, predicates: bool = True) -> str:
    """A SELECT of the rows of a file: ROW, the values, and REASON, null for a row that is kept."""
    columns, declared = dataset.columns(loaded.file), dataset.spec.rules
    texts = [f"{rules.text_of(column)} as {rules.text_column(name)}" for name, column in columns.items()]
    values = [f"{rules.value_of(field, columns[field.name])} as {quoted(field.name)}" for field in dataset.fields]
    if declared.newest_by:
        age = ColumnSpec.model_validate({"column": declared.newest_by})
        texts.append(f"{rules.text_of(age)} as {rules.text_column('prep: age')}")
        values.append(f"{rules.age_of(rules.text_column('prep: age'))} as {AGE}")
    extra = [AGE] if declared.newest_by else []
    if "TIMESTAMP" in columns:
        values.append(f"cast({rules.time_form('TIMESTAMP', columns['TIMESTAMP'])} as utinyint) as {FORM}")
        extra.append(FORM)
    names = ", ".join([*(quoted(field.name) for field in dataset.fields), *extra])
    checks = [rules.Rule(rules.BROKEN_LINE, BROKEN)]
    if predicates:
        checks += rules.rules(dataset.fields, columns, declared)
    return f"""
        select {ROW}, {names}, {rules.first_reason(checks)} as {REASON}
        from (select *, {", ".join(values)}
              from (select {ROW}, {BROKEN}, {", ".join(texts)} from ({loaded.relation})))"""


def _refuse_missing_columns(dataset: Dataset, files: Sequence[Loaded]) -> None:
    problems = []
    for loaded in files:
        wanted = [column.column for column in dataset.columns(loaded.file).values()] + [dataset.spec.rules.newest_by]
        if missing := [name for name in wanted if name is not None and name not in loaded.columns]:
            problems.append(
                f"datasets.{dataset.name}: {shown(loaded.file)} has no columns {missing}, it has {list(loaded.columns)}"
            )
    if problems:
        raise SourceError("\n".join(problems))
