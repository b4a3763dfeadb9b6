"""The linear part."""

import numpy as np
import pytest

from personalize_local.engine import linear
from personalize_local.engine.histories import Histories
from personalize_local.engine.linear import FADING_PAST, Linear


@pytest.fixture
def fitted(log_of):
    """Two tastes: users take a, b, c in this order, or x, y, z; only one took r."""
    return fit(log_of(["abc", "ab", "bc"] * 80 + ["xyz", "yz", "xy"] * 80 + ["ar"]))


def fit(log):
    return Linear.fit(Histories.of(log), np.random.default_rng(0))


def numbers(letters):
    return np.array(["abcrxyz".index(letter) for letter in letters], dtype=np.int64)


def test_an_item_speaks_for_those_that_follow_it(fitted):
    of_a = fitted.scores(numbers("a"), 7)
    assert np.argsort(-of_a)[:2].tolist() == numbers("bc").tolist()
    assert fitted.scores(numbers("y"), 7).argmax() == numbers("z")[0]
    assert abs(of_a[numbers("xyz")]).max() < 0.01 * of_a.max()


def test_order_matters(fitted):
    a, b = numbers("ab")
    assert fitted.scores(numbers("a"), 7)[b] > 10 * abs(fitted.scores(numbers("b"), 7)[a])


def test_an_event_fades_with_every_event_after_it(fitted):
    alone, before = fitted.scores(numbers("a"), 7), fitted.scores(numbers("axz"), 7)
    assert before[numbers("b")] == pytest.approx(FADING_PAST**2 * alone[numbers("b")], rel=1e-2)


def test_rare_items_are_neither_scored_nor_heard(fitted):
    assert fitted.scores(numbers("a"), 7)[numbers("r")] == 0
    assert not fitted.scores(numbers("r"), 7).any()


def test_a_log_of_rare_items_alone_gives_no_scores(log_of):
    assert not fit(log_of(["ab", "cd"])).scores(np.array([0, 2]), 4).any()


def test_of_many_rows_some_are_enough(fitted, log_of, monkeypatch):
    monkeypatch.setattr(linear, "MOST_ROWS", 500)
    monkeypatch.setattr(linear, "ROWS_AT_A_TIME", 70)
    some = fit(log_of(["abc", "ab", "bc"] * 80 + ["xyz", "yz", "xy"] * 80 + ["ar"]))
    assert some.scores(numbers("a"), 7).argmax() == fitted.scores(numbers("a"), 7).argmax()
