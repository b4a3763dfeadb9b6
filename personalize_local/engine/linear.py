"""A linear map from a faded past to a faded future, in closed form.

Each event of the log is a row: what its user did up to it, older events counting less, is to tell what the user does
after it, later events counting less (the item-to-item transition model of Choi et al. 2021, SLIT, with the fading of
both sides geometric). On small logs it knows things that a network has too few examples to learn; `training.py` decides
how much it may say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers

FADING_PAST, FADING_FUTURE = 0.9, 0.8  # what an event keeps of its say with each event between
READ = 40  # events of a history, the latest: of the one before them an eightieth is left
PAST, FUTURE = 30, 10  # events that are looked at
RIDGE = 500.0
FEWEST_INTERACTIONS = 5
MOST_ITEMS = 4000  # the fit takes the cube of it: about four seconds of one core at 4,000
MOST_ROWS = 300_000  # of the log: more hardly change the map
ROWS_AT_A_TIME = 20_000


@dataclass(frozen=True)
class Linear:
    """How much an interaction with one item speaks for another to follow.

    Shapes: items (K,) the numbers of the items it knows; weights (K, K), from row to column.
    """

    items: Integers
    weights: Floats

    @classmethod
    def fit(cls, histories: Histories, rng: Generator) -> Linear:
        """Regress the future on the past, over rows of the log; of many, some drawn at random."""
        counts = np.bincount(histories.items, minlength=len(histories.item_ids))
        frequent = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
        items = np.sort(frequent[counts[frequent] >= FEWEST_INTERACTIONS])
        column = np.full(len(counts), -1)
        column[items] = np.arange(len(items))
        known = column[histories.items] >= 0
        log = _Rows(column[histories.items[known]], histories.users[known])
        rows = np.arange(len(log.items))
        if len(rows) > MOST_ROWS:
            rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
        within = np.zeros((len(items), len(items)), dtype=np.float32)
        across = np.zeros_like(within)
        back, ahead = -np.arange(PAST), 1 + np.arange(FUTURE)
        for first in range(0, len(rows), ROWS_AT_A_TIME):
            some = rows[first : first + ROWS_AT_A_TIME]
            past = log.around(some, back, FADING_PAST**-back, len(items))  # (R, K)
            future = log.around(some, ahead, FADING_FUTURE ** (ahead - 1), len(items))  # (R, K)
            within += (past.T @ past).toarray()
            across += (past.T @ future).toarray()
        within[np.diag_indices_from(within)] += RIDGE
        weights = cho_solve(cho_factor(within, overwrite_a=True, check_finite=False), across, check_finite=False)
        return cls(items, weights.astype(np.float16).astype(np.float32))  # as exact as it is kept

    def told(self, history: Integers) -> Floats:
        """Score the items it knows for the item numbers of a history, oldest first. Shapes: (T,) -> (K,)."""
        history = history[-READ:]
        places = np.searchsorted(self.items, history)
        known = places < len(self.items)
        known[known] = self.items[places[known]] == history[known]
        fading: Floats = (np.float32(FADING_PAST) ** np.arange(len(history) - 1, -1, -1, dtype=np.float32))[known]
        told: Floats = fading @ self.weights[places[known]]
        return told

    def scores(self, history: Integers, items: int) -> Floats:
        """The same for all items, 0 for those it does not know. Shapes: (T,) -> (N,)."""
        scores = np.zeros(items, dtype=np.float32)
        scores[self.items] = self.told(history)
        return scores


@dataclass(frozen=True)
class _Rows:
    """Events behind one another, user after user. Shapes: items, users (E,)."""

    items: Integers
    users: Integers

    def around(self, rows: Integers, offsets: Integers, say: NDArray[np.floating[Any]], columns: int) -> csr_array:
        """What the users of some rows did at these offsets from them, as rows of a table. Shapes: (R,) -> (R, K)."""
        places = rows[:, None] + offsets  # (R, O)
        inside = (places >= 0) & (places < len(self.items))
        places = np.where(inside, places, 0)
        inside &= self.users[places] == self.users[rows, None]
        of_row, of_offset = np.nonzero(inside)
        values = say[of_offset].astype(np.float32)
        return csr_array((values, (of_row, self.items[places[inside]])), shape=(len(rows), columns))
