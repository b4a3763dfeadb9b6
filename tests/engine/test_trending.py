"""What trends at the end of a log."""

import numpy as np
import pytest

from personalize_local.engine import recipes
from personalize_local.engine.log import Log

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
