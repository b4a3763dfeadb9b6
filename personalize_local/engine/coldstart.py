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

RIDGE = 10.0  # items' worth of doubt in what a feature tells
AT_A_TIME = 4096  # items of a dense matrix with all features


@dataclass(frozen=True)
class ColdStart:
    """Which items are cold [developer guide: HRNN-Coldstart recipe].

    Args:
        max_interactions: The most that one may have.
        max_duration: The greatest age, in days.
        from_now: Whether ages count back from now; else from the birth of the newest item.
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
    warm, mean = np.flatnonzero(~cold), bias[~cold].mean()
    present = features.present  # what makes a film popular does not fade with its other genres
    gram = RIDGE * np.eye(features.count, dtype=np.float32)
    towards = np.zeros(features.count, dtype=np.float32)
    for first in range(0, len(warm), AT_A_TIME):
        items = warm[first : first + AT_A_TIME]
        block = np.zeros((len(items), features.count), dtype=np.float32)  # (B, F)
        np.add.at(block, (np.arange(len(items))[:, None], features.numbers[items]), present[items])
        gram += block.T @ block
        towards += block.T @ (bias[items] - mean)
    told = np.linalg.solve(gram, towards)  # (F,)
    of_features = (told[features.numbers] * present).sum(axis=1)  # (N,)
    filled: Floats = np.where(cold, mean + of_features, bias).astype(np.float32)
    return filled
