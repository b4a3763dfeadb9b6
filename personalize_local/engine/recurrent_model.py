"""The recipe aws-hrnn as it is served: what `training.py` learned, run in numpy, so that torch is never loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from personalize_local.engine import files
from personalize_local.engine.ease import Ease
from personalize_local.engine.files import Array
from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.log import Event, Floats, Integers, Profile, User
from personalize_local.engine.model import Model
from personalize_local.engine.preference import Preference, Scored
from personalize_local.engine.sessions import buckets, gaps_before, opens_session
from personalize_local.engine.shortlist import Shortlist, Shortlisted
from personalize_local.engine.states import States

NETWORK, SHORTLIST = "network.", "shortlist."
SHORTLIST_FROM = 30_000  # items; the scores of fewer are computed in less than half a millisecond
Known = tuple[Integers, Array]  # the numbers and times of a user's events with known items, oldest first
BLOCK = 100  # events; of a history, the last whole block and what follows it are read: older ones have faded


class RecurrentModel(Model):
    """Scores items by the probability that the user takes them next.

    Args:
        network: The parameters of `Hrnn`, under its names.
        counts: Interactions of each item, shape (N,): the answer to users without a history.
        ease: The linear part.
        ease_share: What the linear part has to say, from 0 to 1.
        shortlist: Finds the best items of a large catalogue.
    """

    gives_scores: ClassVar[bool] = True

    def __init__(
        self,
        item_ids: Sequence[str],
        network: Mapping[str, Floats],
        counts: Floats,
        ease: Ease,
        ease_share: float = 0.0,
        *,
        shortlist: Shortlist | None = None,
    ) -> None:
        self.item_ids = ItemIds.of(item_ids)
        self.network = network
        self.counts = counts
        self.ease = ease
        self.ease_share = ease_share
        self.shortlist = shortlist
        self._states = States()

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The probability of each item to be the next one; how popular it is for a user without known events."""
        known = self._known(history)
        return self._probabilities(known) if known else self._popular.scores

    def preferences(self, users: Sequence[User], now: float) -> list[Preference]:
        """The same for several users at once; of a large catalogue, no more of it than is asked for."""
        known = [self._known(user.history) for user in users]
        events = [one for one in known if one]
        if len(events) > 1:
            self._read_together([_latest(*one) for one in events])
        found = map(self._preference, events)
        if len(events) > 1 and self.shortlist is None:
            logits = np.array([self.wanted(*one) for one in events]) @ self.network["items.weight"].T  # (B, N)
            logits += self.network["bias"]
            found = map(self._preference, events, logits)
        return [next(found) if one else self._popular for one in known]

    def parts(self, numbers: Integers, times: Array) -> tuple[Floats, Floats]:
        """The network's logits and the linear part's scores after a history. Shapes: (T,), (T,) -> (N,), (N,)."""
        logits = self.network["items.weight"] @ self.wanted(numbers, times)  # (N,)
        logits += self.network["bias"]  # in place here and below: of a million items, each copy counts
        return logits, self.ease.scores(numbers, len(self.item_ids))

    def wanted(self, numbers: Integers, times: Array) -> Floats:
        """What the items' vectors are compared with after a history. Shapes: (T,), (T,) -> (d,)."""
        wanted: Floats = self.network["out.weight"] @ self._state(_latest(numbers, times)) + self.network["out.bias"]
        return wanted

    def make_shortlist(self, histories: Sequence[Known]) -> None:
        """Have the best items found faster, if there are many and that works for users with such histories.

        Args:
            histories: The items and times of each; some fifty are enough.
        """
        if len(self.item_ids) >= SHORTLIST_FROM:
            vectors = np.column_stack([self.network["items.weight"], self.network["bias"]])
            users = np.array([np.append(self.wanted(*history), np.float32(1)) for history in histories])
            self.shortlist = Shortlist.of(vectors, self.ease.items, users)

    def _known(self, history: Sequence[Event]) -> Known | None:
        """What a history tells; None: nothing."""
        number = self.item_ids.number
        known = sorted(
            ((event.timestamp, item) for event in history if (item := number(event.item_id)) is not None),
            key=itemgetter(0),
        )
        if not known:
            return None
        times, numbers = zip(*known, strict=True)
        return np.array(numbers), np.array(times)

    @cached_property
    def _popular(self) -> Scored:
        return Scored(lambda: softmax(np.log(self.counts + 0.5)))

    def _probabilities(self, known: Known, logits: Floats | None = None) -> Floats:
        """Shapes: logits (N,), of the network, if they are there already -> (N,)."""
        if logits is None:
            logits = self.network["items.weight"] @ self.wanted(*known)
            logits += self.network["bias"]  # in place: of a million items, each copy counts
        if not self.ease_share:
            return softmax(logits)
        return softmax(blend(logits, self.ease.scores(known[0], len(logits)), self.ease_share))

    def _preference(self, known: Known, logits: Floats | None = None) -> Preference:
        if self.shortlist is None:
            return Scored(partial(self._probabilities, known, logits))
        user, told = np.append(self.wanted(*known), np.float32(1)), None
        if self.ease_share:
            told = self.ease.told(known[0])
            scale = scale_of_linear(self.shortlist.spread(user), spread(told, len(self.item_ids)), self.ease_share)
            user, told = (user * np.float32(1 - self.ease_share), told * scale) if scale else (user, None)
        return Shortlisted(self.shortlist, user, told)

    def _state(self, events: Integers) -> Floats:
        """The GRU's state after events, each an item, a gap and whether it opens a session. Shapes: (T, 3) -> (d,)."""
        read, state = self._states.longest_known(events)
        if state is None:
            state = self._nothing_read()
        if read < len(events):
            for inputs in self._inputs(events[read:]):
                state = self._next(state, inputs)
            self._states.remember(events, state)
        return state

    def _read_together(self, histories: Sequence[Integers]) -> None:
        """Read the events of many users, of whom one at a time would take longer. Shapes: (T, 3) each."""
        known = [(events, *self._states.longest_known(events)) for events in histories]
        unread = [(events, read, state) for events, read, state in known if read < len(events)]
        unread.sort(key=lambda one: one[1] - len(one[0]))  # most to read first
        if not unread:
            return
        states = np.array([self._nothing_read() if state is None else state for _, _, state in unread])  # (B, d)
        left = np.array([len(events) - read for events, read, _ in unread])
        for step in range(left[0]):
            going_on = int(np.searchsorted(-left, -step))  # (B',) have more events than that
            now = np.array([events[read + step] for events, read, _ in unread[:going_on]])  # (B', 3)
            states[:going_on] = self._next(states[:going_on], self._inputs(now))
        for (events, _, _), state in zip(unread, states, strict=True):
            self._states.remember(events, state.copy())

    def _nothing_read(self) -> Floats:
        return np.zeros(self.network["out.weight"].shape[1], dtype=np.float32)

    def _inputs(self, events: Integers) -> Floats:
        """What the GRU's gates get from events: reset, update, new. Shapes: (T, 3) -> (T, 3d)."""
        network = self.network
        numbers, gaps, starts = events.T
        inputs = network["items.weight"][numbers] + network["gaps.weight"][gaps] + network["starts.weight"][starts]
        gates: Floats = inputs @ network["gru.weight_ih_l0"].T + network["gru.bias_ih_l0"]
        return gates

    def _next(self, state: Floats, inputs: Floats) -> Floats:
        """The GRU's state after one more event. Shapes: (..., d), (..., 3d) -> (..., d)."""
        width = state.shape[-1]
        from_state = state @ self.network["gru.weight_hh_l0"].T + self.network["gru.bias_hh_l0"]  # (..., 3d)
        gates = sigmoid(inputs[..., : 2 * width] + from_state[..., : 2 * width])  # (..., 2d): reset, update
        new = np.tanh(inputs[..., 2 * width :] + gates[..., :width] * from_state[..., 2 * width :])
        after: Floats = new + gates[..., width:] * (state - new)
        return after

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        arrays: dict[str, Array] = {NETWORK + name: array for name, array in self.network.items()}
        weights = self.ease.weights.astype(np.float16)
        arrays |= {"counts": self.counts, "ease.items": self.ease.items, "ease.weights": weights}
        if self.shortlist:
            arrays |= {SHORTLIST + name: array for name, array in self.shortlist.arrays.items()}
        description = {"recipe": "aws-hrnn", "item_ids": self.item_ids, "ease_share": self.ease_share}
        files.write(folder, description, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> RecurrentModel:
        """The model that was written."""
        ease = Ease(arrays["ease.items"], arrays["ease.weights"].astype(np.float32))
        shortlist = _named(SHORTLIST, arrays)
        return cls(
            description["item_ids"],
            _named(NETWORK, arrays),
            arrays["counts"],
            ease,
            description["ease_share"],
            shortlist=Shortlist(**shortlist) if shortlist else None,
        )


def _latest(numbers: Integers, times: Array) -> Integers:
    """The events that are read, each an item, a gap and whether it opens a session. Shapes: (T,), (T,) -> (T', 3)."""
    first = max(0, len(numbers) // BLOCK - 1) * BLOCK  # moves rarely, so that a known state mostly goes on
    gaps = gaps_before(times)[first:]
    return np.column_stack([numbers[first:], buckets(gaps), opens_session(gaps)])


def _named(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def blend(recurrent: Floats, linear: Floats, share: float) -> Floats:
    """The network's logits with a share of the linear scores, which are brought to the logits' spread first."""
    scale = scale_of_linear(spread(recurrent), spread(linear), share) if share else 0.0
    if not scale:
        return recurrent
    mixed: Floats = linear * np.float32(scale)
    mixed += np.float32(1 - share) * recurrent
    return mixed


def scale_of_linear(of_recurrent: float, of_linear: float, share: float) -> float:
    """What linear scores are multiplied by in a blend, from the spreads of both."""
    return share * of_recurrent / of_linear if of_linear else 0.0


def spread(values: Floats, count: int | None = None) -> float:
    """The standard deviation, in two passes over the values.

    Args:
        count: How many there are, with those that are 0 and not given. Default: all are given.
    """
    count = count or len(values)
    mean = float(values.sum()) / count
    return math.sqrt(max(float(values @ values) / count - mean * mean, 0.0))


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
