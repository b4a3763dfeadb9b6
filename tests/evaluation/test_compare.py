"""Models side by side: the same users for all, and how much the figures hang on which users were drawn."""

import numpy as np
import pytest

from personalize_local.engine.errors import TooLittleData
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Log
from personalize_local.evaluation import contenders
from personalize_local.evaluation.compare import Contender, Split, bootstrap, compare

NDCG = "normalized_discounted_cumulative_gain_at_10"
USERS, LENGTH, ITEMS = 120, 30, 40


@pytest.fixture(scope="module")
def split():
    """All items are equally popular, and 21i + 3 comes after item i, one time in eight any item."""
    rng = np.random.default_rng(0)
    walks = [rng.integers(ITEMS, size=USERS)]
    while len(walks) < LENGTH:
        jumps = rng.random(USERS) < 1 / 8
        walks.append(np.where(jumps, rng.integers(ITEMS, size=USERS), (21 * walks[-1] + 3) % ITEMS))
    items = np.array([f"i{item}" for item in np.stack(walks, axis=1).ravel()], object)
    users = np.repeat(np.array([f"u{user}" for user in range(USERS)], object), LENGTH)
    times = np.tile(1_500_000_000 + 60 * np.arange(LENGTH), USERS)
    return Split.of(Histories.of(Log(users, items, times)))


@pytest.fixture(scope="module")
def results(split):
    chosen = [*contenders.baselines(), contenders.of_recipe("mine", "aws-hrnn", {"hidden_dimension": "32"}, {})]
    return {result.contender.name: result for result in compare(chosen, split)}


def test_a_tenth_of_the_users_is_asked_about_and_learned_from_by_nobody(split):
    assert (len(split.train), len(split.test)) == (108, 12)
    assert split.repeats


def test_where_order_is_all_the_network_is_ahead_of_what_knows_none(results):
    for rival in ("random", "popularity", "item-kNN"):
        gain = results["mine"].gain_over(results[rival], NDCG)
        assert gain.low > 0
        assert gain.mean == pytest.approx(results["mine"].estimate(NDCG).mean - results[rival].estimate(NDCG).mean)


def test_a_result_has_all_metrics_of_all_test_users_and_what_the_training_took(results):
    mine = results["mine"]
    assert mine.evaluation.by_request.keys() == results["random"].evaluation.by_request.keys()
    assert {len(values) for values in mine.evaluation.by_request.values()} == {12}
    assert 0 < mine.evaluation.coverage <= 1
    assert mine.seconds > 0
    assert mine.cpu_seconds > 0


def test_a_model_is_not_ahead_of_itself(results):
    gain = results["popularity"].gain_over(results["popularity"], NDCG)
    assert (gain.low, gain.mean, gain.high) == (0, 0, 0)


def test_what_cannot_be_trained_tells_why_and_keeps_nobody_else_from_it(split):
    def fail(histories, run):
        raise TooLittleData("Dataset has fewer than 1000 interactions.")

    wrong = contenders.of_recipe("wrong", "aws-hrnn", {"hidden_dimension": "7"}, {})
    failed, refused, random = compare([Contender("small", fail), wrong, contenders.baselines()[0]], split)
    assert failed.problem == "Dataset has fewer than 1000 interactions."
    assert "hidden_dimension" in refused.problem
    assert random.problem is None


def test_every_recipe_that_is_offered_can_take_part(split):
    assert {"aws-hrnn", "aws-user-personalization-v2", "aws-popularity-count", "aws-sims"} <= set(contenders.names())
    quick = [name for name in contenders.names() if name in {"aws-popularity-count", "aws-sims", "aws-trending-now"}]
    results = list(compare([contenders.of_recipe(name, name, {}, {}) for name in quick], split))
    assert [result.problem for result in results] == [None] * 3


def test_the_interval_is_that_of_the_mean():
    values = np.random.default_rng(1).normal(5.0, 2.0, size=400)
    found = bootstrap(values)
    error = values.std() / np.sqrt(len(values))
    assert found.mean == values.mean()
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
