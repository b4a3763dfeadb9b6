"""Matrix factorisation by alternating least squares, as the library `implicit` has it [Hu, Koren, Volinsky 2008]."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_array, csr_matrix

from peers.peer import Peer, matrix
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.model import Ranker

FACTORS, ROUNDS, REGULARISATION = 64, 15, 0.05


def als(histories: Histories, seed: int) -> Mapping[str, Ranker]:
    """Factors of items; those of a user who was not learned from are solved for when the user asks."""
    model = AlternatingLeastSquares(
        factors=FACTORS, iterations=ROUNDS, regularization=REGULARISATION, random_state=seed, num_threads=1
    )
    model.fit(csr_matrix(matrix(histories)), show_progress=False)
    size = len(histories.item_ids)

    def scores(numbers: Integers) -> Floats:
        row = csr_array((np.ones(len(numbers), np.float32), (np.zeros(len(numbers), int), numbers)), shape=(1, size))
        user = model.recalculate_user(0, csr_matrix(row))  # (F,)
        of_items: Floats = model.item_factors @ user
        return of_items

    return {"ALS (implicit)": Peer(histories.item_ids, scores)}
