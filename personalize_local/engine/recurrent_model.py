"""The recipe aws-hrnn as it is served: what `training.py` learned, run in numpy, so that torch is never loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from personalize_local.engine import files
from personalize_local.engine.ease import Ease
from personalize_local.engine.files import Array
from personalize_local.engine.log import Event, Floats, Integers, Profile
from personalize_local.engine.sessions import buckets, gaps_before, opens_session
from personalize_local.engine.states import States

NETWORK = "network."
BLOCK = 100  # events; of a history, the last whole block and what follows it are read: older ones have faded


class RecurrentModel:
    """Scores items by the probability that the user takes them next.

    Args:
        network: The parameters of `Hrnn`, under its names.
        counts: Interactions of each item, shape (N,): the answer to users without a history.
        ease: The linear part.
        ease_share: What the linear part has to say, from 0 to 1.
    """

    gives_scores: ClassVar[bool] = True

    def __init__(
        self,
        item_ids: Sequence[str],
        network: Mapping[str, Floats],
        counts: Floats,
        ease: Ease,
        ease_share: float = 0.0,
    ) -> None:
        self.item_ids = item_ids
        self.network = network
        self.counts = counts
        self.ease = ease
        self.ease_share = ease_share
        self._number = {item_id: number for number, item_id in enumerate(item_ids)}
        self._states = States()

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The probability of each item to be the next one; how popular it is for a user without known events."""
        known = [event for event in history if event.item_id in self._number]
        if not known:
            return softmax(np.log(self.counts + 0.5))
        known.sort(key=lambda event: event.timestamp)
        numbers = np.array([self._number[event.item_id] for event in known])
        times = np.array([event.timestamp for event in known])
        return softmax(blend(*self.parts(numbers, times), self.ease_share))

    def parts(self, numbers: Integers, times: Array) -> tuple[Floats, Floats]:
        """The network's logits and the linear part's scores after a history. Shapes: (T,), (T,) -> (N,), (N,)."""
        first = max(0, len(numbers) // BLOCK - 1) * BLOCK  # moves rarely, so that a known state mostly goes on
        numbers, gaps = numbers[first:], gaps_before(times)[first:]
        network = self.network
        state = self._state(np.column_stack([numbers, buckets(gaps), opens_session(gaps)]))  # (d,)
        wanted = network["out.weight"] @ state + network["out.bias"]  # (d,)
        logits = network["items.weight"] @ wanted  # (N,)
        logits += network["bias"]  # in place here and below: of a million items, each copy counts
        return logits, self.ease.scores(numbers, len(self.item_ids))

    def _state(self, events: Integers) -> Floats:
        """The GRU's state after events, each an item, a gap and whether it opens a session. Shapes: (T, 3) -> (d,)."""
        read, state = self._states.longest_known(events)
        if state is None:
            state = np.zeros(self.network["out.weight"].shape[1], dtype=np.float32)
        if read < len(events):
            state = self._read(state, events[read:])
            self._states.remember(events, state)
        return state

    def _read(self, state: Floats, events: Integers) -> Floats:
        """Read events into the state. Shapes: (d,), (T, 3) -> (d,)."""
        network, width = self.network, len(state)
        numbers, gaps, starts = events.T
        inputs = network["items.weight"][numbers] + network["gaps.weight"][gaps] + network["starts.weight"][starts]
        from_events = inputs @ network["gru.weight_ih_l0"].T + network["gru.bias_ih_l0"]  # (T, 3d): reset, update, new
        kernel, bias = network["gru.weight_hh_l0"], network["gru.bias_hh_l0"]  # (3d, d), (3d,)
        for for_gates, for_new in zip(from_events[:, : 2 * width], from_events[:, 2 * width :], strict=True):
            from_state = kernel @ state + bias  # (3d,)
            gates = sigmoid(for_gates + from_state[: 2 * width])  # (2d,): reset, update
            new = np.tanh(for_new + gates[:width] * from_state[2 * width :])
            state = new + gates[width:] * (state - new)
        return state

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        arrays: dict[str, Array] = {NETWORK + name: array for name, array in self.network.items()}
        weights = self.ease.weights.astype(np.float16)
        arrays |= {"counts": self.counts, "ease.items": self.ease.items, "ease.weights": weights}
        description = {"recipe": "aws-hrnn", "item_ids": self.item_ids, "ease_share": self.ease_share}
        files.write(folder, description, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> RecurrentModel:
        """The model that was written."""
        network = {name.removeprefix(NETWORK): array for name, array in arrays.items() if name.startswith(NETWORK)}
        ease = Ease(arrays["ease.items"], arrays["ease.weights"].astype(np.float32))
        return cls(description["item_ids"], network, arrays["counts"], ease, description["ease_share"])


def blend(recurrent: Floats, linear: Floats, share: float) -> Floats:
    """The network's logits with a share of the linear scores, which are brought to the logits' spread first."""
    of_linear = spread(linear) if share else 0.0
    if of_linear == 0:
        return recurrent
    mixed: Floats = linear * np.float32(share * spread(recurrent) / of_linear)
    mixed += np.float32(1 - share) * recurrent
    return mixed


def spread(values: Floats) -> float:
    """The standard deviation, in two passes over the values."""
    mean = float(values.mean())
    return math.sqrt(max(float(values @ values) / len(values) - mean * mean, 0.0))


def softmax(logits: Floats) -> Floats:
    """Probabilities in proportion to exp(logits)."""
    powers: Floats = logits - logits.max()
    np.exp(powers, out=powers)
    powers /= powers.sum()
    return powers


def sigmoid(values: Floats) -> Floats:
    """The logistic function, in a form that cannot overflow."""
    shares: Floats = 0.5 + 0.5 * np.tanh(0.5 * values)
    return shares
