"""What puts cold items in order beside the network: how alike they are to what the user took, and how popular they
should be by what they are.

The score is the cosine of the item's features and the user's (those of the latest items, older ones counting less;
features that many items have count less), times the root of the popularity that such features have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personalize_local.engine.blending import blend
from personalize_local.engine.features import NONE, Features
from personalize_local.engine.files import Array
from personalize_local.engine.log import Floats, Integers

LATEST, FADING = 100, 0.95  # events of a history; what one keeps of its say with each event after it
SHARE = 0.5  # of the order of cold items; the rest is the network's


@dataclass(frozen=True)
class Content:
    """Shapes: numbers, weights (N, K) the items' features; cold (C,) the numbers of the cold items; popular (C,)."""

    numbers: Integers
    weights: Floats
    cold: Integers
    popular: Floats

    @classmethod
    def of(cls, features: Features, cold: Integers, popularity: Floats) -> Content:
        """Compare by the features; `popularity` is the expected count of each cold item."""
        times = np.bincount(features.numbers.ravel(), features.weights.ravel() > 0, minlength=features.count)
        rarity = np.log(len(features.numbers) / np.maximum(times, 1))
        rarity[NONE] = 0
        weights = features.weights * rarity[features.numbers]
        lengths = np.linalg.norm(weights, axis=1, keepdims=True)
        weights = (weights / np.maximum(lengths, 1e-9)).astype(np.float32)
        return cls(features.numbers, weights, cold, np.sqrt(popularity).astype(np.float32))

    def scores(self, history: Integers) -> Floats:
        """Score the cold items for the item numbers of a history, oldest first. Shapes: (T,) -> (C,)."""
        items = history[-LATEST:]
        fading = FADING ** np.arange(len(items) - 1, -1, -1, dtype=np.float32)
        of_user = np.bincount(self.numbers[items].ravel(), (self.weights[items] * fading[:, None]).ravel())
        of_user = np.pad(of_user, (0, int(self.numbers.max()) + 1 - len(of_user))).astype(np.float32)  # (F,)
        alike = (of_user[self.numbers[self.cold]] * self.weights[self.cold]).sum(1)
        scores: Floats = alike * self.popular
        return scores

    def reorder(self, logits: Floats, history: Integers) -> None:
        """Let these scores have a say in the order of the cold items, whose logits keep their mean and spread."""
        of_cold = logits[self.cold]
        mean, deviation = of_cold.mean(), of_cold.std()
        mixed = blend(of_cold - mean, self.scores(history), SHARE)
        mixed -= mixed.mean()
        now = mixed.std()
        logits[self.cold] = mean + mixed * (deviation / now if now else 0)

    @property
    def arrays(self) -> dict[str, Array]:
        """What is kept in files."""
        return {"numbers": self.numbers, "weights": self.weights, "cold": self.cold, "popular": self.popular}
