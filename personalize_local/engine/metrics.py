"""Offline metrics, as the service defines them [developer guide: evaluating a solution version with metrics].

A request has hits: for each position of its list, whether a truth item stands there. The guide's worked example has
relevant items at positions 2 and 5 of 5: reciprocal rank 0.5, NDCG 0.6241, precision 0.4.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LIST_LENGTH = 25

Hits = NDArray[np.bool_]


def reciprocal_rank(hits: Hits) -> float:
    """One over the position of the first hit; 0 without one."""
    return float(1 / (1 + hits.argmax())) if hits.any() else 0.0


def ndcg(hits: Hits, relevant: int) -> float:
    """The discounted gain over that of the ideal list, which opens with all relevant items."""
    discounts = 1 / np.log(1 + np.arange(1, len(hits) + 1))
    return float(discounts[hits].sum() / discounts[:relevant].sum())


def precision(hits: Hits) -> float:
    """The share of the list that is relevant."""
    return float(hits.mean())


def summarise(requests: Sequence[tuple[Hits, int]]) -> dict[str, float]:
    """The means over requests of (hits among 25, number of relevant items), under the service's names."""

    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    metrics = {f"mean_reciprocal_rank_at_{LIST_LENGTH}": mean([reciprocal_rank(hits) for hits, _ in requests])}
    for k in (5, 10, 25):
        gains = [ndcg(hits[:k], relevant) for hits, relevant in requests]
        metrics[f"normalized_discounted_cumulative_gain_at_{k}"] = mean(gains)
        metrics[f"precision_at_{k}"] = mean([precision(hits[:k]) for hits, _ in requests])
    return metrics
