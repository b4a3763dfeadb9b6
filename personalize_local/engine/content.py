"""What puts cold items in order: four hints, and how much each has to say.

The hints are what the network says of an item by its features; how popular its features promise it to be; how alike it
is to the user's latest items (the cosine of features, rare ones counting more, older items counting less); and the
product of likeness and the root of popularity. What each has to say is learned from known items that are treated as if
they were cold: by a conditional logit (McFadden 1974) over which of them users took next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from personalize_local.engine.features import NONE, Features
from personalize_local.engine.files import Array
from personalize_local.engine.log import Floats, Integers

LATEST, FADING = 100, 0.95  # events of a history; what one keeps of its say with each event after it
USUAL = np.array([1.0, 0.5, 0.0, 0.0])  # what the hints have to say where nothing can be learned, and
DOUBT = 30.0  # choices' worth of trust in that
STEPS = 20


class Choice(NamedTuple):
    """What a user took of the cold items.

    Args:
        history: The numbers of the items before, oldest first, shape (T,).
        personal: What the network says of the cold items by their features, shape (C,).
        taken: Which of the cold items, as their places among these.
    """

    history: Integers
    personal: Floats
    taken: Integers


@dataclass(frozen=True)
class Content:
    """Shapes: numbers, weights (N, K) the items' features; cold (C,) the numbers of the cold items; popularity (C,);
    say (4,).

    Args:
        popularity: The logarithms of the counts that are expected.
        say: What the hints have to say.
    """

    numbers: Integers
    weights: Floats
    cold: Integers
    popularity: Floats
    say: Floats

    @classmethod
    def of(cls, features: Features, cold: Integers, popularity: Floats) -> Content:
        """Compare by the features."""
        times = np.bincount(features.numbers.ravel(), features.present.ravel(), minlength=features.count)
        rarity = np.log(len(features.numbers) / np.maximum(times, 1))
        rarity[NONE] = 0
        weights = features.present * rarity[features.numbers]
        lengths = np.linalg.norm(weights, axis=1, keepdims=True)
        weights = (weights / np.maximum(lengths, 1e-9)).astype(np.float32)
        return cls(features.numbers, weights, cold, popularity.astype(np.float32), USUAL.astype(np.float32))

    def scores(self, history: Integers, personal: Floats) -> Floats:
        """Score the cold items; see `Choice`. Shapes: (T,), (C,) -> (C,)."""
        scores: Floats = self._hints(history, personal) @ self.say
        return scores

    def learned(self, choices: Sequence[Choice]) -> Content:
        """The same, after a look at what users took."""
        hints = [self._hints(choice.history, choice.personal) for choice in choices]
        if not hints:
            return self
        scale = np.maximum(np.std(np.concatenate(hints), axis=0), 1e-6)
        usual = USUAL * scale
        say = usual.copy()
        for _ in range(STEPS):  # of Newton's method
            slope, bend = DOUBT * (usual - say), DOUBT * np.eye(len(say))
            for choice, raw in zip(choices, hints, strict=True):
                given = raw / scale  # (C, 4)
                chances = np.exp(given @ say - (given @ say).max())
                chances /= chances.sum()
                mean = chances @ given  # (4,)
                slope += (given[choice.taken] - mean).sum(axis=0)
                bend += len(choice.taken) * ((given * chances[:, None]).T @ given - np.outer(mean, mean))
            say += np.linalg.solve(bend, slope)
        return replace(self, say=(say / scale).astype(np.float32))

    def place(self, logits: Floats, scores: Floats) -> None:
        """Give the cold items their scores among the logits of all, where they keep their mean."""
        logits[self.cold] = scores + (logits[self.cold].mean() - scores.mean())

    @property
    def arrays(self) -> dict[str, Array]:
        """What is kept in files."""
        return {name: getattr(self, name) for name in ("numbers", "weights", "cold", "popularity", "say")}

    def _hints(self, history: Integers, personal: Floats) -> Floats:
        """Shapes: (T,), (C,) -> (C, 4)."""
        items = history[-LATEST:]
        fading = FADING ** np.arange(len(items) - 1, -1, -1, dtype=np.float32)
        many = int(self.numbers.max()) + 1
        heard = (self.weights[items] * fading[:, None]).ravel()
        summed = np.bincount(self.numbers[items].ravel(), heard, many)  # (F,)
        of_user = summed / max(float(np.linalg.norm(summed)), 1e-9)
        alike = (of_user[self.numbers[self.cold]] * self.weights[self.cold]).sum(axis=1)  # (C,)
        product = alike * np.exp(0.5 * (self.popularity - self.popularity.mean()))
        return np.column_stack([personal, self.popularity, alike, product]).astype(np.float32)
