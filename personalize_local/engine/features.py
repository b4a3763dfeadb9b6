"""What the catalogue says of items, as the networks read it: a few numbered features for each item.

A category is a feature; an item with several shares its weight among them. A number is the feature of its bucket: ten
buckets with as many items each. Texts are left out: they are for the recipe that compares texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.freshness import BORN
from personalize_local.engine.log import Catalogue, Floats, Integers, Strings

MOST_OF_ITEM = 16  # features of an item; of more, the first ones count
MOST_CATEGORIES = 1000  # of a column, the most frequent
BUCKETS = 10
NONE = 0  # the feature in place of a missing one; its weight is 0


@dataclass(frozen=True)
class Features:
    """Shapes: numbers, weights (N, K), filled up with NONE and 0; `count` features in all."""

    numbers: Integers
    weights: Floats
    count: int

    @classmethod
    def of(cls, item_ids: Sequence[str], catalogue: Catalogue) -> Features:
        """The features of the items, in their order."""
        place = {item_id: number for number, item_id in enumerate(item_ids)}
        rows = np.array([place[str(item_id)] for item_id in catalogue.item_ids], dtype=np.int64)
        numbers = np.full((len(item_ids), MOST_OF_ITEM), NONE, dtype=np.int64)
        weights = np.zeros((len(item_ids), MOST_OF_ITEM), dtype=np.float32)
        filled, count = np.zeros(len(item_ids), dtype=np.int64), NONE + 1
        for name in sorted(set(catalogue.columns) - {BORN, *catalogue.texts}):
            found, known = _of_column(catalogue.columns[name])
            for row, features in zip(rows, found, strict=True):
                for feature in features[: MOST_OF_ITEM - filled[row]]:
                    numbers[row, filled[row]] = count + feature
                    weights[row, filled[row]] = 1 / len(features)
                    filled[row] += 1
            count += known
        return cls(numbers, weights, count)


def _of_column(values: Strings) -> tuple[list[list[int]], int]:
    """The features of each value, and how many different ones there are."""
    known = [value for value in values if value is not None]
    if known and not isinstance(known[0], str):
        return _buckets(values, np.array(known, dtype=np.float64))
    parts = [[] if value is None else [part for part in str(value).split("|") if part] for value in values]
    frequent = Counter(part for some in parts for part in some).most_common(MOST_CATEGORIES)
    number = {part: place for place, (part, _) in enumerate(sorted(frequent))}
    return [[number[part] for part in some if part in number] for some in parts], len(number)


def _buckets(values: Strings, known: NDArray[np.float64]) -> tuple[list[list[int]], int]:
    edges = np.unique(np.quantile(known, np.arange(1, BUCKETS) / BUCKETS))
    return [[] if value is None else [int(np.searchsorted(edges, float(value)))] for value in values], len(edges) + 1
