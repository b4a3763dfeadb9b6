"""The autoscaling policy: from the measured use to what is reserved next."""

from datetime import UTC, datetime, timedelta

import pytest

from operations.functions.policy import Policy, Window

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)


def decided(use, minimum, now=MONDAY, **policy):
    return Policy(**policy).decide(now, use, minimum).min_tps


def test_it_follows_the_use_in_both_directions():
    assert decided([50.0] * 60, 1, headroom=0.0) == 50
    assert decided([50.0] * 60, 90, headroom=0.1) == 56
    assert decided([0.0] * 60, 50) == 1


def test_it_looks_ahead_along_the_trend():
    growing = [10.0 + 0.2 * minute for minute in range(60)]  # of late 21.4, and six more in half an hour
    assert decided(growing, 1, headroom=0.0) == 28
    assert decided(growing, 1, headroom=0.5) == 42
    falling = [60.0 - 0.2 * minute for minute in range(60)]
    assert decided(falling, 100, cooldown_minutes=0, headroom=0.0) == 43


def test_use_that_varies_by_chance_gets_more_headroom():
    restless = [50.0 + (4.0 if minute % 2 else -4.0) for minute in range(60)]
    assert decided([50.0] * 60, 1) < decided(restless, 1) < 1.3 * 50


def test_a_metric_that_comes_every_five_minutes_only_is_no_surge():
    sparse = [50.0 if minute % 5 == 0 else 0.0 for minute in range(61)]
    assert 10 < decided(sparse, 1) <= 14
    assert decided(sparse, 13) == 13


def test_a_surge_is_answered_amply_at_once_and_nothing_is_lowered_meanwhile():
    steady = [50.0 + (0.5 if minute % 2 else -0.5) for minute in range(58)]
    assert decided([*steady, 60.0, 64.0], 55, max_tps=500) == 186
    assert decided([*steady, 60.0, 64.0], 300, max_tps=500) == 300
    assert decided([*steady, 50.5, 51.0], 55, max_tps=500) == 55
    assert decided([0.0] * 58 + [0.1, 0.1], 1) == 1


def test_it_is_lowered_only_once_use_was_lower_for_as_long_as_the_cooldown():
    peak = [60.0] * 40
    assert decided([*peak, *[20.0] * 15], 66, cooldown_minutes=30) > 50
    assert decided([*peak, *[20.0] * 60], 66, cooldown_minutes=20) == 22


def test_small_changes_are_not_worth_an_update():
    assert decided([100.0] * 60, 100, headroom=0.08, max_tps=200) == 100
    assert decided([100.0] * 60, 120, headroom=0.08, max_tps=200) == 120
    assert decided([100.0] * 60, 98, headroom=0.2, max_tps=200) == 120


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
    assert decided([70.0] * 12, 1, headroom=0.0, prewarm=(Window("00:00", "23:59", 40),)) == 70


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
    assert Policy().decide(MONDAY, [50.0] * 12, 54).reason == "it fits"
    assert Policy().decide(MONDAY, [*[10.0] * 40, 20.0, 20.0], 11).reason == "use surges to 20.0 TPS"
    assert Policy(max_tps=30).decide(MONDAY, [50.0] * 12, 11).is_limited
    assert not Policy(max_tps=30).decide(MONDAY, [*[10.0] * 40, 20.0, 20.0], 11).is_limited
    window = Window("12:10", "13:00", 90)
    assert "pre-warm window of 90 TPS" in Policy(prewarm=(window,)).decide(MONDAY, [50.0], 50).reason
