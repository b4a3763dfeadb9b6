"""The recipe aws-trending-now: the items whose popularity grows fastest at the end of the log.

An item's growth is how many more interactions it had in the last interval than in the one before [developer guide:
Trending-Now recipe]. This is the trend as of a training; `service.trends` looks again after every interval.
"""

import numpy as np

from personalize_local.engine.histories import Histories
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Floats
from personalize_local.engine.metrics import LIST_LENGTH
from personalize_local.engine.popularity import PopularityCount

ACCURACY = "trend_prediction_accuracy"  # the name is ours


def fit(histories: Histories, minutes: int) -> PopularityCount:
    """Count the growth over intervals of so many minutes; among equal ones the more popular item leads."""
    size, end = len(histories.item_ids), histories.times.max(initial=0)
    intervals = (end - histories.times) // (60 * minutes)
    recent, before = (np.bincount(histories.items[intervals == place], minlength=size) for place in (0, 1))
    popular = np.bincount(histories.items, minlength=size)
    scores = recent - before + popular / (popular.max(initial=0) + 1)
    return PopularityCount(histories.item_ids, scores.astype(np.float32))


def evaluate(histories: Histories, minutes: int) -> tuple[dict[str, float], dict[str, float]]:
    """How well what trended one interval ago tells what does now, and how well what is popular at all would.

    The last interval is held out of the training, of all users.
    """
    cut = histories.times.max(initial=0) - 60 * minutes
    past = histories.of_rows(histories.times <= cut)
    recent = _counts(histories, cut, cut + 60 * minutes) - _counts(histories, cut - 60 * minutes, cut)
    models = fit(past, minutes), PopularityCount.fit(past)
    trend, floor = ({ACCURACY: accuracy(model.scores([], 0.0), recent)} for model in models)
    return trend, floor


def accuracy(scores: Floats, growth: Floats) -> float:
    """The growth of the items with the highest scores, over that of the items that grew the most; 25 of each.

    Items that shrank count as none. [developer guide: metrics, trend prediction accuracy]
    """
    grown = np.maximum(growth, 0)
    most = float(np.sort(grown)[::-1][:LIST_LENGTH].sum())
    return float(grown[descending(scores, LIST_LENGTH)].sum()) / most if most else 0.0


def _counts(histories: Histories, after: int, until: int) -> Floats:
    items = histories.items[(histories.times > after) & (histories.times <= until)]
    return np.bincount(items, minlength=len(histories.item_ids)).astype(np.float32)
