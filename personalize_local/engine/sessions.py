"""Sessions and gaps: when a user acted, as the recurrent network reads it.

In the form of Ma et al. 2020 the hierarchy of user and session lies in the input: each event tells the network how long
ago the one before it was and whether it opens a session. A request tells how long ago the last event was, if it comes
at a known time; an offline request does not, so that it knows nothing about the time of its truth.
"""

import numpy as np

from personalize_local.engine.files import Array
from personalize_local.engine.log import Integers

NO_GAP = -1  # before a user's first event
UNKNOWN_GAP = 0  # the bucket of no gap; also of one that is not known
SESSION_GAP_SECONDS = 30 * 60
GAP_BUCKETS = 22  # 0 is no gap, then powers of two of seconds; the last is from 12 days on


def gaps_before(times: Array) -> Array:
    """Seconds since the event before, for one user's events."""
    return np.concatenate([[NO_GAP], np.maximum(np.diff(times), 0)])


def buckets(gaps: Array) -> Integers:
    """The number of each gap's bucket."""
    powers = np.log2(1 + np.maximum(gaps, 0)).astype(np.int64)
    return np.where(gaps == NO_GAP, 0, np.minimum(1 + powers, GAP_BUCKETS - 1))


def bucket_until(last: float, now: float) -> int:
    """The bucket of the gap between the last event and a request; one that is not later comes at no known time."""
    return int(buckets(np.array([now - last]))[0]) if now > last else UNKNOWN_GAP


def opens_session(gaps: Array) -> Integers:
    """1 for each event that opens a session, else 0."""
    return np.where((gaps == NO_GAP) | (gaps > SESSION_GAP_SECONDS), 1, 0)
