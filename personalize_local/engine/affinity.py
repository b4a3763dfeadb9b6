"""The recipes aws-item-affinity and aws-item-attribute-affinity: the users who will most likely want an item.

A user's affinity to an item is the product of the item's vector (see `vectors`), which is `hidden_dimension` wide at
most, with those of all that the user took: a factorization in which users are what they did, so that a user of whom
nothing was known at the training has an affinity, too.

The offline test is the service's own for these recipes [developer guide]: of each user the oldest 80 % are learned
from, the newest 20 % are the truth; the users predicted for an item are the top 1 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.similar_items import SimilarItems

NOISE = 1e-4  # of the greatest affinity: what vectors that have nothing in common may come to
TESTED_ITEMS = 200  # at most; the metrics are means over them


def fit(histories: Histories, width: int) -> SimilarItems:
    """Learn which items go together."""
    return SimilarItems.fit(replace(histories, catalogue=None), width, 0, 0.0)


def affinities(related: Floats, histories: Histories) -> Floats:
    """How much each user wants items.

    Args:
        related: The similarity of each item to those, shape (N,).

    Shapes: answers (users,); 0 for users who do not want them at all.
    """
    sums = np.bincount(histories.users, weights=related[histories.items], minlength=len(histories))
    sums[sums < NOISE * sums.max(initial=0)] = 0
    return sums.astype(np.float32)


def evaluate(histories: Histories, width: int, rng: Generator) -> tuple[dict[str, float], dict[str, float]]:
    """The metrics of segments, and those that the most active users would have."""
    past, truth = _cut(histories)
    model = fit(past, width)
    asked = rng.permutation(np.unique(truth.items))[:TESTED_ITEMS]
    wanted = [np.unique(truth.users[truth.items == item]) for item in asked]
    best = [_top(affinities(model.related(histories.item_ids[item]), past)) for item in asked]
    active = _top(past.lengths.astype(np.float32))
    return segment_metrics(best, wanted), segment_metrics([active] * len(asked), wanted)


def segment_metrics(predicted: Sequence[Integers], wanted: Sequence[Integers]) -> dict[str, float]:
    """Means over items: how many of the users predicted, the top 1 %, took the item, and which share of its takers."""
    hits = [np.isin(users, takers).sum() for users, takers in zip(predicted, wanted, strict=True)]
    recalls = [found / len(takers) for found, takers in zip(hits, wanted, strict=True)]
    return {"hits_at_1_percent": float(np.mean(hits)), "recall_at_1_percent": float(np.mean(recalls))}


def _top(scores: Floats) -> Integers:
    """The top 1 % of the users."""
    return np.argsort(-scores, kind="stable")[: max(1, math.ceil(len(scores) / 100))]


def _cut(histories: Histories) -> tuple[Histories, Histories]:
    """The oldest 80 % of each user's history, and the rest."""
    newest = np.ceil(histories.lengths * 0.2).astype(np.int64)
    place = np.arange(len(histories.items)) - np.repeat(histories.starts[:-1], histories.lengths)
    is_past = place < np.repeat(histories.lengths - newest, histories.lengths)
    return histories.of_rows(is_past), histories.of_rows(~is_past)
