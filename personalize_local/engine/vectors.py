"""Vectors of items, so that those of items that the same users take point the same way.

The interactions are a matrix of users × items, each row scaled down by its user's activity and each column by its
item's popularity; the vectors are its right singular vectors, the strong ones counting more: a linear autoencoder with
a ridge, of which only so many directions are kept [Jin et al. 2021, "Towards a Better Understanding of Linear Models
for Recommendation"].
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import svds

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats

OF_USER, OF_ITEM = 0.5, 0.25  # powers of the number of interactions that rows and columns are divided by
RIDGE = 1.0  # of the mean strength of a direction: what one of that strength loses half by


def of_interactions(histories: Histories, width: int) -> Floats:
    """The vectors of the items by who took them. Shape: (N, width); narrower where there are few users or items."""
    taken = csr_array(
        (np.ones(len(histories.items), np.float32), (histories.users, histories.items)),
        shape=(len(histories), len(histories.item_ids)),
    )
    taken.sum_duplicates()
    taken.data[:] = 1
    by_user, by_item = (np.maximum(taken.sum(axis=axis), 1.0) for axis in (1, 0))
    scaled = diags_array(by_user**-OF_USER) @ taken @ diags_array(by_item**-OF_ITEM)
    strengths, directions = _strongest(csr_array(scaled), width)
    powers = strengths**2
    return np.asarray(directions * np.sqrt(powers / (powers + RIDGE * powers.mean())), dtype=np.float32)


def narrowed(rows: csr_array, width: int) -> Floats:
    """The rows in fewer columns, as alike as they were. Shapes: (N, F) -> (N, width)."""
    if rows.shape[1] <= width:
        return np.asarray(rows.toarray(), dtype=np.float32)
    strengths, directions = _strongest(csr_array(rows.T), width)
    return np.asarray(directions * strengths, dtype=np.float32)


def _strongest(matrix: csr_array, width: int) -> tuple[Floats, Floats]:
    """The strongest singular values, and the right singular vectors as columns, the same ones every time."""
    width = max(1, min(width, *(side - 1 for side in matrix.shape)))
    start = np.random.default_rng(0).random(min(matrix.shape))
    _, strengths, directions = svds(matrix.astype(np.float64), k=width, v0=start)
    return strengths[::-1], directions[::-1].T
