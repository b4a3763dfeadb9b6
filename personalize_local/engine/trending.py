"""The recipe aws-trending-now: the items whose popularity grows fastest at the end of the log.

An item's growth is how many more interactions it had in the last interval than in the one before [developer guide:
Trending-Now recipe]. The service looks again after every interval; here the trend is as of the training.
"""

import numpy as np

from personalize_local.engine.histories import Histories
from personalize_local.engine.popularity import PopularityCount


def fit(histories: Histories, minutes: int) -> PopularityCount:
    """Count the growth over intervals of so many minutes; among equal ones the more popular item leads."""
    size, end = len(histories.item_ids), histories.times.max(initial=0)
    intervals = (end - histories.times) // (60 * minutes)
    recent, before = (np.bincount(histories.items[intervals == place], minlength=size) for place in (0, 1))
    popular = np.bincount(histories.items, minlength=size)
    scores = recent - before + popular / (popular.max(initial=0) + 1)
    return PopularityCount(histories.item_ids, scores.astype(np.float32))
