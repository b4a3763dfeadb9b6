"""The figures of a preparation or a validation, as typed values that go to JSON and back.

The page, the text in the terminal and the comparison with the run before are all made of these and nothing else.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

FILE_NAME = "report.json"
_SHOWN_CHARACTERS = 120


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Evidence(_Value):
    """A row that proves something: its file and line, and the row as it was read."""

    file: str
    line: int
    row: str

    def __str__(self) -> str:
        shown = "".join(one if one.isprintable() or one == "\t" else "\ufffd" for one in self.row[:_SHOWN_CHARACTERS])
        return f"{self.file}:{self.line}: {shown}"


class Finding(_Value):
    """Something about the data that somebody should know.

    Attributes:
        severity: an error is what the service refuses, a warning what it takes and should not have.
        check: the name of what found it, the same from run to run.
        dataset: the dataset's name in the configuration.
        text: what is wrong, how much of it, and what to do.
        evidence: a few of the rows, where rows prove it.
    """

    severity: Literal["error", "warning"]
    check: str
    dataset: str
    text: str
    evidence: tuple[Evidence, ...] = ()

    def told(self) -> str:
        """The finding in lines for a terminal."""
        rows = "".join(f"\n    {one}" for one in self.evidence)
        return f"datasets.{self.dataset}: {self.text}{rows}"


class Bin(_Value):
    """So many things (users, items, sessions) have from `low` to `high` interactions."""

    low: int
    high: int
    count: int


class Spread(_Value):
    """How many interactions things have; the bins double in width."""

    bins: tuple[Bin, ...]
    mean: float
    median: int
    p90: int
    max: int


class Period(_Value):
    """What happened from a time (epoch seconds) until the next period: interactions by event type, and other rows."""

    start: int
    kept: Mapping[str, int]  # event type, empty where there are none -> interactions
    repeated: int  # rows refused as repetitions
    refused: int  # rows refused for other reasons, as far as their time can be read


class Popularity(_Value):
    """How interactions are shared out among items.

    Attributes:
        lorenz: points of the Lorenz curve: the least popular share of items has this share of the interactions.
        gini: 0 when all items are alike, near 1 when few have it all.
        top_percent: the share of interactions that the most popular hundredth of the items has.
        top: the most popular items with their interactions.
    """

    lorenz: tuple[tuple[float, float], ...]
    gini: float
    top_percent: float
    top: tuple[tuple[str, int], ...]


class Sessions(_Value):
    """Interactions of a sample of users, cut where nothing happens for half an hour.

    Attributes:
        same_second: steps from one interaction of a user to the next that take no second.
    """

    users: int
    interactions: int
    sessions: int
    same_second: int
    lengths: Spread


class Novelty(_Value):
    """The newest interactions, about a tenth, against what was there before them.

    Attributes:
        since: where the newest begin, in epoch seconds.
        with_new_items: interactions with items that nobody had met before.
        of_new_users: interactions of users who had done nothing before.
    """

    since: int
    interactions: int
    with_new_items: int
    of_new_users: int
    new_items: int
    new_users: int


class TrainingData(_Value):
    """What a training gets to see of the interactions."""

    place: str
    told: str
    interactions: int
    users: int
    users_with_two: int


class LogFigures(_Value):
    """What interactions amount to; times in epoch seconds."""

    interactions: int
    users: int
    users_with_two: int
    items: int
    first: int
    last: int
    at_midnight: int  # interactions whose time is a whole day in UTC
    event_types: Mapping[str, int]  # the most frequent ones
    event_type_count: int
    time_forms: Mapping[str, int]  # how times were written -> interactions
    period_seconds: int
    periods: tuple[Period, ...]
    histories: Spread
    popularity: Popularity
    per_item: Spread
    sessions: Sessions
    novelty: Novelty
    trainings: tuple[TrainingData, ...] = ()


class Column(_Value):
    """What is in a column: rows with a value, about how many different ones, and what they are."""

    name: str
    type: str
    filled: int
    distinct: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    top: tuple[tuple[str, int], ...] = ()


class Coverage(_Value):
    """How much of the log a dataset of metadata knows: of the items (or users) there, and of their interactions."""

    ids: int
    known: int
    interactions: int
    known_interactions: int
    unused: int  # rows of metadata that no interaction has


class DatasetFigures(_Value):
    """What came of one dataset."""

    file: str
    sha256: str
    bytes: int
    sources: tuple[str, ...]
    rows_read: int
    rows_written: int
    rejected: Mapping[str, int]  # reason -> rows, the most frequent first
    samples: Mapping[str, tuple[Evidence, ...]]  # reason -> a few of the rows
    columns: tuple[Column, ...]
    log: LogFigures | None = None
    coverage: Coverage | None = None


class Summary(_Value):
    """The figures of all datasets, what the checks found, and the figures of the run before that had other data."""

    version: Literal[1] = 1
    datasets: Mapping[str, DatasetFigures]
    findings: tuple[Finding, ...] = ()
    before: Mapping[str, DatasetFigures] | None = None

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The summary in a folder; None when there is none, or one of another version."""
        try:
            return cls.model_validate_json((folder / FILE_NAME).read_text("utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None

    @classmethod
    def of_problems(cls, problems: Iterable[str]) -> Self:
        """The summary of data that cannot be used."""
        found = (Finding(severity="error", check="unusable", dataset="", text=problem) for problem in problems)
        return cls(datasets={}, findings=tuple(found))

    def write(self, folder: Path) -> None:
        """Write the summary into a folder."""
        (folder / FILE_NAME).write_text(self.model_dump_json(indent=1) + "\n", "utf-8")

    def with_findings(self, findings: Iterable[Finding]) -> Self:
        """The same figures with these findings, errors first."""
        return self.model_copy(update={"findings": tuple(sorted(findings, key=lambda finding: finding.severity))})

    def of(self, severity: Literal["error", "warning"]) -> list[Finding]:
        """The findings that are so severe."""
        return [finding for finding in self.findings if finding.severity == severity]

    def baseline_for(self, datasets: Mapping[str, DatasetFigures]) -> Mapping[str, DatasetFigures] | None:
        """What datasets made now are compared with: these ones, unless nothing has changed since."""
        hashes = {name: figures.sha256 for name, figures in self.datasets.items()}
        same = hashes == {name: figures.sha256 for name, figures in datasets.items()}
        return self.before if same else self.datasets
