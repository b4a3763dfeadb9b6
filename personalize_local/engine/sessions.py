"""Sessions and gaps: when a user acted, as the recurrent network reads it.

In the form of Ma et al. 2020 the hierarchy of user and session lies in the input: each event tells the network how long
ago the one before it was and whether it opens a session. Only gaps between past events are used, so that an offline
request knows nothing about the time of its truth.
"""

import numpy as np

from personalize_local.engine.files import Array
from personalize_local.engine.log import Integers

NO_GAP = -1  # before a user's first event
SESSION_GAP_SECONDS = 30 * 60
GAP_BUCKETS = 22  # 0 is no gap, then powers of two of seconds; the last is from 12 days on


def gaps_before(times: Array) -> Array:
    """Seconds since the event before, for one user's events."""
    return np.concatenate([[NO_GAP], np.maximum(np.diff(times), 0)])


def buckets(gaps: Array) -> Integers:
    """The number of each gap's bucket."""
    powers = np.log2(1 + np.maximum(gaps, 0)).astype(np.int64)
    return np.where(gaps == NO_GAP, 0, np.minimum(1 + powers, GAP_BUCKETS - 1))


def opens_session(gaps: Array) -> Integers:
    """1 for each event that opens a session, else 0."""
    return np.where((gaps == NO_GAP) | (gaps > SESSION_GAP_SECONDS), 1, 0)
