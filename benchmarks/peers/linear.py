"""EASE [Steck 2019] as the strongest honest linear peer: its regularisation is tuned for each way to read a history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from peers.peer import Peer, faded, matrix
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.model import Ranker
from personalize_local.engine.offline import evaluate, split

FADINGS = {"EASE": 1.0, "EASE, decay 0.95": 0.95, "EASE, decay 0.9": 0.9}
RIDGES = (100.0, 400.0)
INNER_SHARE = 0.05  # of the users that are learned from: they choose the ridge
MOST_ITEMS = 4_000  # the most taken: the inverse takes the cube of it
METRIC = "normalized_discounted_cumulative_gain_at_10"


def ease(histories: Histories, seed: int) -> Mapping[str, Ranker]:
    """Item-to-item weights in closed form; older events say as much, or fade."""
    inner, others = split(histories, INNER_SHARE, np.random.default_rng(seed))
    repeats, found = histories.repeats_items(), {}
    items, gram = _gram(others)
    for ridge in RIDGES:
        weights = _weights(gram, ridge)
        for name, fading in FADINGS.items():
            model = _peer(others, items, weights, fading)
            found[name, ridge] = evaluate(model, inner, repeats=repeats).metrics[METRIC]
    best = {name: max(RIDGES, key=lambda ridge: found[name, ridge]) for name in FADINGS}
    items, gram = _gram(histories)
    whole = {ridge: _weights(gram, ridge) for ridge in set(best.values())}
    return {name: _peer(histories, items, whole[best[name]], fading) for name, fading in FADINGS.items()}


def _gram(histories: Histories) -> tuple[Integers, Floats]:
    """The K items that are known, and how many users took each two of them. Shapes: (K,), (K, K)."""
    taken = matrix(histories)
    items = np.sort(np.argsort(-taken.sum(axis=0), kind="stable")[:MOST_ITEMS])
    known = taken[:, items]
    return items, (known.T @ known).toarray()


def _weights(gram: Floats, ridge: float) -> Floats:
    """The weights of items for items, the diagonal zero. Shapes: (K, K) -> (K, K)."""
    inverse = np.linalg.inv(gram + ridge * np.eye(len(gram), dtype=np.float32))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def _peer(histories: Histories, items: Integers, weights: Floats, fading: float) -> Peer:
    place = np.full(len(histories.item_ids), -1)
    place[items] = np.arange(len(items))

    def scores(numbers: Integers) -> Floats:
        rows = place[numbers]
        of_items = np.zeros(len(place), dtype=np.float32)
        of_items[items] = faded(len(numbers), fading)[rows >= 0] @ weights[rows[rows >= 0]]
        return of_items

    return Peer(histories.item_ids, scores)
