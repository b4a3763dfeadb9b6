"""The recipe aws-similar-items: items that the same users take, and that are alike by their metadata.

The service trains a network with a part for the item and one for its metadata; here each item has a vector with two
such parts, `item_id_hidden_dim` and `item_metadata_hidden_dim` wide at most. The first is learned from interactions;
for items with hardly any it is guessed from the metadata, by a ridge regression over the others. The similarity of
two items is the product of their vectors. The popularity discount d divides it by the length of the other vector, which
grows with an item's popularity, to the power of d.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from personalize_local.engine import files, vectors
from personalize_local.engine.features import Features
from personalize_local.engine.files import Array
from personalize_local.engine.histories import Histories
from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.log import Catalogue, Event, Floats, Profile
from personalize_local.engine.model import Model
from personalize_local.engine.sims import POPULAR, faded

WARM = 5  # interactions, from which an item is known by them [developer guide: Similar-Items recipe]
OF_METADATA = 0.1  # the spread of similarities by metadata, beside that of those by interactions
RIDGE = 5.0  # items' worth of doubt in the guesses from metadata


class SimilarItems(Model):
    """Scores items by the product of their vectors with those of the latest items of a history.

    Args:
        counts: Interactions of each item, shape (N,): the answer for an item that is not known, or by too few.
        vectors: Shape (N, d).
        discounts: What the similarities to each item are multiplied by, shape (N,).
    """

    gives_scores: ClassVar[bool] = False

    def __init__(self, item_ids: Sequence[str], counts: Floats, vectors: Floats, discounts: Floats) -> None:
        self.item_ids = ItemIds.of(item_ids)
        self.counts = counts
        self._vectors, self._discounts = vectors, discounts

    @classmethod
    def fit(
        cls, histories: Histories, item_id_hidden_dim: int, item_metadata_hidden_dim: int, discount: float
    ) -> SimilarItems:
        """Learn the vectors."""
        counts = np.bincount(histories.items, minlength=len(histories.item_ids)).astype(np.float32)
        found = vectors.of_interactions(histories, item_id_hidden_dim)
        if histories.catalogue is not None:
            told = vectors.narrowed(_features(histories.item_ids, histories.catalogue), item_metadata_hidden_dim)
            found = _guessed(found, told, counts >= WARM)
            found = np.hstack([found, told * np.float32(_share(found, told))])
        lengths = np.linalg.norm(found, axis=1)
        known = lengths > 0
        discounts = np.zeros(len(lengths), np.float32)
        discounts[known] = (lengths[known] / lengths[known].mean()) ** -discount
        return cls(histories.item_ids, counts, found, discounts)

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """How similar each item is to the latest known ones; the most popular items, if none is."""
        scores: Floats = (self.counts * POPULAR / (1 + self.counts.max(initial=1.0))).astype(np.float32)
        latest = [(share, item) for share, item in faded(history, self.item_ids.numbers) if self.counts[item] >= WARM]
        if latest:
            shares, items = (np.array(values) for values in zip(*latest, strict=True))
            scores += self._alike(shares.astype(np.float32) @ self._vectors[items])
        return scores

    def related(self, item_id: str) -> Floats:
        """How similar each item is to one: shape (N,); all zero for an item that is not known."""
        number = self.item_ids.number(item_id)
        return np.zeros(len(self.item_ids), np.float32) if number is None else self._alike(self._vectors[number])

    def _alike(self, wanted: Floats) -> Floats:
        """Shapes: (d,) -> (N,)."""
        alike: Floats = self._vectors @ wanted * self._discounts
        return alike

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        arrays: dict[str, Array] = {"counts": self.counts, "vectors": self._vectors, "discounts": self._discounts}
        files.write(folder, {"recipe": "aws-similar-items", "item_ids": self.item_ids}, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> SimilarItems:
        """The model that was written."""
        return cls(description["item_ids"], **arrays)


def _features(item_ids: Sequence[str], catalogue: Catalogue) -> csr_array:
    """What the catalogue says of each item, rare things counting more: rows of length 1, or 0. Shape: (N, F)."""
    features = Features.of(item_ids, catalogue)
    rows = np.repeat(np.arange(len(item_ids)), features.numbers.shape[1])
    given = csr_array(
        (features.weights.ravel(), (rows, features.numbers.ravel())), shape=(len(item_ids), features.count)
    )
    having = (given > 0).sum(axis=0)
    given = given.multiply(np.log(1 + len(item_ids) / np.maximum(having, 1))[None, :]).tocsr()
    lengths = np.sqrt(given.multiply(given).sum(axis=1))
    return csr_array(given.multiply(1 / np.maximum(lengths, 1e-9)[:, None]))


def _guessed(found: Floats, told: Floats, warm: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """The vectors, those of cold items as their metadata suggests. Shapes: (N, d), (N, k), (N,) -> (N, d)."""
    of_warm = told[warm]
    squares = of_warm.T @ of_warm + RIDGE * np.eye(told.shape[1], dtype=np.float32)
    guessed = found.copy()
    guessed[~warm] = told[~warm] @ np.linalg.solve(squares, of_warm.T @ found[warm])
    return guessed


def _share(found: Floats, told: Floats) -> float:
    """What metadata is multiplied by, so that its similarities spread OF_METADATA times as much as the others."""
    rng = np.random.default_rng(0)
    some, others = rng.integers(len(found), size=(2, 10_000))
    spreads = [float((part[some] * part[others]).sum(axis=1).std()) for part in (found, told)]
    return float(np.sqrt(OF_METADATA * spreads[0] / spreads[1])) if spreads[1] else 0.0
