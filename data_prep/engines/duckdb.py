"""The preparation's rules, run by DuckDB in this process, on files larger than memory too."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from data_prep import functions, rules
from data_prep.bringing import bring
from data_prep.dataset import Dataset
from data_prep.engines import fitting, reading, repeated
from data_prep.engines.engine import Counts, counts_of
from data_prep.engines.reading import Loaded, shown
from data_prep.errors import DataPrepError, SourceError, first_line
from data_prep.history import History, histories
from data_prep.judging import judged
from data_prep.manifest import SourceFile
from data_prep.memory import engine_bytes
from data_prep.progress import Progress
from data_prep.rules import FILE, ITEM, LINE, PATH, REASON, ROW, TEXT, USER, literal, quoted
from data_prep.summary.model import Evidence

_HASH = '"prep: hash"'
_REJECTED = f"{REASON} is not null and {REASON} not in ({', '.join(map(literal, rules.SET_ASIDE))})"
_NO_ROOM = (duckdb.IOException, duckdb.OutOfMemoryException)


class DuckDB:
    """Prepares one dataset at a time: load it, look at its counts, write it.

    Its tables are those of `reading`, and `rows`: the id of a row's line, the values, and why the row is rejected.

    Args:
        scratch: a folder for what does not fit into memory.
        threads: how many cores to use. Default: all.
        memory: how much the process may take before it uses the disk, as 4GiB. Default: see `memory.engine_bytes`.
        progress: is told how far a dataset is. Default: none.
    """

    def __init__(
        self,
        scratch: Path,
        threads: int | None = None,
        memory: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._scratch = scratch
        self._progress = progress
        self._connection = duckdb.connect()
        self._connection.execute(f"set temp_directory = {literal(str(scratch))}")
        self._connection.execute("set enable_progress_bar_print = false")
        self._connection.execute(f"set enable_progress_bar = {progress is not None}")
        if progress:
            progress.follow(self._connection.query_progress)
        self._connection.execute("set timezone = 'UTC'")
        # It makes a join of a list behind `in`, and a join mixes up the rows, whose order is that of the output.
        self._connection.execute("set disabled_optimizers = 'in_clause'")
        if threads:
            self._connection.execute(f"set threads = {threads}")
        self._connection.execute(f"set memory_limit = '{engine_bytes(memory) // 2**20}MiB'")
        self._loaded: list[Loaded] = []
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.follow(None)
        self._connection.close()
        if isinstance(error, _NO_ROOM):
            raise DataPrepError(
                f"there is too little memory or disk: {first_line(error)}; give more with --memory, or let the "
                "prepared files lie on a larger disk"
            ) from error

    def load(self, dataset: Dataset) -> tuple[SourceFile, ...]:
        """Read a dataset's files and judge each row: for itself first, then among the others."""
        described = self.judge(dataset)
        self._begin("comparing")
        rejecting = list(histories(dataset.type, dataset.spec))
        for history in rejecting:
            self._reject(history)
        repeating = [history for history in rejecting if history.repeats]
        while sum(self._reject(history) for history in repeating):
            pass
        return described

    def judge(self, dataset: Dataset) -> tuple[SourceFile, ...]:
        """Read a dataset's files and judge each row for itself; return what the files were.

        Raises:
            SourceError: a file cannot be read, lacks a column, or an expression of the specification fails.
            DataPrepError: there is too little memory or disk.
        """
        brought = [
            bring(file, self._scratch / "sources" / f"{dataset.name}-{n}") for n, file in enumerate(dataset.files)
        ]
        reading.create_tables(self._connection)
        self._loaded = [
            reading.load(self._connection, file, number, dataset.origins(file))
            for number, (file, _) in enumerate(brought)
        ]
        fitting.refuse_missing_columns(dataset, self._loaded)
        # Counted now, while the lines are in memory: later, they may have to come back from the disk for it.
        parts = [f"(file = {number} and rowid >= {loaded.first})" for number, loaded in enumerate(self._loaded)]
        (self._read,) = self._one(f"select count(*) from lines where text is not null and ({' or '.join(parts)})")
        self._begin("judging", self._read)
        for number, loaded in enumerate(self._loaded):
            fitting.refuse_bad_expressions(self._connection, dataset, loaded)
            verb = "insert into rows" if number else "create or replace table rows as"
            try:
                self._connection.execute(f"{verb} {self._in_order(_hashed(dataset, loaded))}")
            except _NO_ROOM:
                raise
            except duckdb.Error as error:
                raise SourceError(
                    f"datasets.{dataset.name}: an expression fails on a row of {shown(loaded.file)}: "
                    f"{first_line(error)}; use try_cast where a cast may fail"
                ) from error
        for reason, place in dataset.spec.rules.python.items():
            self._ask_function(dataset, reason, place)
        return tuple(described for _, described in brought)

    def _in_order(self, select: str) -> str:
        """A SELECT of rows, in the order of their lines: a query in a user's expression becomes a join, too."""
        _, plan = self._one(f"explain (format json) {select}")
        return f"{select} order by {ROW}" if '_JOIN"' in plan else select

    def _ask_function(self, dataset: Dataset, reason: str, place: str) -> None:
        """Reject the rows that a function of the user's does not keep."""
        names = ", ".join(quoted(field.name) for field in dataset.fields)
        self._connection.execute("create or replace temp table refused (id bigint, reason varchar)")
        try:
            function = functions.load(place, dataset.root)
            rows = self._connection.cursor().execute(f"select {names}, {ROW} from rows where {REASON} is null")
            while len(frame := rows.fetch_df_chunk(functions.AT_A_TIME)):
                ids = frame.pop(ROW.strip('"'))
                answers = functions.reasons(function, frame, reason)
                found = [(int(row), why) for row, why in zip(ids, answers, strict=True) if why is not None]
                if found:
                    more, why = zip(*found, strict=True)
                    self._connection.execute(
                        "insert into refused select unnest(?::bigint[]), unnest(?::varchar[])", [list(more), list(why)]
                    )
        except SourceError as error:
            raise SourceError(f"datasets.{dataset.name}.rules.python.{reason}: {place}: {error}") from error
        self._connection.execute(f"update rows set {REASON} = r.reason from refused r where {ROW} = r.id")

    def _begin(self, step: str, rows: int | None = None) -> None:
        if self._progress:
            self._progress.step(step, rows=rows)

    def counts(self) -> Counts:
        """How many rows were read, kept, and rejected for each reason."""
        by_reason: dict[str | None, int] = dict(self._all(f"select {REASON}, count(*) from rows group by all"))
        (unreadable,) = self._one("select count(*) from unreadable")
        by_reason[rules.BROKEN_LINE] = by_reason.get(rules.BROKEN_LINE, 0) + unreadable
        return counts_of(by_reason, self.rows_in_files() + unreadable)

    def rows_in_files(self) -> int:
        """How many lines have a row, by the lines alone."""
        return self._read

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Answer a SELECT; `{rows}` in it stands for the rows that were loaded, refused ones included."""
        return self._all(question.format(rows="rows"))

    def keep(self, name: str, question: str) -> None:
        """Keep the answer of a SELECT as a relation of that name, also when another dataset is loaded."""
        self._connection.execute(f"create or replace temp table {name} as {question.format(rows='rows')}")

    def examples(self, select: str, most: int) -> list[Evidence]:
        """The first rows of those whose ids a SELECT gives, with file and line."""
        ids = f"select {ROW} from ({select.format(rows='rows')}) order by {ROW} limit {most}"
        found = self._all(f"{self._numbered(f'{ROW} in ({ids})')} select path, line, text from numbered order by all")
        return [Evidence(file=file, line=line, row=text) for file, line, text in found]

    def samples(self, most: int) -> dict[str, tuple[Evidence, ...]]:
        """The first rows that are rejected for each reason."""
        first = f"qualify row_number() over (partition by {REASON} order by {ROW}) <= {most}"
        ids = f"select {ROW} from rows where {_REJECTED} {first}"
        found = self._all(f"""
            {self._numbered(f"{ROW} in ({ids})")}
            select reason, path, line, text from numbered
            union all (select {literal(rules.BROKEN_LINE)}, path, line, text
                       from unreadable join files using (file) order by path, line limit {most})
            order by all""")
        rows: dict[str, list[Evidence]] = {}
        for reason, file, line, text in found:
            rows.setdefault(reason, []).append(Evidence(file=file, line=line, row=text))
        return {reason: tuple(some[:most]) for reason, some in rows.items()}

    def set_aside(self, reason: str, select: str) -> None:
        """Let rows be out of the output though they are good: those whose ids a SELECT gives, of `{rows}`, the kept."""
        ids = select.format(rows=f"(select * from rows where {REASON} is null)")
        self._connection.execute(f"update rows set {REASON} = {literal(reason)} where {ROW} in ({ids})")

    def write(self, dataset: Dataset, path: Path, reason: str | None = None) -> None:
        """Write the rows that are kept, or set aside for a reason, as the service wants them, in their order."""
        names = ", ".join(quoted(field.name) for field in dataset.fields)
        texts = ", ".join(quoted(field.name) for field in dataset.fields if field.type == "string")
        self._copy(
            f"select {names} from rows where {REASON} is not distinct from {literal(reason) if reason else 'null'}",
            path,
            f"format csv, header false, quote '\"', escape '\\', force_quote ({texts}), use_tmp_file false",
        )

    def write_rejected(self, dataset: Dataset, path: Path) -> None:
        """Write the rows that are rejected as they were read, each with its reason, file and line."""
        self._copy(
            f"""
            {self._numbered(_REJECTED)}
            select reason, path as file, line, text as row from (
                select file, line, reason, path, text from numbered
                union all select file, line, {literal(rules.BROKEN_LINE)}, path, text
                from unreadable join files using (file))
            order by file, line""",
            path,
            "format csv, header true",
        )

    def export(self, rows: Path, unreadable: Path, *, file: int, row: str) -> None:
        """Write what was judged of one file into Parquet files, for another engine.

        Args:
            rows: the one for the rows: ROW, FILE, PATH, LINE, TEXT, REASON, the values, AGE and FORM.
            unreadable: the one for the lines that are no text: file, line, text.
            file: what the file's number shall be.
            row: an expression over `line` for what ROW shall be.
        """
        place = f"{row} as {ROW}, {file} as {FILE}, path as {PATH}, line as {LINE}, text as {TEXT}"
        values = f"judged.* exclude ({ROW}, {_HASH})"
        self._copy(
            f"{self._numbered('true')} select {place}, {values} from numbered join rows judged using ({ROW})",
            rows,
            "format parquet, compression zstd",
        )
        self._copy(f"select * replace ({file} as file) from unreadable", unreadable, "format parquet")

    def _numbered(self, condition: str) -> str:
        """The beginning of a SELECT: the relations `files` and `numbered`: rows that fit, with their lines."""
        files = ", ".join(
            f"({number}, {literal(loaded.file.name)}, {loaded.start})" for number, loaded in enumerate(self._loaded)
        )
        # An unreadable line has no row of its own in `lines`, so those after it stand one place too early.
        return f"""
            with files (file, path, start) as (values {files}),
                 gaps as (select u.file, u.line - row_number() over (partition by u.file order by u.line) as place
                          from unreadable u),
                 placed as (
                     select r.{ROW}, f.file, f.path, r.{ROW} - f.start as place, r.reason, l.text
                     from (select {ROW}, {REASON} as reason from rows where {condition}) r
                     join lines l on l.rowid = r.{ROW} join files f on f.file = l.file),
                 numbered as (
                     select {ROW}, file, path, place + 1 + (select count(*) from gaps g
                            where g.file = placed.file and g.place <= placed.place) as line, reason, text
                     from placed)"""

    def _reject(self, history: History) -> int:
        """Reject what a rule about several rows does not keep; return how many rows."""
        kept = f"from rows where {REASON} is null"
        if history.among_repeated:
            repeated.find(self._connection, _HASH, "rows", "repeated")
            kept += f" and {_HASH} in (from repeated)"
        rows = history.select.format(rows=f"(select * {kept})")
        (rejected,) = self._one(f"update rows set {REASON} = {literal(history.reason)} where {ROW} in ({rows})")
        return int(rejected)

    def _copy(self, query: str, path: Path, options: str) -> None:
        self._connection.execute(f"copy ({query}) to {literal(str(path))} ({options})")

    def _one(self, query: str) -> tuple[Any, ...]:
        (row,) = self._all(query)
        return row

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return rows


def _hashed(dataset: Dataset, loaded: Loaded) -> str:
    """A SELECT of the judged rows of a file, with a hash of the identity of those that are kept.

    Of interactions it leaves out the event type, so that what hashes the ids can be used again: rows that only differ
    in that are looked at for nothing, and kept.
    """
    rows = judged(dataset, loaded.file, loaded.relation, loaded.plain)
    identity = rules.identity(dataset.type, dataset.fields)
    if dataset.is_log:
        ids = zip(dataset.type.key, (USER, ITEM), strict=False)
        hashes = ", ".join(f"cast(hash({quoted(name)}) >> 1 as bigint) as {number}" for name, number in ids)
        rows = f"select *, {hashes} from ({rows})"
        identity = f'{USER}, {ITEM}, "TIMESTAMP"'
    half = f"cast(hash({identity}) >> 32 as uinteger)"
    return f"select *, case when {REASON} is null then {half} end as {_HASH} from ({rows})"
