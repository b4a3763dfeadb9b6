"""The linear part."""

import numpy as np
import pytest

from personalize_local.engine.ease import FADING, Ease
from personalize_local.engine.histories import Histories


@pytest.fixture
def ease(log_of):
    """Two tastes: users take a, b, c or x, y, z; only one took r."""
    return Ease.fit(Histories.of(log_of(["abc", "ab", "bca"] * 20 + ["xyz", "yz", "zx"] * 20 + ["ar"])))


def numbers(letters):
    return np.array(["abcrxyz".index(letter) for letter in letters], dtype=np.int64)


def best(scores):
    return {"abcrxyz"[item] for item in np.argsort(-scores)[:2]}


def test_an_item_speaks_for_those_taken_by_the_same_users(ease):
    assert best(ease.scores(numbers("a"), 7)) == {"b", "c"}
    assert best(ease.scores(numbers("z"), 7)) == {"x", "y"}


def test_an_event_fades_with_every_event_after_it(ease):
    alone, before = ease.scores(numbers("a"), 7), ease.scores(numbers("axz"), 7)
    assert before[numbers("b")] == pytest.approx(FADING**2 * alone[numbers("b")], rel=1e-2)


def test_rare_items_are_neither_scored_nor_heard(ease):
    assert ease.scores(numbers("a"), 7)[numbers("r")] == 0
    assert not ease.scores(numbers("r"), 7).any()


def test_a_log_of_rare_items_alone_gives_no_scores(log_of):
    assert not Ease.fit(Histories.of(log_of(["ab", "cd"]))).scores(np.array([0, 2]), 4).any()
