"""What a user would like, asked for as little of it as an answer needs."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.lists import descending
from personalize_local.engine.log import Floats

Places = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]


class Preference(Protocol):
    """One user's preference for the N items of a model, higher is better."""

    def best(self, size: int, allowed: Mask | None = None) -> Places:
        """The places of the best items, best first.

        Args:
            allowed: Whether each may be among them, shape (N,). None: all may.
        """

    def of(self, places: Places) -> Floats:
        """The scores of some items. Shapes: (K,) -> (K,)."""


class Scored:
    """A preference of which all scores are computed once one is needed."""

    def __init__(self, compute: Callable[[], Floats]) -> None:
        self._compute = compute

    @cached_property
    def scores(self) -> Floats:
        """The scores of all items."""
        return self._compute()

    def best(self, size: int, allowed: Mask | None = None) -> Places:
        """The places of the best items; equal ones in the order of the catalogue."""
        return descending(self.scores, size, allowed)

    def of(self, places: Places) -> Floats:
        """The scores of some items."""
        return self.scores[places]
