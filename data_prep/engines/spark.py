"""The preparation's rules, run by Spark: on a cluster, or on this machine as a rehearsal of that.

What concerns one row is left to DuckDB in every task: it reads a file and judges each row with the very expressions
that it uses on one machine, so no dialect of CSV, JSON, time or number can differ. What concerns several rows
(`history`) and the order of all of them is Spark's, which alone brings the rows of all files together: it runs the same
SQL, which sqlglot renders for it, and refuses to where it cannot. What is left is asked and written by DuckDB again.

Between them lie Parquet files in a shared folder, one of each task; a task that runs again writes the same again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import sqlglot
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from data_prep.dataset import Dataset
from data_prep.engines.duckdb import DuckDB
from data_prep.engines.session import local_session
from data_prep.engines.shared import Shared, SharedFolder
from data_prep.errors import DataPrepError
from data_prep.history import History, histories
from data_prep.manifest import SourceFile
from data_prep.rules import FILE, LINE, PATH, REASON, ROW, TEXT, literal

_ALL, _KEPT, _GONE = "prep_all", "prep_kept", "prep_gone"  # views: every row; those so far kept; those rejected here
_ROWS_OF_A_FILE = 1 << 40  # so that an id tells file and line, and orders as DuckDB's does
_TASK_MEMORY = "1GiB"  # what does not fit goes to the disk


class Spark(DuckDB):
    """Prepares one dataset at a time: loads it on a cluster, then asks and writes here.

    Args:
        scratch: a folder of this machine for what is brought here.
        session: the cluster. Default: the process' own, if it has one, else this machine, all its cores.
        shared: a folder that all machines of the cluster see. Default: one in `scratch`.
        memory: how much to use here before the disk, as 4GiB. Default: four fifths of what there is.
    """

    def __init__(
        self,
        scratch: Path,
        session: SparkSession | None = None,
        shared: Shared | None = None,
        memory: str | None = None,
    ) -> None:
        super().__init__(scratch, memory=memory)
        running = session or SparkSession.getActiveSession()
        self._session = running or local_session(scratch)
        self._is_mine = running is None
        self._shared = shared or SharedFolder(scratch / "shared")
        self._dataset: Dataset

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the session that was made here, and leave nothing in the shared folder."""
        super().__exit__(kind, error, trace)
        self._shared.clear()
        if self._is_mine:
            self._session.stop()

    def load(self, dataset: Dataset) -> tuple[SourceFile, ...]:
        """Read a dataset's files and judge each row: in the tasks for itself, then among the others."""
        self._shared.clear()
        self._dataset = dataset
        pieces = [Piece(dataset, number, self._shared) for number in range(len(dataset.files))]
        with _told():
            judged = self._session.sparkContext.parallelize(pieces, len(pieces)).map(Piece.judge).collect()
        if errors := [found.error for found in judged if found.error]:
            raise type(errors[0])("\n".join(dict.fromkeys(map(str, errors))))
        self._read = sum(found.rows for found in judged)
        with _told():
            self._rows("judged").createOrReplaceTempView(_ALL)
            self._settle(list(self._rejected(dataset)))
        for name in ("rows", "unreadable"):
            files = ", ".join(literal(str(path)) for path in self._shared.bring(name, self._scratch / dataset.name))
            verb = "view" if name == "rows" else "table"  # a table is what DuckDB itself keeps these in
            self._connection.execute(f"create or replace {verb} {name} as from read_parquet([{files}])")
        return tuple(found.source for found in judged if found.source)

    def _rejected(self, dataset: Dataset) -> Iterator[DataFrame]:
        """What the rules about several rows reject, one after the other: ROW and REASON."""
        gone = list[DataFrame]()

        def reject(history: History) -> int:
            self._keep_but(gone)
            # Through a file and not a cache, so that no plan holds all those before it, each several times.
            folder = f"gone/{len(gone):06}"
            reason = f"select {ROW}, {literal(history.reason)} as {REASON}"
            self._sql(f"{reason} from ({history.select.format(rows=_KEPT)}) found").write.parquet(
                self._shared.uri(folder)
            )
            gone.append(self._rows(folder))
            return gone[-1].count()

        rejecting = list(histories(dataset.type, dataset.spec))
        for history in rejecting:
            reject(history)
        repeating = [history for history in rejecting if history.repeats]
        while sum([reject(history) for history in repeating]):
            pass
        return iter(gone)

    def _keep_but(self, gone: list[DataFrame]) -> None:
        """Let the view of the rows that are kept be without those of which a rule says that they go."""
        kept = self._sql(f"select * from {_ALL} where {REASON} is null")
        if gone:
            kept = kept.join(reduce(DataFrame.union, gone).select(_bare(ROW)), _bare(ROW), "left_anti")
        kept.createOrReplaceTempView(_KEPT)

    def _settle(self, gone: list[DataFrame]) -> None:
        """Write all rows with their last reason, in their order."""
        reduce(DataFrame.union, gone).createOrReplaceTempView(_GONE)
        names = ", ".join(
            f"coalesce(a.{REASON}, g.{REASON}) as {REASON}" if name == _bare(REASON) else f'a."{name}"'
            for name in self._session.table(_ALL).columns
        )
        rows = self._sql(f"select {names} from {_ALL} a left join {_GONE} g on a.{ROW} = g.{ROW} order by a.{ROW}")
        rows.write.parquet(self._shared.uri("rows"))

    def set_aside(self, reason: str, select: str) -> None:
        """Let rows be out of the output though they are good, as there; `rows` is a view here."""
        ids = select.format(rows=f"(select * from rows where {REASON} is null)")
        self._connection.execute(f"create or replace temp table {reason} as {ids}")
        self._connection.execute(f"""
            create or replace table rows_{reason} as select * replace (
                case when {ROW} in (from {reason}) then {literal(reason)} else {REASON} end as {REASON}) from rows""")
        self._connection.execute(f"create or replace view rows as from rows_{reason}")

    def _numbered(self, condition: str) -> str:
        files = ", ".join(f"({number}, {literal(file.name)})" for number, file in enumerate(self._dataset.files))
        return f"""
            with files (file, path) as (values {files}),
                 numbered as (
                     select {ROW}, {FILE} as file, {PATH} as path, {LINE} as line, {REASON} as reason, {TEXT} as text
                     from rows where {condition})"""

    def _rows(self, folder: str) -> DataFrame:
        return self._session.read.parquet(self._shared.uri(folder))

    def _sql(self, query: str) -> DataFrame:
        return self._session.sql(rendered(query))


@dataclass(frozen=True)
class Piece:
    """What one task does: judge a file, by its number among the dataset's."""

    dataset: Dataset
    number: int
    shared: Shared

    def judge(self) -> "Judged":
        """Read the rows, judge each for itself, and leave them in the shared folder."""
        alone = replace(self.dataset, files=(self.dataset.files[self.number],))
        with TemporaryDirectory() as scratch, DuckDB(Path(scratch), threads=1, memory=_TASK_MEMORY) as engine:
            rows, unreadable = Path(scratch) / "rows", Path(scratch) / "unreadable"
            try:
                (source,) = engine.judge(alone)
                read = engine.rows_in_files()
                engine.export(rows, unreadable, file=self.number, row=f"{self.number * _ROWS_OF_A_FILE} + line")
                self.shared.put(rows, f"judged/part-{self.number:06}.parquet")
                self.shared.put(unreadable, f"unreadable/part-{self.number:06}.parquet")
            except DataPrepError as error:
                return Judged(error=error)
        return Judged(source, read)


@dataclass(frozen=True)
class Judged:
    """What a task found: what the file was like and how many rows it has, or what is wrong with it."""

    source: SourceFile | None = None
    rows: int = 0
    error: DataPrepError | None = None


def rendered(sql: str) -> str:
    """DuckDB's SQL as Spark's.

    Raises:
        UnsupportedError: Spark has no such thing.
    """
    (statement,) = sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    return statement


def _bare(name: str) -> str:
    """A name in SQL as a name."""
    return name.strip('"')


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise DataPrepError(f"Spark failed: {_cause(str(error))}") from error


def _cause(text: str) -> str:
    """What led to an error of Java: its first lines tell only who asked."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (causes or [line.removeprefix(": ") for line in lines if line.startswith(": ")] or lines)[-1]
