"""Where the next session begins follows from the last one: from its last item, and from which way it went.

The items stand in a ring. A session goes some steps up or down it; the next one begins at a place that belongs to the
item it ended with, another place after going up than after going down. Going up from a to c and down from c to a
touches the same items, and all items are equally popular: nobody who does not know the order can tell what comes next.
"""

from __future__ import annotations

import numpy as np

from generated.draws import ids
from personalize_local.engine.log import Log

USERS, SESSIONS, STEPS, ITEMS = 1_500, 12, 4, 300
CHANCE = 0.1  # of the sessions begin anywhere
START, DAY, PAUSE = 1_600_000_000, 86_400, 40


def order(seed: int = 0, users: int = USERS) -> Log:
    """The log; every session has STEPS events."""
    rng = np.random.default_rng(seed)
    label = rng.permutation(ITEMS)  # so that neighbours in the ring are none by their number
    leads = np.stack([rng.permutation(ITEMS), rng.permutation(ITEMS)])  # after going down, after going up
    path = np.zeros((users, SESSIONS, STEPS), dtype=np.int64)
    place = rng.integers(0, ITEMS, users)
    for session in range(SESSIONS):
        up = rng.integers(0, 2, users)
        path[:, session] = (place[:, None] + np.arange(STEPS) * (2 * up - 1)[:, None]) % ITEMS
        anywhere = rng.random(users) < CHANCE
        place = np.where(anywhere, rng.integers(0, ITEMS, users), leads[up, path[:, session, -1]])
    begins = START + np.cumsum(rng.integers(DAY // 2, 3 * DAY, (users, SESSIONS)), axis=1)
    times = begins[:, :, None] + PAUSE * np.arange(STEPS)
    user = np.broadcast_to(np.arange(users)[:, None, None], path.shape)
    return Log(ids("u", users)[user.ravel()], ids("i", ITEMS)[label[path.ravel()]], times.ravel().astype(np.int64))
