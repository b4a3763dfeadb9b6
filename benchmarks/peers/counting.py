"""Peers that count: popularity, and items by the users they share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array

from peers.peer import Peer, faded, matrix
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.model import Ranker

SHRINK, NEIGHBOURS = 20.0, 200
LATEST, FADING = 30, 0.9
AT_A_TIME = 1000  # items, whose similarities to all others are held at once


def popularity(histories: Histories, seed: int) -> Mapping[str, Ranker]:
    """How often each item was taken."""
    counts = np.bincount(histories.items, minlength=len(histories.item_ids)).astype(np.float32)
    return {"popularity": Peer(histories.item_ids, lambda numbers: counts)}


def item_knn(histories: Histories, seed: int) -> Mapping[str, Ranker]:
    """The cosine of the items' users, shrunk; the whole history alike, or its end with older events fading."""
    similar = neighbours(matrix(histories))
    size = len(histories.item_ids)

    def summed(numbers: Integers, weights: Floats) -> Floats:
        scores = np.zeros(size, np.float32)
        for number, weight in zip(numbers, weights, strict=True):
            row = slice(similar.indptr[number], similar.indptr[number + 1])
            scores[similar.indices[row]] += weight * similar.data[row]
        return scores

    return {
        "item-kNN": Peer(histories.item_ids, lambda numbers: summed(numbers, np.ones(len(numbers), np.float32))),
        "item-kNN, decay 0.9": Peer(
            histories.item_ids, lambda numbers: summed(numbers[-LATEST:], faded(len(numbers[-LATEST:]), FADING))
        ),
    }


def neighbours(taken: csr_array) -> csr_array:
    """The nearest items of each: together / (sqrt(either · other) + SHRINK). Shapes: (U, N) -> (N, N)."""
    norms = np.sqrt(taken.sum(axis=0))  # (N,)
    columns, rows, values, starts = taken.tocsc(), [], [], [0]
    for first in range(0, len(norms), AT_A_TIME):
        block = (columns[:, first : first + AT_A_TIME].T @ taken).tocsr()
        for offset in range(block.shape[0]):
            row = slice(block.indptr[offset], block.indptr[offset + 1])
            others, together = block.indices[row], block.data[row]
            cosine = together / (norms[first + offset] * norms[others] + SHRINK)
            cosine[others == first + offset] = 0
            best = np.argsort(-cosine, kind="stable")[:NEIGHBOURS]
            rows.append(others[best])
            values.append(cosine[best])
            starts.append(starts[-1] + len(best))
    return csr_array((np.concatenate(values), np.concatenate(rows), starts), shape=(len(norms), len(norms)))
