"""The optimization objective: beside what a user wants, what an item earns counts.

A column of numbers of the Items dataset says what an interaction with an item earns. The items in the order of their
rewards have places from 0 to 1, and a preference counts exp(strength x place) times as much: so with the sensitivity
HIGH, what earns the most is preferred as if it were wanted seven times as much as what earns nothing. AWS does not
publish its formula; like there, OFF changes no order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from personalize_local.engine.log import Catalogue, Event, Floats, Profile, User
from personalize_local.engine.model import Model
from personalize_local.engine.preference import Preference, Scored

STRENGTHS = {"OFF": 0.0, "LOW": 0.5, "MEDIUM": 1.0, "HIGH": 2.0}
FILE = "objective.npy"


@dataclass(frozen=True)
class Objective:
    """What a solution optimizes for.

    Args:
        column: Of the Items dataset.
        sensitivity: One of STRENGTHS.
    """

    column: str
    sensitivity: str = "OFF"

    def rewards(self, item_ids: Sequence[str], catalogue: Catalogue) -> Floats:
        """What each item earns, 0 where nothing is known. Shape: (N,)."""
        if self.column not in catalogue.columns:
            return np.zeros(len(item_ids), np.float32)
        values = catalogue.of(item_ids).columns[self.column]
        return np.array([0.0 if value is None else float(value) for value in values], np.float32)

    def factors(self, rewards: Floats) -> Floats:
        """What the preference for each item is multiplied by."""
        different, places = np.unique(rewards, return_inverse=True)
        share = places / max(len(different) - 1, 1)
        return np.exp(STRENGTHS[self.sensitivity] * share).astype(np.float32)


class Rewarding(Model):
    """A model whose preferences count more for items that earn more.

    Args:
        model: The model itself.
        factors: Shape (N,).
    """

    gives_scores: ClassVar[bool] = True

    def __init__(self, model: Model, factors: Floats) -> None:
        self.item_ids = model.item_ids
        self.model, self._factors = model, factors

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The model's probabilities, weighed; their sum is 1 again."""
        return self._weighed(self.model.scores(history, now, profile))

    def preferences(self, users: Sequence[User], now: float) -> list[Preference]:
        """The model's own, weighed: they may know more of the moment than the scores do."""
        return [Scored(partial(self._weighed_of, liked)) for liked in self.model.preferences(users, now)]

    def _weighed_of(self, liked: Preference) -> Floats:
        return self._weighed(liked.of(np.arange(len(self.item_ids))))

    def _weighed(self, scores: Floats) -> Floats:
        weighed: Floats = scores * self._factors
        weighed /= weighed.sum()
        return weighed

    def save(self, folder: Path) -> None:
        """Write the model to a folder, and the factors into it."""
        self.model.save(folder)
        np.save(folder / FILE, self._factors)

    @staticmethod
    def within(model: Model) -> Model:
        """The model without what items earn."""
        return model.model if isinstance(model, Rewarding) else model

    @classmethod
    def around(cls, model: Model, folder: Path) -> Model:
        """The model as it was saved to the folder: with factors, if there are some."""
        path = folder / FILE
        return cls(model, np.load(path)) if path.exists() else model
