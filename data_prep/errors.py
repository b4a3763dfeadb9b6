"""The errors of the preparation.

DataPrepError            base: what the person who runs it should read
├── SourceError          a file or a column of the source is missing or cannot be read
├── UnusableDataError    the service would refuse the datasets; carries every problem
├── LostRowsError        rows that were read are neither kept nor refused, or doubled: a defect
└── ManifestError        no finished preparation is there, or its manifest cannot be read
"""

from collections.abc import Sequence
from pathlib import Path


class DataPrepError(Exception):
    """Base of all errors of the preparation."""


class SourceError(DataPrepError):
    """A file or a column of the source is missing or cannot be read."""


class UnusableDataError(DataPrepError):
    """The service would refuse the datasets.

    Attributes:
        problems: one sentence each.
        examples: rows that were refused, one a line, each with file, line and reason.
        report: the page that shows what was read; None where nothing was.
    """

    def __init__(self, problems: Sequence[str], examples: Sequence[str] = (), report: Path | None = None) -> None:
        self.problems, self.examples, self.report = tuple(problems), tuple(examples), report
        refused = ["rows that were refused, for example:", *(f"  {row}" for row in examples)] if examples else []
        shown = [f"report of what was read: {_short(report)}"] if report else []
        super().__init__("\n".join([*self.problems, *refused, *shown]))


class LostRowsError(DataPrepError):
    """Rows that were read are neither kept nor refused, or doubled: a defect."""


class ManifestError(DataPrepError):
    """No finished preparation is in the folder, or its manifest cannot be read."""


def _short(path: Path) -> Path:
    """A path from the current folder on, if it is in that."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def first_line(error: Exception) -> str:
    """The first line of an error's text: engines add hints for who writes the SQL, not for who wrote the data."""
    return str(error).partition("\n")[0]
