"""The top of a list, without sorting the rest of the catalogue."""

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.log import Floats

PEAKS = 8  # stretches of the catalogue for each place of the list, of which the highest scores are compared first


def descending(scores: Floats, size: int, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
    """The places of the highest scores, best first; equal ones in the order they have.

    Args:
        allowed: Whether each may be in the list, shape (N,). None: all may.
    """
    if size <= 0 or not len(scores):
        return np.empty(0, dtype=np.intp)
    # At least `size` scores are no less than the size-th highest of the peaks: few others are looked at.
    stretch = max(1, len(scores) // (PEAKS * size))
    of_allowed = scores if allowed is None or allowed.all() else np.where(allowed, scores, np.float32(-np.inf))
    peaks = np.maximum.reduceat(of_allowed, np.arange(0, len(scores), stretch))
    threshold = np.partition(peaks, len(peaks) - size)[len(peaks) - size] if size < len(peaks) else -np.inf
    high = of_allowed >= threshold
    candidates = np.flatnonzero(high if allowed is None else high & allowed)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:size]
