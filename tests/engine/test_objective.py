"""What items earn, beside what users want."""

from dataclasses import replace

import numpy as np
import pytest

from personalize_local.engine import recipes
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Event, User
from personalize_local.engine.objective import Objective, Rewarding
from personalize_local.engine.popularity import PopularityCount
from personalize_local.engine.run import Run


@pytest.fixture
def model(log_of):
    """Items a to e, taken 5 to 1 times."""
    return PopularityCount.fit(Histories.of(log_of(["aaaaabbbbcccdde"])))


@pytest.fixture
def prices():
    """The less an item is taken, the more it earns; of one nothing is known."""
    return Catalogue(np.array(["a", "b", "c", "e"], object), {"PRICE": np.array([1.0, 2.0, None, 400.0], object)})


def weighed(model, prices, sensitivity):
    objective = Objective("PRICE", sensitivity)
    return Rewarding(model, objective.factors(objective.rewards(model.item_ids, prices))).scores([], 0.0)


def test_the_more_sensitive_the_farther_up_is_what_earns_the_most(model, prices):
    shares = [weighed(model, prices, sensitivity)[4] for sensitivity in ("OFF", "LOW", "MEDIUM", "HIGH")]
    assert shares == sorted(set(shares))
    assert shares[0] == pytest.approx(1 / 15)
    assert shares[-1] > 0.19


def test_preferences_stay_probabilities_and_off_changes_nothing(model, prices):
    assert weighed(model, prices, "HIGH").sum() == pytest.approx(1)
    assert weighed(model, prices, "OFF") == pytest.approx(model.scores([], 0.0) / 15)


def test_a_column_that_no_item_has_changes_nothing(model, prices):
    objective = Objective("MARGIN", "HIGH")
    assert set(objective.factors(objective.rewards(model.item_ids, prices)).tolist()) == {1.0}


def test_the_context_of_a_request_counts_beside_what_items_earn(prices, log_of):
    """On the phone everyone takes a, on the television b."""
    rng = np.random.default_rng(0)
    log = log_of(["".join(rng.choice(list("ab"), 20)) for _ in range(30)])
    log = replace(log, contexts={"DEVICE": np.where(log.items == "a", "phone", "tv").astype(object)})
    settings = recipes.values_of("aws-hrnn", {"hidden_dimension": "32"}, {})
    model = recipes.RECIPES["aws-hrnn"].fit(Histories.of(log), settings, Run(passes=5))
    objective = Objective("PRICE", "LOW")
    rewarding = Rewarding(model, objective.factors(objective.rewards(model.item_ids, prices)))
    users = [User([Event("a", 1.0), Event("b", 2.0)], None, {"DEVICE": device}) for device in ("phone", "tv")]
    assert [model.item_ids[liked.best(1)[0]] for liked in rewarding.preferences(users, 3.0)] == ["a", "b"]
    for weighed_ones, plain in zip(rewarding.preferences(users, 3.0), model.preferences(users, 3.0), strict=True):
        both = np.arange(2)
        gained = weighed_ones.of(both) / plain.of(both)
        assert gained[1] > gained[0]  # b earns more
        assert weighed_ones.of(both).sum() == pytest.approx(1)


def test_what_was_saved_weighs_as_before(model, prices, tmp_path):
    objective = Objective("PRICE", "HIGH")
    rewarding = Rewarding(model, objective.factors(objective.rewards(model.item_ids, prices)))
    rewarding.save(tmp_path / "model")
    assert np.array_equal(recipes.load(tmp_path / "model").scores([], 0.0), rewarding.scores([], 0.0))


def test_a_model_that_is_worse_than_popularity_says_so(log_of):
    """Everyone takes the hits last, and what is popular is left out of the neighbourhoods."""
    rng = np.random.default_rng(0)
    log = log_of([[*(f"i{item}" for item in rng.permutation(300)[:30]), "hit1", "hit2"] for _ in range(60)])
    trained = recipes.train("aws-sims", log, None, {})
    (note,) = trained.notes
    assert note.startswith("popularity alone would do better: mean_reciprocal_rank_at_25 0.0")
    assert recipes.train("aws-popularity-count", log, None, {}).notes == []
