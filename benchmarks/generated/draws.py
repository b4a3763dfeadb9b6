"""Draws that the generators share, for many rows at once."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]


def by_weight(weights: Reals, rows: Integers, rng: Generator) -> Integers:
    """For each row number a column, in proportion to the weights of that row. Shapes: (R, C), (n,) -> (n,)."""
    steps = np.cumsum(weights, axis=1)
    steps /= steps[:, -1:]
    shelves = (steps + np.arange(len(steps))[:, None]).ravel()  # each row in an interval of its own
    found = np.searchsorted(shelves, rows + rng.random(len(rows)), side="right")
    return np.clip(found - rows * weights.shape[1], 0, weights.shape[1] - 1)


def places(lengths: Integers) -> Integers:
    """0, 1, 2 … within each group. Shapes: (groups,) -> (sum of lengths,)."""
    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def ids(prefix: str, count: int) -> NDArray[np.object_]:
    """Names that sort as their numbers do."""
    width = len(str(count - 1))
    return np.array([f"{prefix}{number:0{width}}" for number in range(count)], dtype=object)
