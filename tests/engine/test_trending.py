"""What trends at the end of a log."""

import numpy as np
import pytest

from personalize_local.engine import recipes
from personalize_local.engine.log import Log
from personalize_local.engine.trending import accuracy

HOUR = 3600


@pytest.fixture(scope="module")
def news():
    """ "old" is taken all the time, "new" in the last two hours only, "past" before them only."""
    times = np.arange(0, 40 * HOUR, 60)
    ages = times.max() - times
    items = np.where(np.arange(len(times)) % 2, "old", np.where(ages < 2 * HOUR, "new", "past"))
    users = np.array([f"u{number % 50}" for number in range(len(times))], object)
    return Log(users, items.astype(object), times + 1_500_000_000)


def order(model):
    return [model.item_ids[place] for place in np.argsort(-model.scores([], 0.0), kind="stable")]


def test_what_grew_in_the_last_interval_leads_and_what_shrank_comes_last(news):
    assert order(recipes.train("aws-trending-now", news, None, {}).model) == ["new", "old", "past"]


def test_the_interval_can_be_chosen(news):
    """Within half an hour, nothing has changed for two: then the more popular item leads."""
    shorter = {"trend_discovery_frequency": "30 minutes"}
    assert order(recipes.train("aws-trending-now", news, None, {}, featurization=shorter).model)[-1] == "new"


def test_a_saved_trend_answers_as_before(news, tmp_path):
    model = recipes.train("aws-trending-now", news, None, {}).model
    model.save(tmp_path / "model")
    assert order(recipes.load(tmp_path / "model")) == order(model)


def test_what_trends_is_compared_with_what_did():
    """Five items grow by 2, ten by 1; the list has the first of them and 24 that did not grow."""
    growth = np.array([2.0] * 5 + [1.0] * 10 + [0.0] * 10 + [-3.0] * 30, np.float32)
    scores = np.zeros(55, np.float32)
    scores[[0, *range(25, 49)]] = 1.0
    assert accuracy(scores, growth) == pytest.approx(2 / 20)
    assert accuracy(scores, np.zeros(55, np.float32)) == 0.0


def test_a_trend_that_goes_on_is_predicted_better_than_by_popularity():
    """An item an hour starts, and is taken more and more often for four hours."""
    rng = np.random.default_rng(0)
    times, items = [], []
    for start in range(40):
        for age in range(4):
            for _ in range(2 ** (age + 1)):
                times.append(1_500_000_000 + HOUR * (start + age) + int(rng.integers(HOUR)))
                items.append(f"i{start}")
    times, items = [*times, *rng.integers(1_500_000_000, max(times), 3000).tolist()], [*items, *["old"] * 3000]
    users = np.array([f"u{number % 50}" for number in range(len(times))], object)
    log = Log(users, np.array(items, object), np.array(times, np.int64))
    trained = recipes.train("aws-trending-now", log, None, {}, featurization={"trend_discovery_frequency": "1 hour"})
    assert trained.metrics["trend_prediction_accuracy"] > 0.3 > trained.floor["trend_prediction_accuracy"]
