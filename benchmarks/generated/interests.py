"""Users with two interests each, one a session: whether an event opens a session says which interest it shows.

Sessions of 2 to 9 clicks, nine times in ten of the other interest than the session before. The first click is what the
user came for; of the others, a third stray to the user's other interest. So a click of the other interest within a
session means little, and the same click at the start of a session means that the interest has changed.
"""

from __future__ import annotations

import numpy as np

from generated.draws import ids, places
from personalize_local.engine.log import Log

USERS, SESSIONS, TOPICS, OF_TOPIC = 3_000, 12, 25, 30
SHORTEST, MEAN = 2, 5.0
CHANGES, STRAYS, SKEW = 0.9, 0.35, 1.8
START, DAY, PAUSE = 1_600_000_000, 86_400, 60.0


def interests(seed: int = 0, users: int = USERS) -> Log:
    """The log; items t*OF_TOPIC … of topic t."""
    rng = np.random.default_rng(seed)
    pairs = np.argsort(rng.random((users, TOPICS)), axis=1)[:, :2]  # (U, 2)
    turned = rng.random((users, SESSIONS)) < CHANGES
    turned[:, 0] = rng.random(users) < 0.5
    which = np.cumsum(turned, axis=1) % 2  # (U, SESSIONS)
    lengths = np.minimum(SHORTEST + rng.geometric(1 / (MEAN - SHORTEST + 1), users * SESSIONS) - 1, 9)
    session = np.repeat(np.arange(users * SESSIONS), lengths)
    user, place = session // SESSIONS, places(lengths)
    strays = (rng.random(len(session)) < STRAYS) & (place > 0)
    topic = pairs[user, which.ravel()[session] ^ strays]
    item = topic * OF_TOPIC + (OF_TOPIC * rng.random(len(session)) ** SKEW).astype(np.int64)
    begins = (
        START
        + rng.integers(0, 30 * DAY, users)[:, None]
        + np.cumsum(rng.integers(DAY // 2, 3 * DAY, which.shape), axis=1)
    )
    times = begins.ravel()[session] + (PAUSE * place + rng.integers(0, int(PAUSE), len(session))).astype(np.int64)
    return Log(ids("u", users)[user], ids("i", TOPICS * OF_TOPIC)[item], times)
