"""Metrics: the worked example of the service's guide, and the edges."""

import numpy as np
import pytest

from personalize_local.engine.affinity import segment_metrics
from personalize_local.engine.metrics import (
    below,
    ndcg,
    of_request,
    precision,
    reciprocal_rank,
    reward_share,
    weighted_ndcg,
)


def hits(*positions, length=5):
    return np.isin(np.arange(1, length + 1), positions)


def test_the_worked_example_of_the_guide_gives_its_figures():
    assert reciprocal_rank(hits(2, 5)) == 0.5
    assert ndcg(hits(2, 5), relevant=2) == pytest.approx(0.6241, abs=5e-5)
    assert precision(hits(2, 5)) == 0.4


def test_a_list_without_a_hit_is_worth_nothing():
    assert (reciprocal_rank(hits()), ndcg(hits(), relevant=3), precision(hits())) == (0.0, 0.0, 0.0)


def test_relevant_items_can_be_worth_more_or_less():
    equal = np.where(hits(2, 5), 1.0, 0.0)
    assert weighted_ndcg(equal, np.ones(2)) == pytest.approx(ndcg(hits(2, 5), relevant=2))
    worth = np.array([0.5, 1.5])
    assert weighted_ndcg(np.array([1.5, 0.5, 0.0]), worth) == pytest.approx(1)
    assert weighted_ndcg(np.array([0.5, 1.5, 0.0]), worth) < 1
    assert weighted_ndcg(np.zeros(3), np.zeros(2)) == 0.0


def test_the_ideal_list_has_gain_one_however_many_items_are_relevant():
    assert ndcg(hits(1, 2), relevant=2) == pytest.approx(1)
    assert ndcg(hits(1, 2, 3, 4, 5), relevant=50) == pytest.approx(1)


def test_a_request_is_measured_under_the_names_of_the_service():
    assert of_request(hits(2, 5, length=25), 2) == {
        "mean_reciprocal_rank_at_25": 0.5,
        "normalized_discounted_cumulative_gain_at_5": pytest.approx(0.6241, abs=5e-5),
        "normalized_discounted_cumulative_gain_at_10": pytest.approx(0.6241, abs=5e-5),
        "normalized_discounted_cumulative_gain_at_25": pytest.approx(0.6241, abs=5e-5),
        "precision_at_5": pytest.approx(0.4),
        "precision_at_10": pytest.approx(0.2),
        "precision_at_25": pytest.approx(0.08),
    }


def test_the_reward_of_a_list_is_that_of_its_top_beside_all_of_it():
    """One item taken at the second place for 6, one at the 30th for 2: three quarters are earned at the top."""
    rewards = np.zeros(500)
    rewards[[1, 29]] = 6.0, 2.0
    assert reward_share(rewards) == 0.75
    assert reward_share(np.zeros(500)) is None


def test_segments_are_measured_by_the_users_found_and_their_share():
    """Three of four predicted users took the first item, which five took; none of those predicted took the second."""
    predicted, takers = [np.array([1, 2, 3, 4])] * 2, [np.array([2, 3, 4, 8, 9]), np.array([7])]
    assert segment_metrics(predicted, takers) == {"hits_at_1_percent": 1.5, "recall_at_1_percent": pytest.approx(0.3)}


def test_a_model_is_below_the_floor_where_a_metric_of_accuracy_is():
    found = {"coverage": 0.1, "precision_at_5": 0.2, "precision_at_10": 0.1}
    floor = {"coverage": 0.5, "precision_at_5": 0.1, "precision_at_10": 0.15}
    assert below(found, floor) == {"precision_at_10": (0.1, 0.15)}
