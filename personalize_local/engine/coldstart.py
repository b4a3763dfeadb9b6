"""Cold items: new ones that few users have met, so that what they are has to say whom they are for.

Their vectors are what the network learned of their features. Their bias, which for others is how popular they are, is
the popularity that items with such features have: a ridge regression over the items that are not cold.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.features import Features
from personalize_local.engine.freshness import DAY, births
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers

RIDGE = 10.0  # interactions' worth of doubt in what a feature tells


@dataclass(frozen=True)
class ColdStart:
    """Which items are cold [developer guide: HRNN-Coldstart recipe].

    Args:
        max_interactions: The most that one may have.
        max_duration: How many days old one may be,
        from_now: by the clock; else by the birth of the newest item.
    """

    max_interactions: int = 15
    max_duration: float = 5.0
    from_now: bool = False

    def items(self, histories: Histories, counts: Integers) -> NDArray[np.bool_]:
        """Whether each item is cold. Shapes: counts (N,) -> (N,)."""
        born = births(histories.items, histories.times, histories.catalogue, histories.item_ids)
        end = time.time() if self.from_now else born.max(initial=0.0)
        cold: NDArray[np.bool_] = (counts <= self.max_interactions) & (end - born <= self.max_duration * DAY)
        return cold


def expected(bias: Floats, cold: NDArray[np.bool_], features: Features) -> Floats:
    """The bias of all items, that of cold ones by their features. Shapes: (N,), (N,) -> (N,)."""
    if cold.all() or not cold.any():
        return bias
    dense = np.zeros((len(bias), features.count), dtype=np.float32)
    rows = np.repeat(np.arange(len(bias)), features.numbers.shape[1])
    np.add.at(dense, (rows, features.numbers.ravel()), features.weights.ravel())
    warm, mean = dense[~cold], bias[~cold].mean()
    gram = warm.T @ warm + RIDGE * np.eye(features.count, dtype=np.float32)
    told = np.linalg.solve(gram, warm.T @ (bias[~cold] - mean))  # (F,)
    filled: Floats = np.where(cold, mean + dense @ told, bias).astype(np.float32)
    return filled
