"""The recipe aws-sims: items that the same users took.

Item-to-item collaborative filtering [Linden, Smith, York 2003; developer guide, SIMS recipe]. The similarity of item j
to item i is `n(i, j) / (n(i) ** 0.5 * n(j) ** d)` with the numbers of users that took both, and either, times
`n(i, j) / (n(i, j) + 5)`, so that few do not say much. The popularity discount d takes it from what most others took
(0) over the cosine (0.5, the default) to what is taken with hardly anything else (1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from personalize_local.engine import files
from personalize_local.engine.files import Array
from personalize_local.engine.histories import Histories
from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.log import Event, Floats, Integers, Profile
from personalize_local.engine.model import Model

POPULAR = 1e-6  # the most that popularity gives: items without similarity stand behind those with some
FEW = 5  # users in common, at which a similarity counts half
LATEST, FADING = 30, 0.9  # events of a history that are looked at, and what each keeps of its say with one after it
BLOCK = 1024  # items whose neighbours are looked for at once
NEIGHBOURS = 500  # kept of each item: as many as an answer can have
LONGEST_HISTORY = 300  # of a user, the latest events: so that a robot's history does not cost its square


@dataclass(frozen=True)
class Settings:
    """What a solution can choose.

    Args:
        popularity_discount_factor: From 0 to 1.
        min_cointeraction_count: Users that two items must have in common.
        min_user_history_length_percentile, max_user_history_length_percentile: Users whose history is shorter or longer
            than those of so many others are left out.
        min_item_interaction_count_percentile, max_item_interaction_count_percentile: So are items with less or more
            interactions.
    """

    popularity_discount_factor: float
    min_cointeraction_count: int
    min_user_history_length_percentile: float
    max_user_history_length_percentile: float
    min_item_interaction_count_percentile: float
    max_item_interaction_count_percentile: float

    def keep_users(self, lengths: Integers) -> NDArray[np.bool_]:
        """Which users are learned from, by the lengths of their histories."""
        return _within(lengths, self.min_user_history_length_percentile, self.max_user_history_length_percentile)

    def keep_items(self, counts: Integers) -> NDArray[np.bool_]:
        """Which items get neighbours, by their interactions."""
        return _within(counts, self.min_item_interaction_count_percentile, self.max_item_interaction_count_percentile)


class Sims(Model):
    """Scores items by their similarity to the latest items of a history.

    Args:
        counts: Interactions of each item, shape (N,): the answer for an item that is not known.
        starts: Where an item's neighbours begin, shape (N + 1,).
        neighbours, similarities: The neighbours of all items behind one another, most similar first.
    """

    gives_scores: ClassVar[bool] = False

    def __init__(
        self, item_ids: Sequence[str], counts: Floats, starts: Integers, neighbours: Integers, similarities: Floats
    ) -> None:
        self.item_ids = ItemIds.of(item_ids)
        self.counts = counts
        self._starts, self._neighbours, self._similarities = starts, neighbours, similarities

    @classmethod
    def fit(cls, histories: Histories, settings: Settings) -> Sims:
        """Count who took what together."""
        size = len(histories.item_ids)
        popular = np.bincount(histories.items, minlength=size)
        users, items = _pairs(histories.of_users(np.flatnonzero(settings.keep_users(histories.lengths))))
        kept = settings.keep_items(popular)[items]
        taken = csr_array((np.ones(kept.sum(), np.float32), (users[kept], items[kept])), shape=(len(histories), size))
        counts = np.maximum(taken.sum(axis=0), 1)
        least = max(1, settings.min_cointeraction_count)
        blocks = [
            _neighbours(taken[:, place : place + BLOCK].T.tocsr() @ taken, place, counts, least, settings)
            for place in range(0, size, BLOCK)
        ]
        lengths, neighbours, similarities = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(histories.item_ids, popular.astype(np.float32), starts, neighbours, similarities)

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """How similar each item is to the latest known ones; popular items lead among those that are not at all.

        An event counts FADING times as much as the one after it: what was taken last says the most.
        """
        scores: Floats = (self.counts / (1 + self.counts.max(initial=1.0) / POPULAR)).astype(np.float32)
        for share, item in faded(history, self.item_ids.numbers):
            rows = slice(self._starts[item], self._starts[item + 1])
            scores[self._neighbours[rows]] += np.float32(share) * self._similarities[rows]
        return scores

    def related(self, item_id: str) -> Floats:
        """How similar each item is to one, itself the most: shape (N,); all zero for an item that is not known."""
        scores: Floats = np.zeros(len(self.item_ids), dtype=np.float32)
        if (item := self.item_ids.number(item_id)) is not None:
            rows = slice(self._starts[item], self._starts[item + 1])
            scores[self._neighbours[rows]] = self._similarities[rows]
            scores[item] = 1.0
        return scores

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        arrays: dict[str, Array] = {
            "counts": self.counts,
            "starts": self._starts,
            "neighbours": self._neighbours,
            "similarities": self._similarities,
        }
        files.write(folder, {"recipe": "aws-sims", "item_ids": self.item_ids}, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> Sims:
        """The model that was written."""
        return cls(description["item_ids"], **arrays)


def faded(history: Sequence[Event], numbers: Mapping[str, int]) -> Iterator[tuple[float, int]]:
    """The numbers of the latest known items of a history, the last one first, and what each has to say."""
    known = [event for event in history if event.item_id in numbers]
    known.sort(key=lambda event: event.timestamp)
    for steps_back, event in enumerate(known[: -LATEST - 1 : -1]):
        yield FADING**steps_back, numbers[event.item_id]


def _neighbours(
    together: csr_array, first: int, counts: Floats, least: int, settings: Settings
) -> tuple[Integers, Integers, Floats]:
    """How many neighbours each item of a block has, and these with their similarities, best first.

    Args:
        together: How many users took an item of the block and another: shape (B, N).
        first: The number of the block's first item.
    """
    pairs = together.tocoo()
    related = (pairs.col != pairs.row + first) & (pairs.data >= least)
    rows, others, common = pairs.row[related], pairs.col[related], pairs.data[related]
    discount = counts[others] ** settings.popularity_discount_factor
    similar = common / (np.sqrt(counts[rows + first]) * discount) * (common / (common + FEW))
    order = np.lexsort((others, -similar, rows))
    lengths = np.bincount(rows, minlength=together.shape[0])
    place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    best = order[place < NEIGHBOURS]
    return np.minimum(lengths, NEIGHBOURS), others[best].astype(np.int64), similar[best].astype(np.float32)


def _pairs(histories: Histories) -> tuple[Integers, Integers]:
    """Who took what, each once, ordered by user."""
    ends = np.repeat(histories.starts[1:], histories.lengths)
    late = np.arange(len(histories.items)) >= ends - LONGEST_HISTORY
    pairs = np.unique(histories.users[late] * len(histories.item_ids) + histories.items[late])
    return pairs // len(histories.item_ids), pairs % len(histories.item_ids)


def _within(counts: Integers, low: float, high: float) -> NDArray[np.bool_]:
    """Which counts lie between two quantiles, both included; nothing is counted as none."""
    least, most = np.quantile(counts[counts > 0], [low, high])
    within: NDArray[np.bool_] = (counts > 0) & (counts >= least) & (counts <= most)
    return within
