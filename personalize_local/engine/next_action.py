"""The recipe aws-next-best-action: how likely a user takes each action.

The service trains a network. Here the odds of an action are those that users in general take it by, times how much
readier than others the user has been to take whatever was shown, both drawn towards the mean while little is known. An
action's score is 0 until it was taken FEWEST times and not taken as often within RECENT [developer guide:
Next-Best-Action recipe].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from personalize_local.engine import files
from personalize_local.engine.files import Array
from personalize_local.engine.log import Catalogue, Event, Floats, Log, Profile

TAKEN = "TAKEN"
FEWEST = 50
RECENT = 6 * 7 * 24 * 60 * 60  # seconds
PRIOR = 10.0  # events that the mean counts for


class NextAction:
    """Scores actions by the probability that a user takes them.

    Args:
        taken, shown: How often each was taken, and how often taken or not. Shape (N,).
        known: Whether enough is known of it lately. Shape (N,).
    """

    gives_scores: ClassVar[bool] = True

    def __init__(self, item_ids: Sequence[str], taken: Floats, shown: Floats, known: Floats) -> None:
        self.item_ids = item_ids
        self._taken, self._shown, self._known = taken, shown, known

    @classmethod
    def fit(cls, log: Log, catalogue: Catalogue) -> NextAction:
        """Count what was taken and what was not."""
        action_ids = sorted({str(action) for action in [*catalogue.item_ids, *log.items]})
        number = {action: place for place, action in enumerate(action_ids)}
        places = np.array([number[str(action)] for action in log.items], dtype=np.intp)
        taken = np.array([_is_taken(kind) for kind in _kinds(log)], dtype=bool)
        recent = log.timestamps > log.timestamps.max(initial=0) - RECENT

        def count(rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
            return np.bincount(places[rows], minlength=len(action_ids)).astype(np.float32)

        known = (count(taken & recent) >= FEWEST) & (count(~taken & recent) >= FEWEST)
        return cls(action_ids, count(taken), count(np.ones_like(taken)), known.astype(np.float32))

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The probability of each action."""
        mean = float((self._taken.sum() + 1) / (self._shown.sum() + 2))
        of_action = (self._taken + PRIOR * mean) / (self._shown + PRIOR)
        took = sum(_is_taken(event.event_type) for event in history)
        of_user = (took + PRIOR * mean) / (len(history) + PRIOR)
        odds = _odds(of_action) * _odds(of_user) / _odds(mean)
        scores: Floats = (self._known * odds / (1 + odds)).astype(np.float32)
        return scores

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        arrays: dict[str, Array] = {"taken": self._taken, "shown": self._shown, "known": self._known}
        files.write(folder, {"recipe": "aws-next-best-action", "item_ids": self.item_ids}, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> NextAction:
        """The model that was written."""
        return cls(description["item_ids"], **arrays)


def _kinds(log: Log) -> Sequence[str | None]:
    return [None] * len(log) if log.event_types is None else log.event_types.tolist()


def _is_taken(event_type: str | None) -> bool:
    return event_type is not None and event_type.upper() == TAKEN


def _odds(probability: Any) -> Any:
    return probability / (1 - probability)
