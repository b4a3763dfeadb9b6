"""Users with two interests each, one a session: whether an event opens a session decides what comes next.

A session begins where the one before it ended, with a click of the same interest; nine times in ten it then turns to
the user's other interest and stays there, but for some strays. So the first click of a session looks as if the last one
went on, and means the opposite; only the time before it tells.
"""

from __future__ import annotations

import numpy as np

from generated.draws import ids, places
from personalize_local.engine.log import Log

USERS, SESSIONS, TOPICS, OF_TOPIC = 3_000, 12, 15, 30
SHORTEST, LONGEST, MEAN = 3, 7, 4.0
CHANGES, STRAYS, SKEW = 0.9, 0.2, 2.0
START, DAY, PAUSE = 1_600_000_000, 86_400, 60.0


def interests(seed: int = 0, users: int = USERS) -> Log:
    """The log; items t*OF_TOPIC … of topic t."""
    rng = np.random.default_rng(seed)
    pairs = np.argsort(rng.random((users, TOPICS)), axis=1)[:, :2]  # (U, 2)
    turned = rng.random((users, SESSIONS)) < CHANGES
    turned[:, 0] = rng.random(users) < 0.5
    which = np.cumsum(turned, axis=1) % 2  # (U, SESSIONS)
    lengths = np.minimum(SHORTEST + rng.geometric(1 / (MEAN - SHORTEST + 1), users * SESSIONS) - 1, LONGEST)
    session = np.repeat(np.arange(users * SESSIONS), lengths)
    user, place = session // SESSIONS, places(lengths)
    before = np.column_stack([which[:, 0], which[:, :-1]]).ravel()
    strays = rng.random(len(session)) < STRAYS
    topic = pairs[user, np.where(place == 0, before[session], which.ravel()[session] ^ strays)]
    item = topic * OF_TOPIC + (OF_TOPIC * rng.random(len(session)) ** SKEW).astype(np.int64)
    begins = (
        START
        + rng.integers(0, 30 * DAY, users)[:, None]
        + np.cumsum(rng.integers(DAY // 2, 3 * DAY, which.shape), axis=1)
    )
    times = begins.ravel()[session] + (PAUSE * place + rng.integers(0, int(PAUSE), len(session))).astype(np.int64)
    return Log(ids("u", users)[user], ids("i", TOPICS * OF_TOPIC)[item], times)
