"""The recipe aws-sims: items that the same users took, by the cosine of their users.

Item-to-item collaborative filtering [Linden, Smith, York 2003; developer guide, SIMS recipe]: the similarity of items
i and j is `c(i, j) / sqrt(c(i) c(j))` with the numbers of users that took both, and either. The popularity discount d
makes it `c(i, j) / (c(i) ** 0.5 c(j) ** (0.5 + d / 2))`: with d = 1 a popular neighbour counts the least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine import files
from personalize_local.engine.files import Array
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event, Floats, Integers, Profile

POPULAR = 1e-6  # the most that popularity gives: items without similarity stand behind those with some
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


class Sims:
    """Scores items by their similarity to the latest item of a history.

    Args:
        counts: Interactions of each item, shape (N,): the answer for an item that is not known.
        starts: Where an item's neighbours begin, shape (N + 1,).
        neighbours, similarities: The neighbours of all items behind one another, most similar first.
    """

    gives_scores: ClassVar[bool] = False

    def __init__(
        self, item_ids: Sequence[str], counts: Floats, starts: Integers, neighbours: Integers, similarities: Floats
    ) -> None:
        self.item_ids = item_ids
        self.counts = counts
        self._starts, self._neighbours, self._similarities = starts, neighbours, similarities
        self._numbers = {item_id: number for number, item_id in enumerate(item_ids)}

    @classmethod
    def fit(cls, histories: Histories, settings: Settings) -> Sims:
        """Count who took what together."""
        size = len(histories.item_ids)
        popular = np.bincount(histories.items, minlength=size)
        users, items = _pairs(histories.of_users(np.flatnonzero(settings.keep_users(histories.lengths))))
        kept = settings.keep_items(popular)[items]
        users, items = users[kept], items[kept]
        counts = np.bincount(items, minlength=size)
        by_item = np.argsort(items, kind="stable")
        item_starts = np.concatenate([[0], np.cumsum(counts)])
        user_starts = np.concatenate([[0], np.cumsum(np.bincount(users))])
        weights = 1 / np.maximum(counts, 1) ** (0.5 + settings.popularity_discount_factor / 2)
        neighbours, similarities, lengths = [], [], []
        for item in range(size):
            takers = users[by_item[item_starts[item] : item_starts[item + 1]]]
            rows = [items[user_starts[user] : user_starts[user + 1]] for user in takers]
            others, together = np.unique(np.concatenate(rows or [items[:0]]), return_counts=True)
            related = (others != item) & (together >= max(1, settings.min_cointeraction_count))
            others, together = others[related], together[related]
            cosine = together * weights[others] / np.sqrt(max(counts[item], 1))
            best = np.argsort(-cosine, kind="stable")[:NEIGHBOURS]
            neighbours.append(others[best])
            similarities.append(cosine[best].astype(np.float32))
            lengths.append(len(best))
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(
            histories.item_ids,
            popular.astype(np.float32),
            starts,
            np.concatenate(neighbours).astype(np.int64),
            np.concatenate(similarities),
        )

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """How similar each item is to the latest known one; popular items lead among those that are not at all."""
        scores: Floats = (self.counts / (1 + self.counts.max(initial=1.0) / POPULAR)).astype(np.float32)
        known = [event for event in history if event.item_id in self._numbers]
        if not known:
            return scores
        item = self._numbers[max(known, key=lambda event: event.timestamp).item_id]
        rows = slice(self._starts[item], self._starts[item + 1])
        scores[self._neighbours[rows]] += self._similarities[rows]
        return scores

    def related(self, item_id: str) -> Floats:
        """How similar each item is to one, itself the most: shape (N,); all zero for an item that is not known."""
        scores: Floats = np.zeros(len(self.item_ids), dtype=np.float32)
        if (item := self._numbers.get(item_id)) is not None:
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
