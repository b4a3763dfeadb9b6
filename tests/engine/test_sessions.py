"""Gaps and sessions."""

import numpy as np

from personalize_local.engine.sessions import (
    GAP_BUCKETS,
    NO_GAP,
    UNKNOWN_GAP,
    bucket_until,
    buckets,
    gaps_before,
    opens_session,
)


def test_a_gap_is_the_time_since_the_event_before():
    assert gaps_before(np.array([100, 100, 160])).tolist() == [NO_GAP, 0, 60]


def test_buckets_are_powers_of_two_and_end_at_twelve_days():
    twelve_days = 2**20
    gaps = np.array([NO_GAP, 0, 1, 2, 3, 60, twelve_days, 100 * twelve_days])
    assert buckets(gaps).tolist() == [0, 1, 2, 2, 3, 6, GAP_BUCKETS - 1, GAP_BUCKETS - 1]


def test_the_first_event_and_one_after_more_than_half_an_hour_open_sessions():
    assert opens_session(np.array([NO_GAP, 0, 1800, 1801])).tolist() == [1, 0, 0, 1]


def test_a_request_that_is_not_later_than_the_last_event_comes_at_no_known_time():
    assert [bucket_until(100.0, now) for now in (50.0, 100.0)] == [UNKNOWN_GAP, UNKNOWN_GAP]
    assert bucket_until(100.0, 160.0) == buckets(np.array([60]))[0]
