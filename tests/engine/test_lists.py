"""The top of a list is that of the sorted catalogue."""

import numpy as np
import pytest

from personalize_local.engine.lists import descending


@pytest.mark.parametrize("size", [0, 1, 25, 500, 3000])
@pytest.mark.parametrize("levels", [2, 40, 10_000])
def test_the_best_come_first_and_equal_ones_in_their_order(size, levels):
    chance = np.random.default_rng(5)
    scores = chance.integers(0, levels, 2000).astype(np.float32)
    allowed = chance.random(2000) < 0.3

    places = descending(scores, size, allowed)

    by_score = np.argsort(-scores, kind="stable")
    assert places.tolist() == by_score[allowed[by_score]][:size].tolist()
    assert descending(scores, size).tolist() == by_score[:size].tolist()


def test_nothing_is_listed_of_nothing():
    assert descending(np.empty(0, dtype=np.float32), 5).tolist() == []
    assert descending(np.ones(4, dtype=np.float32), 5, np.full(4, False)).tolist() == []
