"""What is known of the moment of an event or a request: its device, the weather; the metadata of the interactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.features import NONE, Vocabulary
from personalize_local.engine.log import Catalogue, Integers, Profile

MOST_OF_MOMENT = 8  # features; of more, the first ones count
MOST_REMEMBERED = 4096  # different contexts, as features

Numbers = NDArray[np.int16]  # ten million events have several


@dataclass(frozen=True)
class Contexts:
    """The features of each event's moment. Shapes: numbers (events, K), filled up with NONE."""

    numbers: Numbers
    vocabulary: Vocabulary

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[Any]]) -> Contexts | None:
        """The contexts of events; None where nothing is known of any. Shapes: (events,) each."""
        told = {name: values for name, values in columns.items() if _is_told(values)}
        vocabulary = Vocabulary.of(Catalogue(np.empty(0, object), told))
        if not vocabulary.columns:
            return None
        numbers = np.concatenate([_read(vocabulary, name, columns[name]) for name in vocabulary.columns], axis=1)
        return cls(numbers[:, :MOST_OF_MOMENT], vocabulary)

    def rows(self, rows: Integers) -> Contexts:
        """Those of some events."""
        return replace(self, numbers=self.numbers[rows])

    def told(self, rows: slice) -> list[Profile]:
        """The same by column, as far as their features tell."""
        return [self.vocabulary.row(numbers) for numbers in self.numbers[rows].tolist()]


class ContextReader:
    """Reads contexts as events and requests have them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._columns = vocabulary.columns
        self._read = lru_cache(MOST_REMEMBERED)(self._features)
        self._vocabulary = vocabulary

    def read(self, contexts: Sequence[Profile | None]) -> Integers:
        """Their features; K is 0 where nothing is known of any. Shape: (T, K)."""
        if not self._columns:
            return np.zeros((len(contexts), 0), np.int64)
        found = [self._read(*map((context or {}).get, self._columns)) for context in contexts]
        return np.array(found, np.int64).reshape(len(found), MOST_OF_MOMENT)

    def _features(self, *values: Any) -> Sequence[int]:
        known = dict[str, Any]()
        for (name, column), value in zip(self._columns.items(), values, strict=True):
            with suppress(TypeError, ValueError):  # what is no number is as unknown as a text that nobody has met
                known[name] = value if column and isinstance(column[0], str) else float(value)
        features = self._vocabulary.read(known)[0][:MOST_OF_MOMENT]
        return features + [NONE] * (MOST_OF_MOMENT - len(features))


def _is_told(values: NDArray[Any]) -> bool:
    """Whether a column has any value."""
    return any(value is not None for value in values) if values.dtype == object else not np.isnan(values).all()


def _read(vocabulary: Vocabulary, name: str, values: NDArray[Any]) -> Numbers:
    """The features that a column gives events. Shapes: (events,) -> (events, K)."""
    if values.dtype != object:
        (first,) = vocabulary.read({name: -np.inf})[0]
        buckets = np.searchsorted(np.array(vocabulary.columns[name], float), values)  # as bisect_left does it
        return np.where(np.isnan(values), NONE, first + buckets).astype(np.int16)[:, None]
    different = defaultdict[Any, int](count().__next__)
    places = np.fromiter(map(different.__getitem__, values), dtype=np.int32, count=len(values))
    found = [vocabulary.read({name: value})[0] for value in different]
    table = np.full((len(found), max(map(len, found), default=0)), NONE, np.int16)
    for row, features in zip(table, found, strict=True):
        row[: len(features)] = features
    return table[places]
