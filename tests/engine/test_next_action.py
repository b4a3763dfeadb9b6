"""The next best action: what is learned from deeds, and how it is measured."""

import numpy as np
import pytest

from personalize_local.engine import recipes
from personalize_local.engine.log import Catalogue, Event, Log
from personalize_local.engine.metrics import action_metrics

DAY = 24 * 60 * 60
START = 1_600_000_000
CATALOGUE = Catalogue(np.array(["join", "subscribe"], object))


def deeds(rows):
    users, actions, types, days = zip(*rows, strict=True)
    times = (START + DAY * np.array(days)).astype(np.int64)
    return Log(np.array(users, object), np.array(actions, object), times, np.array(types, object))


@pytest.fixture(scope="module")
def tastes():
    """Of 400 users who are shown two actions every day for ten days, each takes one of them, mostly."""
    rng = np.random.default_rng(0)
    return deeds(
        [
            (f"u{user}", action, "TAKEN" if (rng.random() < 0.9) == (user % 2 == place) else "NOT_TAKEN", day)
            for user in range(400)
            for day in range(10)
            for place, action in enumerate(("join", "subscribe"))
        ]
    )


def train(log, days="14"):
    return recipes.train("aws-next-best-action", log, CATALOGUE, {"action_optimization_period": days})


def test_a_user_takes_what_they_took_before_and_that_is_measured(tastes):
    trained = train(tastes)
    history = [Event("join", START + DAY * day, "TAKEN") for day in range(3)]
    join, subscribe = trained.model.scores(history, START + 3 * DAY)
    assert join > 0.8 > subscribe
    assert trained.metrics["area_under_curve"] > 0.85 > trained.floor["area_under_curve"]
    assert trained.metrics.keys() == {"precision", "recall", "area_under_curve"}
    assert trained.notes == []


def test_the_longer_the_period_the_more_is_taken_within_it():
    """Everybody looks, is shown it again, and takes it 20 days later, one user in two."""
    rows = [
        (f"u{user}", "join", kind, day)
        for user in range(400)
        for kind, day in (("VIEWED", 0), ("NOT_TAKEN", 1), ("TAKEN" if user % 2 else "NOT_TAKEN", 20))
    ]
    short, long = (train(deeds(rows), days).model.scores([], START)[0] for days in ("7", "28"))
    assert long > short + 0.1


def test_a_loaded_model_answers_as_before(tastes, tmp_path):
    model, history = train(tastes).model, [Event("join", START, "TAKEN")]
    model.save(tmp_path / "model")
    assert np.array_equal(recipes.load(tmp_path / "model").scores(history, START), model.scores(history, START))


def test_predicted_outcomes_are_measured_as_documented():
    """Predicted at 0.5 and above: three, two of them right; taken: three. Of nine pairs, one ties."""
    probabilities = np.array([0.9, 0.7, 0.5, 0.4, 0.4, 0.1])
    outcomes = np.array([True, False, True, True, False, False])
    assert action_metrics(probabilities, outcomes, 0.5) == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "area_under_curve": pytest.approx((3 + 2 + 1.5) / 9),
    }
