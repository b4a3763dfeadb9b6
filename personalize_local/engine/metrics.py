"""Offline metrics, as the service defines them [developer guide: evaluating a solution version with metrics].

A request has hits: for each position of its list, whether a truth item stands there. The guide's worked example has
relevant items at positions 2 and 5 of 5: reciprocal rank 0.5, NDCG 0.6241, precision 0.4.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.log import Floats

LIST_LENGTH = 25
REWARDED_LENGTH = 500  # of a list that rewards are looked for in: as many items as an answer can have

AREA = "area_under_curve"  # the name is ours

Hits = NDArray[np.bool_]
Probabilities = NDArray[np.float64]


def reciprocal_rank(hits: Hits) -> float:
    """One over the position of the first hit; 0 without one."""
    return float(1 / (1 + hits.argmax())) if hits.any() else 0.0


def ndcg(hits: Hits, relevant: int) -> float:
    """The discounted gain over that of the ideal list, which opens with all relevant items."""
    discounts = 1 / np.log(1 + np.arange(1, len(hits) + 1))
    return float(discounts[hits].sum() / discounts[:relevant].sum())


def weighted_ndcg(gains: Floats, relevant: Floats) -> float:
    """The discounted gain where relevant items are worth more or less, over that of the ideal list.

    Args:
        gains: Of each position of the list; 0 where no relevant item stands.
        relevant: The gains of all relevant items.
    """
    discounts = 1 / np.log(1 + np.arange(1, len(gains) + 1))
    best = np.sort(relevant)[::-1][: len(gains)]
    ideal = float((best * discounts[: len(best)]).sum())
    return float((gains * discounts).sum()) / ideal if ideal else 0.0


def precision(hits: Hits) -> float:
    """The share of the list that is relevant."""
    return float(hits.mean())


def of_request(hits: Hits, relevant: int) -> dict[str, float]:
    """The metrics of one request, under the service's names.

    Args:
        hits: Of 25 positions.
        relevant: The number of relevant items.
    """
    metrics = {f"mean_reciprocal_rank_at_{LIST_LENGTH}": reciprocal_rank(hits)}
    for k in (5, 10, 25):
        metrics[f"normalized_discounted_cumulative_gain_at_{k}"] = ndcg(hits[:k], relevant)
        metrics[f"precision_at_{k}"] = precision(hits[:k])
    return metrics


def of_weighted_request(gains: Floats, relevant: Floats) -> dict[str, float]:
    """The same where relevant items are worth more or less: gains of 25 positions, and of all relevant items."""
    return {
        f"normalized_discounted_cumulative_gain_with_event_weights_at_{k}": weighted_ndcg(gains[:k], relevant)
        for k in (5, 10, 25)
    }


def reward_share(rewards: Floats) -> float | None:
    """What the top of a list earns, of all that the list earns; None if it earns nothing.

    Args:
        rewards: Of each place of the list, best first: what the user's interaction with it earned, 0 without one.
    """
    total = float(rewards.sum())
    return float(rewards[:LIST_LENGTH].sum()) / total if total > 0 else None


def below(found: Mapping[str, float], floor: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """The metrics of accuracy that are less than what asks for no training reaches: both, by the metric's name."""
    return {
        name: (found[name], least)
        for name, least in floor.items()
        if name != "coverage" and name in found and found[name] < least
    }


def action_metrics(probabilities: Probabilities, outcomes: Hits, threshold: float) -> dict[str, float]:
    """The metrics of predicted outcomes [developer guide: metrics of Next-Best-Action]; the names are ours."""
    predicted = probabilities >= threshold
    right = float((predicted & outcomes).sum())
    return {
        "precision": right / max(predicted.sum(), 1),
        "recall": right / max(outcomes.sum(), 1),
        AREA: _area(probabilities, outcomes),
    }


def _area(probabilities: Probabilities, outcomes: Hits) -> float:
    """How often what is taken has the greater probability than what is not; equal ones count half."""
    positive, negative = probabilities[outcomes], np.sort(probabilities[~outcomes])
    if not len(positive) or not len(negative):
        return 0.5
    below, upto = (np.searchsorted(negative, positive, side) for side in ("left", "right"))
    return float((below + upto).mean() / 2 / len(negative))
