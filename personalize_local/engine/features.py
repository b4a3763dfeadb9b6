"""What a catalogue says of items or users, as the networks read it: a few numbered features for each.

A category is a feature; an item with several shares its weight among them. A number is the feature of its bucket:
twenty buckets with as many items each. Texts are left out: they are for the recipe that compares texts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.freshness import BORN
from personalize_local.engine.log import Catalogue, Floats, Integers, Profile

MOST_OF_ITEM = 16  # features of an item; of more, the first ones count
MOST_CATEGORIES = 1000  # of a column, the most frequent
BUCKETS = 20
NONE = 0  # the feature in place of a missing one; its weight is 0

Column = Sequence[str] | Sequence[float]


@dataclass(frozen=True)
class Vocabulary:
    """The features that the columns of a catalogue have.

    Args:
        columns: By name, the categories of a column in their order, or the edges of its buckets.
    """

    columns: Mapping[str, Column]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Vocabulary:
        """The features of all columns but texts and births."""
        names = sorted(set(catalogue.columns) - {BORN, *catalogue.texts})
        return cls({name: _column(catalogue.columns[name]) for name in names})

    @property
    def count(self) -> int:
        """How many features there are, NONE among them."""
        return NONE + 1 + sum(map(_size, self.columns.values()))

    def read(self, row: Mapping[str, Any]) -> tuple[list[int], list[float]]:
        """The features of one row and their weights, MOST_OF_ITEM at most."""
        numbers, weights, first = list[int](), list[float](), NONE + 1
        for name, column in self.columns.items():
            found = _places(column, row.get(name))
            numbers += [first + place for place in found]
            weights += [1 / len(found) for _ in found]
            first += _size(column)
        return numbers[:MOST_OF_ITEM], weights[:MOST_OF_ITEM]

    def row(self, numbers: Sequence[int]) -> Profile:
        """A row with these features."""
        row, first = dict[str, Any](), NONE + 1
        for name, column in self.columns.items():
            found = [number - first for number in numbers if first <= number < first + _size(column)]
            if found and column and isinstance(column[0], str):
                row[name] = "|".join(str(column[place]) for place in found)
            elif found:
                row[name] = (*column, np.inf)[found[0]]
            first += _size(column)
        return row


@dataclass(frozen=True)
class Features:
    """Shapes: numbers, weights (N, K), filled up with NONE and 0; `vocabulary.count` features in all."""

    numbers: Integers
    weights: Floats
    vocabulary: Vocabulary

    @property
    def count(self) -> int:
        """How many features there are."""
        return self.vocabulary.count

    @property
    def present(self) -> Floats:
        """1 for each feature that an item has, whatever else it has. Shape: (N, K)."""
        return (self.weights > 0).astype(np.float32)

    @classmethod
    def of(cls, ids: Sequence[str], catalogue: Catalogue) -> Features:
        """The features of the items or users with these IDs, in their order."""
        vocabulary = Vocabulary.of(catalogue)
        place = {one: number for number, one in enumerate(ids)}
        numbers = np.full((len(ids), MOST_OF_ITEM), NONE, dtype=np.int64)
        weights = np.zeros((len(ids), MOST_OF_ITEM), dtype=np.float32)
        columns = [catalogue.columns[name] for name in vocabulary.columns]
        for known, *values in zip(catalogue.item_ids, *columns, strict=True):
            found, shares = vocabulary.read(dict(zip(vocabulary.columns, values, strict=True)))
            row = place[str(known)]
            numbers[row, : len(found)], weights[row, : len(found)] = found, shares
        return cls(numbers, weights, vocabulary)


def _column(values: NDArray[Any]) -> Column:
    known = [value for value in values if value is not None] if values.dtype == object else values[~np.isnan(values)]
    if len(known) and not isinstance(known[0], str):
        edges: list[float] = np.unique(np.quantile(np.array(known, float), np.arange(1, BUCKETS) / BUCKETS)).tolist()
        return edges
    frequent = Counter(part for value in known for part in str(value).split("|") if part).most_common(MOST_CATEGORIES)
    return sorted(part for part, _ in frequent)


def _size(column: Column) -> int:
    return len(column) if column and isinstance(column[0], str) else len(column) + 1


def _places(column: Column, value: Any) -> list[int]:
    """Where a value is among the categories or the buckets of a column."""
    if value is None or not column:
        return []
    if not isinstance(column[0], str):
        return [bisect_left(column, float(value))]
    places = [(part, bisect_left(column, part)) for part in str(value).split("|") if part]
    return [place for part, place in places if place < len(column) and column[place] == part]
