"""What runs the rules: DuckDB on one machine, Spark on many. Both answer the same of the same rows."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from data_prep import rules
from data_prep.dataset import Dataset
from data_prep.errors import LostRowsError
from data_prep.manifest import SourceFile
from data_prep.summary.model import Evidence


@dataclass(frozen=True)
class Counts:
    """What became of the rows that were read."""

    read: int
    written: int
    rejected: dict[str, int]  # reason -> rows, the most frequent first
    aside: dict[str, int] = field(default_factory=dict)  # reason -> rows that are good, but not in the output


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
            LostRowsError: these do not add up, so that rows were lost or doubled: a defect.
        """

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Answer a SELECT in DuckDB's SQL; `{rows}` in it stands for the rows that were loaded, refused ones included.

        They have the dataset's columns, and of `rules` ROW, REASON and, if they are interactions, FORM, USER and ITEM.
        """

    def keep(self, name: str, question: str) -> None:
        """Keep the answer of a SELECT as a relation of that name, also when another dataset is loaded."""

    def examples(self, select: str, most: int) -> list[Evidence]:
        """The first rows of those whose ids (ROW) a SELECT gives, with file and line."""

    def samples(self, most: int) -> dict[str, tuple[Evidence, ...]]:
        """The first rows that are refused for each reason."""

    def set_aside(self, reason: str, select: str) -> None:
        """Let rows be out of the output though they are good: those whose ids a SELECT gives, of `{rows}`, the kept."""

    def write(self, dataset: Dataset, path: Path, reason: str | None = None) -> None:
        """Write the rows that are kept in the service's CSV, without its header, in the order of the sources.

        Args:
            path: may be a pipe.
            reason: for which rows were set aside, to write these. Default: those that are kept.
        """

    def write_rejected(self, dataset: Dataset, path: Path) -> None:
        """Write the rows that are rejected as they were read, each with its reason, file and line."""


def counts_of(by_reason: dict[str | None, int], read: int) -> Counts:
    """The rows for each reason (None: those that are kept) as counts that add up to what was read.

    Raises:
        LostRowsError: they do not.
    """
    kept = by_reason.get(None, 0)
    others = {reason: count for reason, count in by_reason.items() if reason is not None and count}
    found = kept + sum(others.values())
    aside = {reason: others.pop(reason) for reason in rules.SET_ASIDE if reason in others}
    if read != found:
        raise LostRowsError(f"{read} rows were read and {found} are accounted for; nothing was written")
    return Counts(read, kept, dict(sorted(others.items(), key=lambda item: (-item[1], item[0]))), aside)
