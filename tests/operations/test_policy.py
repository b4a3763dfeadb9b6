"""The autoscaling policy: from the measured use to what is reserved next."""

from datetime import UTC, datetime, timedelta

import pytest

from operations.functions.policy import Policy, Window

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)


def decided(use, minimum, now=MONDAY, **policy):
    return Policy(**policy).decide(now, use, minimum).min_tps


def test_it_follows_the_use_in_both_directions():
    assert decided([50.0] * 12, 1) == 50
    assert decided([50.0] * 12, 90) == 50
    assert decided([0.0] * 12, 50) == 1


def test_while_use_grows_it_looks_ahead_and_adds_headroom():
    growing = [10.0 + period for period in range(12)]  # one more each period: five more until an update is in force
    assert decided(growing, 1, headroom=0.0) == 26
    assert decided(growing, 1, headroom=0.5) == 39


def test_while_use_falls_it_does_not_look_ahead():
    assert decided([60.0 - period for period in range(12)], 100, cooldown_minutes=0) == 49


def test_it_is_lowered_only_once_use_was_lower_for_as_long_as_the_cooldown():
    peak = [20.0] * 8 + [60.0]
    assert decided([*peak, *[20.0] * 4], 100, cooldown_minutes=20) > 60
    assert decided([*peak, *[20.0] * 9], 100, cooldown_minutes=20) == 20


def test_small_changes_are_not_worth_an_update():
    assert decided([104.0] * 12, 100) == 100
    assert decided([97.0] * 12, 100) == 100
    assert decided([106.0] * 12, 100, max_tps=200) == 106


def test_it_stays_within_its_limits():
    assert decided([500.0] * 12, 1, max_tps=80) == 80
    assert decided([0.0] * 12, 10, min_tps=5) == 5
    assert decided([], 1, min_tps=5) == 5
    assert decided([0.0] * 12, 200, max_tps=80, min_tps=80) == 80


@pytest.mark.parametrize(
    ("start", "end"),
    [("18:00", "20:00"), ("mon 18:00", "mon 20:00"), ("2026-11-02 18:00", "2026-11-02 20:00")],
)
def test_a_window_is_warmed_up_in_time_and_let_go_at_its_end(start, end):
    warm = [
        minute
        for minute in range(0, 24 * 60, 5)
        if decided([1.0] * 12, 1, MONDAY.replace(hour=0) + timedelta(minutes=minute), prewarm=(Window(start, end, 40),))
        == 40
    ]
    assert (warm[0], warm[-1]) == (18 * 60 - 20, 20 * 60 - 5)
    assert len(warm) == 140 // 5


def test_a_window_may_go_over_midnight_and_over_the_end_of_the_week():
    def is_warm(moment, window):
        return decided([1.0] * 12, 1, moment, prewarm=(window,)) == 40

    night, weekend = Window("22:00", "02:00", 40), Window("sat 12:00", "mon 08:00", 40)
    assert is_warm(datetime(2026, 11, 3, 1, tzinfo=UTC), night)
    assert not is_warm(datetime(2026, 11, 3, 3, tzinfo=UTC), night)
    assert is_warm(datetime(2026, 11, 2, 7, tzinfo=UTC), weekend)
    assert is_warm(datetime(2026, 11, 1, 7, tzinfo=UTC), weekend)
    assert not is_warm(datetime(2026, 11, 2, 9, tzinfo=UTC), weekend)


def test_the_use_may_ask_for_more_than_a_window():
    assert decided([70.0] * 12, 1, prewarm=(Window("00:00", "23:59", 40),)) == 70


@pytest.mark.parametrize("moment", ["25:00", "monday 18:00", "18", "2026-13-01 00:00"])
def test_a_malformed_time_says_what_is_allowed(moment):
    with pytest.raises(
        ValueError, match="times should be like '18:00', 'fri 18:00' or '2026-11-27 06:00', in UTC; not"
    ):
        Window(moment, moment, 1)


def test_a_window_begins_and_ends_with_times_of_one_kind_in_order():
    with pytest.raises(ValueError, match=r"of one kind, .*; not 'sun 18:00' and '18:00'"):
        Window("sun 18:00", "18:00", 40)
    with pytest.raises(ValueError, match="end after it begins; not '2026-11-02 20:00' to '2026-11-02 18:00'"):
        Window("2026-11-02 20:00", "2026-11-02 18:00", 40)


def test_a_decision_says_why():
    assert Policy().decide(MONDAY, [50.0] * 12, 1).reason == "the use is 50.0 TPS"
    assert Policy().decide(MONDAY, [50.0] * 12, 50).reason == "it fits"
    window = Window("12:10", "13:00", 90)
    assert "pre-warm window of 90 TPS" in Policy(prewarm=(window,)).decide(MONDAY, [50.0], 50).reason
