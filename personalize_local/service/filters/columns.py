"""A column of a catalogue, indexed so that a comparison costs what it finds, not what there is."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.service.filters.tree import Operator

Mask = NDArray[np.bool_]
"""(N,) whether each item of the catalogue is meant."""

_COMPARE: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


class Column:
    """The values of one field; the indexes are made when they are first needed.

    Args:
        values: (N,) texts or numbers; None where missing, several values of one item joined by bars.
    """

    def __init__(self, values: NDArray[np.object_]) -> None:
        self.values = values

    @cached_property
    def is_numeric(self) -> bool:
        """Whether it holds numbers."""
        known = next((value for value in self.values if value is not None), None)
        return known is not None and not isinstance(known, str)

    def having(self, wanted: Iterable[str]) -> Mask:
        """Which items have one of these texts among their values; those with a missing value do not."""
        mask = np.full(len(self.values), False)
        starts, places = self._places
        for number in {number for text in wanted for number in self._numbers.get(text, ())}:
            mask[places[starts[number] : starts[number + 1]]] = True
        return mask

    def equal(self, wanted: Iterable[float]) -> Mask:
        """Which items have one of these numbers."""
        masks = [self._floats == number for number in wanted]
        return np.logical_or.reduce(masks) if masks else np.full(len(self.values), False)

    def compared(self, by: Operator, number: float) -> Mask:
        """Which items have a number in this order to another."""
        return np.asarray(_COMPARE[by](self._floats, number))

    @cached_property
    def _floats(self) -> NDArray[np.float64]:
        """The numbers; missing ones are NaN, which compares false. Raises ValueError for a text that is none."""
        return self.values.astype(float)

    @cached_property
    def _different(self) -> dict[Any, int]:
        """A number for each different entry."""
        return {value: number for number, value in enumerate(dict.fromkeys(self.values))}

    @cached_property
    def _numbers(self) -> Mapping[str, list[int]]:
        """The entries, by their numbers, that each single value is part of."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for value, number in self._different.items():
            if value is not None:
                for part in str(value).split("|"):
                    numbers[part].append(number)
        return dict(numbers)

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of all entries behind one another; an entry's begin at its number's start."""
        numbers = np.fromiter(map(self._different.__getitem__, self.values), dtype=np.int64, count=len(self.values))
        starts = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=len(self._different)))])
        return starts, np.argsort(numbers, kind="stable")
