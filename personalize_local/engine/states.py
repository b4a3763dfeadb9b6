"""States of recurrent networks, remembered by what was read: a user's next events only go on from there."""

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

import numpy as np

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
        for count in range(len(events), max(0, len(events) - LOOKED_BACK - 1), -1):
            key = _key(events[:count])
            with self._lock:
                if key in self._states:
                    self._states.move_to_end(key)
                    return count, self._states[key]
        return 0, None

    def remember(self, events: Integers, state: Floats) -> None:
        """Keep the state after these events."""
        with self._lock:
            self._states[_key(events)] = state
            if len(self._states) > MOST_STATES:
                self._states.popitem(last=False)


def _key(events: Integers) -> bytes:
    return blake2b(np.ascontiguousarray(events).data, digest_size=16).digest()
