"""The recipe aws-popularity-count: every user gets the items with the most interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from personalize_local.engine import files
from personalize_local.engine.files import Array
from personalize_local.engine.histories import Histories
from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.log import Event, Floats, Profile
from personalize_local.engine.model import Model


class PopularityCount(Model):
    """Scores an item by how often it was interacted with.

    Args:
        counts: Interactions of each item, shape (N,).
    """

    gives_scores: ClassVar[bool] = False

    def __init__(self, item_ids: Sequence[str], counts: Floats) -> None:
        self.item_ids = ItemIds.of(item_ids)
        self.counts = counts

    @classmethod
    def fit(cls, histories: Histories) -> PopularityCount:
        """Count."""
        counts = np.bincount(histories.items, minlength=len(histories.item_ids))
        return cls(histories.item_ids, counts.astype(np.float32))

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The counts, whoever asks."""
        return self.counts

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        files.write(folder, {"recipe": "aws-popularity-count", "item_ids": self.item_ids}, {"counts": self.counts})

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> PopularityCount:
        """The model that was written."""
        return cls(description["item_ids"], arrays["counts"])
