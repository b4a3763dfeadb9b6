"""What puts cold items in order."""

import numpy as np
import pytest

from personalize_local.engine.content import USUAL, Choice, Content
from personalize_local.engine.features import Features
from personalize_local.engine.log import Catalogue

IDS = [f"i{number:02}" for number in range(40)]
COLD = np.arange(30, 40)


@pytest.fixture
def content():
    """Items of four kinds in turn; the last ten are cold, later ones promise to be more popular."""
    kinds = np.array([f"kind{number % 4}" for number in range(40)], object)
    features = Features.of(IDS, Catalogue(np.array(IDS, object), {"KIND": kinds}))
    return Content.of(features, COLD, np.log(np.arange(1, 11)))


def with_say(content, *say):
    return Content(content.numbers, content.weights, content.cold, content.popularity, np.array(say, np.float32))


def test_items_like_the_latest_ones_lead(content):
    scores = with_say(content, 0, 0, 1, 0).scores(np.array([0, 1, 1, 2, 2, 2]), np.zeros(10, np.float32))
    by_kind = {int(item) % 4: score for item, score in zip(COLD, scores.tolist(), strict=True)}
    assert by_kind[2] > by_kind[1] > by_kind[0] > by_kind[3] == 0


def test_what_users_took_decides_what_the_hints_have_to_say(content):
    rng = np.random.default_rng(0)
    personal = rng.normal(size=(200, 10)).astype(np.float32)
    history = np.array([0, 5, 9])
    by_network = [Choice(history, row, np.array([row.argmax()])) for row in personal]
    by_popularity = [Choice(history, row, np.array([9])) for row in personal]
    assert content.learned(by_network).say[0] > 2 * USUAL[0]
    assert content.learned(by_popularity).say[1] > 3 * USUAL[1]
    assert content.learned([]).say.tolist() == USUAL.tolist()


def test_cold_items_keep_their_mean_among_the_others(content):
    logits = np.random.default_rng(0).normal(size=40).astype(np.float32)
    placed, scores = logits.copy(), np.arange(10, dtype=np.float32)
    content.place(placed, scores)
    assert np.array_equal(placed[:30], logits[:30])
    assert placed[COLD].mean() == pytest.approx(logits[COLD].mean(), abs=1e-5)
    assert np.argsort(placed[COLD]).tolist() == list(range(10))
