"""The recurrent network's reading of events, in numpy, so that serving needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from personalize_local.engine.files import Array
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.sessions import buckets, gaps_before, opens_session
from personalize_local.engine.states import States

BLOCK = 100  # events; of a history, the last whole block and what follows it are read: older ones have faded


def latest(numbers: Integers, types: Integers, times: Array, contexts: Integers) -> Integers:
    """The events to read: an item, a type, a gap, whether it opens a session, features of its moment.

    Shapes: (T,), contexts (T, K) -> (T', 4 + K).
    """
    first = max(0, len(numbers) // BLOCK - 1) * BLOCK  # moves rarely, so that a known state mostly goes on
    gaps = gaps_before(times)[first:]
    return np.column_stack([numbers[first:], types[first:], buckets(gaps), opens_session(gaps), contexts[first:]])


class Reader:
    """Reads events into the GRU's state, and keeps states: after one more event only that is read.

    Args:
        network: The parameters of `Hrnn`, under its names.
    """

    def __init__(self, network: Mapping[str, Floats]) -> None:
        self._network = network
        self._states = States()

    def state(self, events: Integers) -> Floats:
        """The state after events. Shapes: (T, 4 + K) -> (d,)."""
        read, state = self._states.longest_known(events)
        if state is None:
            state = self._nothing_read()
        if read < len(events):
            for inputs in self._inputs(events[read:]):
                state = self._next(state, inputs)
            self._states.remember(events, state)
        return state

    def read_together(self, histories: Sequence[Integers]) -> None:
        """Read the events of many users, of whom one at a time would take longer. Shapes: (T, 4 + K) each."""
        known = [(events, *self._states.longest_known(events)) for events in histories]
        unread = [(events, read, state) for events, read, state in known if read < len(events)]
        unread.sort(key=lambda one: one[1] - len(one[0]))  # most to read first
        if not unread:
            return
        states = np.array([self._nothing_read() if state is None else state for _, _, state in unread])  # (B, d)
        left = np.array([len(events) - read for events, read, _ in unread])
        for step in range(left[0]):
            going_on = int(np.searchsorted(-left, -step))  # (B',) have more events than that
            now = np.array([events[read + step] for events, read, _ in unread[:going_on]])  # (B', 4 + K)
            states[:going_on] = self._next(states[:going_on], self._inputs(now))
        for (events, _, _), state in zip(unread, states, strict=True):
            self._states.remember(events, state.copy())

    def _nothing_read(self) -> Floats:
        return np.zeros(self._network["gru.weight_hh_l0"].shape[1], dtype=np.float32)

    def _inputs(self, events: Integers) -> Floats:
        """What the GRU's gates get from events: reset, update, new. Shapes: (T, 4 + K) -> (T, 3d)."""
        network = self._network
        numbers, types, gaps, starts, *contexts = events.T
        inputs = network["items.weight"][numbers] + network["types.weight"][types]
        inputs = inputs + network["gaps.weight"][gaps] + network["starts.weight"][starts]
        for features in contexts:
            inputs += network["contexts.weight"][features]  # of those that are not there, nothing
        gates: Floats = inputs @ network["gru.weight_ih_l0"].T + network["gru.bias_ih_l0"]
        return gates

    def _next(self, state: Floats, inputs: Floats) -> Floats:
        """The GRU's state after one more event. Shapes: (..., d), (..., 3d) -> (..., d)."""
        width = state.shape[-1]
        from_state = state @ self._network["gru.weight_hh_l0"].T + self._network["gru.bias_hh_l0"]  # (..., 3d)
        gates = sigmoid(inputs[..., : 2 * width] + from_state[..., : 2 * width])  # (..., 2d): reset, update
        new = np.tanh(inputs[..., 2 * width :] + gates[..., :width] * from_state[..., 2 * width :])
        after: Floats = new + gates[..., width:] * (state - new)
        return after


def sigmoid(values: Floats) -> Floats:
    """The logistic function, in a form that cannot overflow."""
    shares: Floats = 0.5 + 0.5 * np.tanh(0.5 * values)
    return shares
