"""What a recipe has to beat: chance, popularity, and items that the same users took."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event, Floats, Profile
from personalize_local.engine.model import Ranker
from personalize_local.engine.popularity import PopularityCount
from personalize_local.engine.run import Run
from personalize_local.engine.sims import Settings, Sims

NEIGHBOURHOOD = Settings(0.5, 1, 0.0, 1.0, 0.0, 1.0)


class Chance:
    """Items in no order; the same history gets the same one."""

    def __init__(self, item_ids: Sequence[str]) -> None:
        self.item_ids = item_ids

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """A number drawn for each item."""
        rng = np.random.default_rng(zlib.crc32(repr(history).encode()))
        return rng.random(len(self.item_ids), dtype=np.float32)


def chance(histories: Histories, run: Run) -> Chance:
    """Learn nothing."""
    return Chance(histories.item_ids)


def popularity(histories: Histories, run: Run) -> PopularityCount:
    """Count."""
    return PopularityCount.fit(histories)


def neighbours(histories: Histories, run: Run) -> Sims:
    """Find out which items the same users took, by the cosine; of a history, the latest items count the most."""
    return Sims.fit(histories, NEIGHBOURHOOD)


BASELINES: Mapping[str, Callable[[Histories, Run], Ranker]] = {
    "random": chance,
    "popularity": popularity,
    "item-kNN": neighbours,
}
