"""Items that nobody knows: likeness to the history by genres and years, times the popularity that those promise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from peers.peer import Peer, faded
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Floats, Integers
from personalize_local.engine.model import Ranker

FADING, YEARS, RIDGE = 0.95, 5, 10.0


def content(histories: Histories, seed: int) -> Mapping[str, Ranker]:
    """content-kNN, the predicted popularity, and the first times the square root of the second."""
    if histories.catalogue is None:
        raise ValueError("content needs a catalogue")
    kinds = _features(histories.catalogue, histories)  # (N, F)
    rarity = np.log(len(kinds) / (1 + kinds.sum(axis=0)))
    vectors = kinds * rarity
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    popularity = _promised(kinds, np.bincount(histories.items, minlength=len(kinds)))

    def alike(numbers: Integers) -> Floats:
        profile = faded(len(numbers), FADING) @ vectors[numbers]  # (F,)
        return (vectors @ profile / max(float(np.linalg.norm(profile)), 1e-9)).astype(np.float32)

    ids = histories.item_ids
    return {
        "content-kNN": Peer(ids, alike),
        "predicted popularity": Peer(ids, lambda numbers: popularity),
        "content-kNN x predicted popularity": Peer(ids, lambda numbers: alike(numbers) * np.sqrt(popularity)),
    }


def _features(catalogue: Catalogue, histories: Histories) -> Floats:
    """Which genres and which five years each item is of. Shapes: (N, F)."""
    number = {item_id: place for place, item_id in enumerate(histories.item_ids)}
    told: list[tuple[int, str]] = []
    for item, genres, year in zip(
        catalogue.item_ids, catalogue.columns["GENRES"], catalogue.columns["YEAR"], strict=True
    ):
        told += [(number[item], genre) for genre in str(genres).split("|")]
        if year is not None:
            told.append((number[item], str(year // YEARS)))
    column = {name: place for place, name in enumerate(sorted({name for _, name in told}))}
    features = np.zeros((len(number), len(column)), dtype=np.float32)
    for item, name in told:
        features[item, column[name]] = 1
    return features


def _promised(features: Floats, counts: Integers) -> Floats:
    """The popularity that a ridge regression expects, learned from the items that anyone has taken. Shapes: -> (N,)."""
    taken = counts > 0
    inputs = np.column_stack([features, np.ones(len(features), np.float32)])
    gram = inputs[taken].T @ inputs[taken] + RIDGE * np.eye(inputs.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram, inputs[taken].T @ np.log(counts[taken]))
    return np.exp(inputs @ weights).astype(np.float32)
