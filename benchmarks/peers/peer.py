"""What every peer is: something fitted on histories that scores all items for the events of one user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event, Floats, Integers, Profile
from personalize_local.engine.model import Ranker

Fit = Callable[[Histories, int], Mapping[str, Ranker]]  # histories and a seed, to the variants that share the work


class Peer:
    """Scores from the numbers of the items in a history, oldest first.

    Args:
        of_numbers: Shapes (T,) -> (N,).
    """

    def __init__(self, item_ids: Sequence[str], of_numbers: Callable[[Integers], Floats]) -> None:
        self.item_ids = item_ids
        self.of_numbers = of_numbers
        self._number = {item_id: number for number, item_id in enumerate(item_ids)}

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The preference for each item; nothing is made of the time."""
        return self.of_numbers(np.array([self._number[event.item_id] for event in history], dtype=np.int64))


def matrix(histories: Histories) -> csr_array:
    """Who took what, each once: users × items."""
    shape = (len(histories), len(histories.item_ids))
    taken = csr_array((np.ones(len(histories.items), np.float32), (histories.users, histories.items)), shape=shape)
    taken.sum_duplicates()
    taken.data[:] = 1
    return taken


def faded(length: int, fading: float) -> Floats:
    """How much each event of a history says: the last 1, the one before it `fading` of that, and so on."""
    return (fading ** np.arange(length - 1, -1, -1)).astype(np.float32)
