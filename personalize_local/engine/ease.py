"""Item-to-item weights in closed form (EASE, Steck 2019), applied to a history whose older events fade.

On small logs it knows things that a network has too few examples to learn; `training.py` decides how much it may say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers

FADING = 0.9  # what an event keeps of its say with each event after it
READ = 64  # events of a history, the latest: of the one before them a thousandth is left
RIDGE = 200.0
FEWEST_INTERACTIONS = 5
MOST_ITEMS = 4000  # the fit takes the cube of it: about four seconds of one core at 4,000
USERS_AT_A_TIME = 4096  # of a dense users × items matrix


@dataclass(frozen=True)
class Ease:
    """How much an interaction with one item speaks for another.

    Shapes: items (K,) the numbers of the items it knows; weights (K, K), from row to column.
    """

    items: Integers
    weights: Floats

    @classmethod
    def fit(cls, histories: Histories) -> Ease:
        """Regress each item on all the others, over the users."""
        counts = np.bincount(histories.items, minlength=len(histories.item_ids))
        frequent = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
        items = np.sort(frequent[counts[frequent] >= FEWEST_INTERACTIONS])
        column = np.full(len(counts), -1)
        column[items] = np.arange(len(items))
        gram = np.zeros((len(items), len(items)), dtype=np.float32)
        for first in range(0, len(histories), USERS_AT_A_TIME):
            some = histories.of_users(np.arange(first, min(first + USERS_AT_A_TIME, len(histories))))
            known = column[some.items] >= 0
            matrix = np.zeros((len(some), len(items)), dtype=np.float32)
            matrix[some.users[known], column[some.items[known]]] = 1
            gram += matrix.T @ matrix
        gram[np.diag_indices_from(gram)] += RIDGE
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        return cls(items, weights.astype(np.float16).astype(np.float32))  # as exact as it is kept

    def told(self, history: Integers) -> Floats:
        """Score the items it knows for the item numbers of a history, oldest first. Shapes: (T,) -> (K,)."""
        history = history[-READ:]
        known = np.isin(history, self.items)
        rows = np.searchsorted(self.items, history[known])
        fading = FADING ** np.arange(len(history) - 1, -1, -1, dtype=np.float32)
        told: Floats = fading[known].astype(np.float32) @ self.weights[rows]
        return told

    def scores(self, history: Integers, items: int) -> Floats:
        """Score all items; 0 for those it does not know. Shapes: (T,) -> (N,)."""
        scores = np.zeros(items, dtype=np.float32)
        scores[self.items] = self.told(history)
        return scores
