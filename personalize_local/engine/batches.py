"""Histories cut into windows, windows gathered into batches of about the same number of targets."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Integers


class Batch(NamedTuple):
    """Windows side by side, as rows of the histories.

    Shapes: rows (B, T) int; real (B, T) bool, False where a window shorter than T is padded.
    """

    rows: Integers
    real: NDArray[np.bool_]


def batches(histories: Histories, window: int, targets: int, rng: Generator) -> Iterator[Batch]:
    """Batch all events that another one follows, over and over; every pass cuts the windows elsewhere.

    Args:
        window: The most events in a window.
        targets: About how many events a batch has.
    """
    while True:
        firsts, lengths = _windows(histories, window, rng)
        # Windows of about the same length share a batch, so that little of it is padding; which ones, chance decides.
        order = np.argsort(lengths + rng.uniform(0, window / 8, len(lengths)))
        number = np.cumsum(lengths[order]) // targets
        groups = np.split(order, np.flatnonzero(np.diff(number)) + 1)
        for group in rng.permutation(len(groups)):
            chosen = groups[group]
            steps = np.arange(lengths[chosen].max())
            real = steps < lengths[chosen, None]  # (B, T)
            yield Batch(np.where(real, firsts[chosen, None] + steps, firsts[chosen, None]), real)


def _windows(histories: Histories, window: int, rng: Generator) -> tuple[Integers, Integers]:
    """The first row and the length of each window; where a user's first window ends is random."""
    place = np.arange(len(histories.items)) - np.repeat(histories.starts[:-1], histories.lengths)
    followed = np.flatnonzero(place < np.repeat(histories.lengths, histories.lengths) - 1)
    offset = np.repeat(rng.integers(0, window, len(histories)), histories.lengths)
    piece = ((place + offset) // window)[followed]
    user = histories.users[followed]
    begins = np.concatenate([[True], (np.diff(piece) != 0) | (np.diff(user) != 0)])
    firsts = followed[begins]
    lengths = np.diff(np.concatenate([np.flatnonzero(begins), [len(followed)]]))
    return firsts, lengths
