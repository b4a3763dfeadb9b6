"""Training a recipe as the service does: the whole way from a log to a model with metrics."""

from dataclasses import replace

import numpy as np
import pytest

from personalize_local.engine import files, recipes
from personalize_local.engine.errors import (
    TooLittleData,
    TooManyEventTypes,
    UnknownRecipe,
    UnreadableModel,
    UnusableHyperparameter,
)
from personalize_local.engine.log import Catalogue, Event, Log


@pytest.fixture(scope="module")
def hrnn(chain_log):
    return recipes.train("aws-hrnn", chain_log, None, {"hidden_dimension": "32", "bptt": "16"})


@pytest.fixture(scope="module")
def popularity(chain_log):
    return recipes.train("aws-popularity-count", chain_log, None, {})


@pytest.mark.parametrize(
    "metric", ["mean_reciprocal_rank_at_25", "normalized_discounted_cumulative_gain_at_5", "precision_at_5"]
)
def test_where_order_matters_the_network_is_far_better_than_popularity(hrnn, popularity, metric):
    assert hrnn.metrics[metric] > 2 * popularity.metrics[metric]


def test_both_recipes_answer_the_metrics_of_the_service(hrnn, popularity):
    per_length = ("normalized_discounted_cumulative_gain", "precision")
    names = {f"{name}_at_{length}" for name in per_length for length in (5, 10, 25)}
    assert hrnn.metrics.keys() == popularity.metrics.keys() == {"coverage", "mean_reciprocal_rank_at_25", *names}
    assert all(0 <= value <= 1 for value in hrnn.metrics.values())


def test_the_best_item_follows_from_the_last_event(hrnn):
    """For half of the 40 items at least, where chance has one.

    A small network on a small log confuses some: 1 to 10, which and how many hangs on the last digits of the
    processor's sums as much as on the seed.
    """
    model, right = hrnn.model, 0
    for place in range(40):
        walk = [place]
        while len(walk) < 10:
            walk.append((7 * walk[-1] + 3) % 40)
        history = [Event(f"item{item}", 1_500_000_000.0 + 60 * step) for step, item in enumerate(walk)]
        best = model.item_ids[int(model.scores(history, now=1_500_000_600.0).argmax())]
        right += best == f"item{(7 * walk[-1] + 3) % 40}"
    assert right >= 20


def test_new_users_get_what_is_popular_and_events_make_answers_personal(hrnn, popularity):
    """How far an answer is from the popular one, and how likely it makes what comes next, over 40 users."""
    model, popular = hrnn.model, hrnn.model.scores([], now=0.0)
    counts = popularity.model.scores([], now=0.0)
    assert counts[np.argsort(-popular)[:5]].min() > np.median(counts)
    distances, hits = {}, {}
    for events in (0, 1, 8):
        found = []
        for place in range(40):
            walk = [place]
            while len(walk) <= events:
                walk.append((7 * walk[-1] + 3) % 40)
            history = [Event(f"item{item}", 1_500_000_000.0 + 60 * step) for step, item in enumerate(walk[:events])]
            scores = model.scores(history, now=1_500_000_000.0 + 60 * events)
            found.append((np.abs(scores - popular).sum(), scores[model.item_ids.index(f"item{walk[events]}")]))
        distances[events], hits[events] = np.mean(found, axis=0)
    assert distances[0] == 0 < distances[1]
    assert hits[0] < hits[1] / 2 < hits[8]


def test_an_event_changes_the_answer_within_one_request(hrnn):
    history = [Event("item1", 1_500_000_000.0)]
    before = hrnn.model.scores(history, now=1_500_000_030.0)
    after = hrnn.model.scores([*history, Event("item22", 1_500_000_020.0)], now=1_500_000_030.0)
    follower = hrnn.model.item_ids.index(f"item{(7 * 22 + 3) % 40}")
    assert after[follower] > 5 * before[follower]


def test_popularity_counts_every_interaction(popularity, chain_log):
    model = popularity.model
    counts = dict(zip(*np.unique(chain_log.items.astype(str), return_counts=True), strict=True))
    assert dict(zip(model.item_ids, model.scores([], now=0.0), strict=True)) == counts
    assert not model.gives_scores


def test_items_of_the_catalogue_alone_are_known_and_never_ahead_of_others(chain_log):
    catalogue = Catalogue(np.array(["unheard of"], object))
    model = recipes.train("aws-popularity-count", chain_log, catalogue, {}).model
    assert model.scores([], now=0.0)[model.item_ids.index("unheard of")] == 0


def test_an_unknown_recipe_is_refused_with_those_that_can_be_trained(chain_log):
    text = "the recipe aws-unheard-of cannot be trained here; use one of aws-hrnn, aws-hrnn-coldstart, "
    with pytest.raises(UnknownRecipe, match=text):
        recipes.train("aws-unheard-of", chain_log, None, {})


def test_a_hyperparameter_of_another_recipe_is_refused_in_the_words_of_the_service(chain_log):
    text = "Provide a hyperparameter that is used in the algorithm: arn:aws:personalize:::algorithm/aws-hrnn"
    with pytest.raises(UnusableHyperparameter, match=text):
        recipes.train("aws-hrnn", chain_log, None, {"item_id_hidden_dim": "100"})


def test_a_setting_of_another_featurization_is_refused(chain_log):
    text = "feature transformation: arn:aws:personalize:::feature-transformation/aws-popularity-count"
    featurization = {"max_user_history_length_percentile": "0.9"}
    with pytest.raises(UnusableHyperparameter, match=text):
        recipes.train("aws-popularity-count", chain_log, None, {}, featurization=featurization)


@pytest.mark.parametrize("value", ["-0.1", "1.1", "most", "nan"])
def test_a_percentile_out_of_range_is_refused(chain_log, value):
    with pytest.raises(UnusableHyperparameter, match="allowed a number from 0 to 1"):
        recipes.train("aws-hrnn", chain_log, None, {}, featurization={"max_user_history_length_percentile": value})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("hidden_dimension", "31", "a whole number from 32 to 256"),
        ("hidden_dimension", "257", "a whole number from 32 to 256"),
        ("hidden_dimension", "wide", "a whole number from 32 to 256"),
        ("bptt", "33", "a whole number from 2 to 32"),
        ("bptt", "2.5", "a whole number from 2 to 32"),
        ("recency_mask", "yes", r"one of \[True, False, true, false\]"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(chain_log, name, value, allowed):
    with pytest.raises(UnusableHyperparameter, match=f"{name}: given {value}, allowed {allowed}"):
        recipes.train("aws-hrnn", chain_log, None, {name: value})


def log_of_lengths(lengths):
    users = np.repeat([f"user{number}" for number in range(len(lengths))], lengths).astype(object)
    items = np.array([f"item{number % 7}" for number in range(len(users))], object)
    return Log(users, items, np.arange(len(users)))


@pytest.mark.parametrize(
    ("lengths", "text"),
    [
        ([37] * 27, "Dataset has fewer than 1000 interactions."),
        ([50] * 24 + [1] * 10, "Dataset has fewer than 25 users with at least 2 interactions each."),
        ([2] * 25 + [1] * 2500, "Dataset has fewer than 1% of users with at least 2 interactions each."),
    ],
)
def test_too_little_data_is_refused_in_the_words_of_the_service(lengths, text):
    with pytest.raises(TooLittleData, match=text):
        recipes.train("aws-popularity-count", log_of_lengths(lengths), None, {})


def test_a_log_with_too_many_event_types_is_refused():
    log = log_of_lengths([40] * 30)
    kinds = np.array([f"kind{number % 11}" for number in range(len(log))], object)
    with pytest.raises(TooManyEventTypes, match="Dataset has more than 10 event types: 11"):
        recipes.train("aws-popularity-count", replace(log, event_types=kinds), None, {})
    assert recipes.train(
        "aws-popularity-count", replace(log, event_types=np.where(kinds == "kind10", None, kinds)), None, {}
    )


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(UnreadableModel, match=r"there is no model in .*nowhere: .*model.json is missing"):
        recipes.load(tmp_path / "nowhere")


@pytest.mark.parametrize("file", [files.ARRAYS, files.DESCRIPTION])
def test_a_cut_off_file_is_a_damaged_model(popularity, tmp_path, file):
    popularity.model.save(tmp_path / "model")
    path = tmp_path / "model" / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableModel, match="damaged"):
        recipes.load(tmp_path / "model")


def test_a_model_of_another_recipe_is_damaged(tmp_path):
    files.write(tmp_path / "model", {"recipe": "aws-hrnn", "item_ids": []}, {})
    with pytest.raises(UnreadableModel, match="damaged"):
        recipes.load(tmp_path / "model")
