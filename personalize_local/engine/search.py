"""Bayesian search for hyperparameters: where the next training promises the most, by what the earlier ones gave.

A Gaussian process over the unit cube guesses the metric at points not tried yet, and the expected improvement chooses
among them [Jones, Schonlau, Welch 1998; Snoek, Larochelle, Adams 2012]. The first points are the usual values and a
few that spread over the cube; everything is drawn from one seed, so that the same results lead to the same search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

SPREAD = 3  # points, behind the usual one, before guesses begin
CANDIDATES = 1000  # among which the best is chosen
REACH = 0.8  # of the cube's edge: how far a result tells of its neighbourhood
NOISE = 1e-3  # of the results' variance: the metric of a point hangs on the split, too

Point = NDArray[np.float64]
Values = dict[str, str]


@dataclass(frozen=True)
class Range:
    """The values that one hyperparameter may be given.

    Args:
        low, high: The ends, if it is a number.
        texts: The texts, if it is one of these.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    texts: list[str] = field(default_factory=list)

    def text(self, place: float) -> str:
        """The value at a place from 0 to 1."""
        if self.texts:
            return self.texts[min(int(place * len(self.texts)), len(self.texts) - 1)]
        if self.whole:  # each value has an equal part of the edge
            return str(min(int(self.low + place * (self.high - self.low + 1)), int(self.high)))
        return f"{self.low + place * (self.high - self.low):.6g}"

    def place(self, text: str) -> float:
        """The place of a value, or of the one in the range that is nearest to it."""
        if self.texts:
            return (self.texts.index(text) + 0.5) / len(self.texts) if text in self.texts else 0.0
        number, span = float(text), self.high - self.low
        place = (number - self.low + 0.5) / (span + 1) if self.whole else (number - self.low) / (span or 1.0)
        return min(max(place, 0.0), 1.0)


class Search:
    """Tries sets of values one after the other, the usual ones first.

    Args:
        usual: Values of all hyperparameters; those with a range are moved into it.
    """

    def __init__(self, usual: Values, ranges: Sequence[Range], seed: int = 0) -> None:
        self._usual, self._ranges = usual, ranges
        self._rng = np.random.default_rng(seed)
        self._tried, self._results = list[Values](), list[float]()

    def ask(self) -> Values | None:
        """The set to try next; None when all have been tried."""
        for attempt in range(CANDIDATES):
            values = self._values(self._next() if attempt == 0 else self._rng.random(len(self._ranges)))
            if values not in self._tried:
                self._tried.append(values)
                return values
        return None

    def tell(self, result: float) -> None:
        """Say what the set that was asked for last is worth; higher is better."""
        self._results.append(result)

    def _next(self) -> Point:
        if not self._tried:
            return np.array([one.place(self._usual[one.name]) for one in self._ranges])
        places = [[one.place(values[one.name]) for one in self._ranges] for values in self._tried]
        return _next(np.array(places), np.array(self._results), self._rng)

    def _values(self, point: Point) -> Values:
        return self._usual | {one.name: one.text(place) for one, place in zip(self._ranges, point, strict=True)}


def _next(known: Point, results: Point, rng: Generator) -> Point:
    """The point to try next. Shapes: (n, D), (n,) -> (D,)."""
    if len(known) <= SPREAD:
        return _spread(len(known), known.shape[1])
    candidates = rng.random((CANDIDATES, known.shape[1]))  # (C, D)
    values = (results - results.mean()) / (results.std() or 1.0)
    within = _alike(known, known) + NOISE * np.eye(len(known))
    across = _alike(candidates, known)  # (C, n)
    solved = np.linalg.solve(within, across.T).T  # (C, n)
    mean, spread = solved @ values, np.sqrt(np.maximum(1 - (solved * across).sum(axis=1), 1e-12))
    gain = (mean - values.max()) / spread
    below = 0.5 * (1 + np.vectorize(math.erf)(gain / math.sqrt(2)))
    density = np.exp(-gain * gain / 2) / math.sqrt(2 * math.pi)
    return np.asarray(candidates[int((spread * (gain * below + density)).argmax())])


def _spread(number: int, dimensions: int) -> Point:
    """One of a sequence of points that lie evenly in the cube (Roberts 2018, R-sequence)."""
    root = 1.0
    for _ in range(50):
        root = (1 + root) ** (1 / (dimensions + 1))
    return np.asarray((0.5 + number * root ** -np.arange(1.0, dimensions + 1)) % 1)


def _alike(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much the metric at one point tells of that at another. Shapes: (A, D), (B, D) -> (A, B)."""
    distances = ((some[:, None] - others) ** 2).sum(axis=2)
    return np.asarray(np.exp(-distances / (2 * REACH**2)))
