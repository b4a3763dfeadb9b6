"""The folder of a training: what to train and what came of it."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What to train.

    Args:
        interactions, items: Folders with the rows.
    """

    recipe: str
    hyperparameters: dict[str, str]
    featurization: dict[str, str]
    interactions: str
    items: str | None
    event_type: str | None
    event_value_threshold: float | None

    def write(self, folder: Path) -> None:
        """Write the job into its folder."""
        write_file(folder / "job.json", asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Job":
        """The job that `write` wrote."""
        return cls(**json.loads((folder / "job.json").read_text()))


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Args:
        failure: Why it failed; None if it did not.
        seconds: How long it took.
    """

    failure: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def write(self, folder: Path) -> None:
        """Write the outcome into the job's folder."""
        write_file(folder / "outcome.json", asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Outcome | None":
        """The outcome, if the training got so far."""
        path = folder / "outcome.json"
        return cls(**json.loads(path.read_text())) if path.exists() else None


def write_file(path: Path, values: object) -> None:
    """Write a file that is there in full or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(values))
    os.replace(draft, path)
