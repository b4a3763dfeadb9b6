"""The folder of a training: what to train and what came of it."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from personalize_local.engine.run import MOST_PASSES
from personalize_local.engine.search import Range


@dataclass(frozen=True)
class Trial:
    """One recipe to train, once or with several sets of hyperparameters.

    Args:
        recipe_arn: The recipe of the service.
        recipe: The recipe of the engine that trains it.
        hyperparameters: The first set.
        ranges: What is varied.
        count: How many sets are tried.
    """

    recipe_arn: str
    recipe: str
    hyperparameters: dict[str, str]
    featurization: dict[str, str]
    ranges: list[Range] = field(default_factory=list)
    count: int = 1


@dataclass(frozen=True)
class EventRule:
    """Which events to learn from, and how much.

    Args:
        event_type: Only those of this type. None: all.
        least_value: Only those with at least this EVENT_VALUE.
        weight: What one is worth beside those of other rules.
    """

    event_type: str | None = None
    least_value: float | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Job:
    """What to train.

    Args:
        trials: What to try; the best one by the metric is kept.
        maximize: Whether more of the metric is better.
        events: An event that fits none of these rules is left out.
        interactions, items, users: Folders with the rows.
        texts: The columns of the items whose words tell what an item is.
        contexts: The columns of the interactions that tell in which moment one was, and their types.
        excluded: The columns that are not learned from, by type of dataset.
        objective: The column of the items that is optimized for, and how much it counts.
        passes: How often an interaction may be learned from.
        former: The folder of the model to go on from.
    """

    trials: list[Trial]
    metric: str
    maximize: bool
    events: list[EventRule]
    interactions: str | None
    items: str | None
    texts: list[str]
    most_interactions: int
    most_items: int
    users: str | None = None
    contexts: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, list[str]] = field(default_factory=dict)
    objective: tuple[str, str] | None = None
    passes: int = MOST_PASSES
    former: str | None = None

    def write(self, folder: Path) -> None:
        """Write the job into its folder."""
        write_file(folder / "job.json", asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Job":
        """The job that `write` wrote."""
        values: dict[str, Any] = json.loads((folder / "job.json").read_text())
        trials = [
            Trial(ranges=[Range(**one) for one in trial.pop("ranges", [])], **trial) for trial in values.pop("trials")
        ]
        return cls(trials=trials, events=[EventRule(**rule) for rule in values.pop("events")], **values)


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Args:
        failure: Why it failed; None if it did not.
        seconds: How long it took.
        best: The place of the trial that was kept.
        hyperparameters: The values that it was trained with.
        notes: What whoever decides on the model should know.
    """

    failure: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    best: int = 0
    hyperparameters: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write the outcome into the job's folder."""
        write_file(folder / "outcome.json", asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Outcome | None":
        """The outcome, if the training got so far; a damaged one is none, so that it is trained again."""
        try:
            return cls(**json.loads((folder / "outcome.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def write_file(path: Path, values: object) -> None:
    """Write a file that is there in full or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(values))
    os.replace(draft, path)
