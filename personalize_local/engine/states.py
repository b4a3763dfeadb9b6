"""States of recurrent networks, remembered by what was read: a user's next events only go on from there."""

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.log import Floats, Integers

MOST_STATES = 20_000  # the latest; about 0.5 KB each
LOOKED_BACK = 50  # events: what a user may have done since the last answer


class States:
    """What a network's state was after reading events. Safe to use from several threads."""

    def __init__(self) -> None:
        self._states: OrderedDict[bytes, Floats] = OrderedDict()
        self._lock = Lock()

    def longest_known(self, events: Integers) -> tuple[int, Floats | None]:
        """How many of the events some known state has read, and that state. Shape: (T, columns)."""
        packed = _packed(events)
        for count in range(len(packed), max(0, len(packed) - LOOKED_BACK - 1), -1):
            key = _key(packed[:count])
            with self._lock:
                if key in self._states:
                    self._states.move_to_end(key)
                    return count, self._states[key]
        return 0, None

    def remember(self, events: Integers, state: Floats) -> None:
        """Keep the state after these events."""
        with self._lock:
            self._states[_key(_packed(events))] = state
            if len(self._states) > MOST_STATES:
                self._states.popitem(last=False)


def _packed(events: Integers) -> NDArray[np.int32]:
    """The same in half the bytes: that is half the time to hash them."""
    return np.ascontiguousarray(events, dtype=np.int32)


def _key(packed: NDArray[np.int32]) -> bytes:
    return blake2b(packed.data, digest_size=16).digest()
