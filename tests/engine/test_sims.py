"""Items that the same users took."""

import numpy as np
import pytest

from personalize_local.engine import recipes
from personalize_local.engine.log import Event, Log

EVERYONE = {"max_item_interaction_count_percentile": "1.0"}  # "bread" is as popular as an item can be


@pytest.fixture(scope="module")
def shopping():
    """60 users: everyone takes bread and milk or bread and tea, and many a thing of their own besides."""
    users, items = [], []
    for user in range(60):
        own = [f"thing{user * 17 + number}" for number in range(16)]
        for item in ["bread", "milk" if user % 2 else "tea", "butter" if user % 2 else "lemon", *own]:
            users.append(f"u{user}")
            items.append(item)
    times = np.arange(len(users), dtype=np.int64) + 1_500_000_000
    return Log(np.array(users, object), np.array(items, object), times, None, None)


def neighbours(model, item, count):
    scores = model.scores([Event(item, 1_500_000_000.0)], now=1_500_000_100.0)
    return [model.item_ids[place] for place in np.argsort(-scores, kind="stable")[:count]]


def test_items_taken_together_are_neighbours(shopping):
    model = recipes.train("aws-sims", shopping, None, {}, featurization=EVERYONE).model

    assert neighbours(model, "milk", 2) == ["butter", "bread"]
    assert neighbours(model, "tea", 2) == ["lemon", "bread"]
    assert not model.gives_scores


def test_pairs_that_too_few_users_took_do_not_count(shopping):
    model = recipes.train("aws-sims", shopping, None, {"min_cointeraction_count": "2"}, featurization=EVERYONE).model

    assert neighbours(model, "thing0", 1) == ["bread"]  # nothing but the popular ones


def test_an_unknown_item_has_popular_neighbours(shopping):
    model = recipes.train("aws-sims", shopping, None, {}, featurization=EVERYONE).model

    assert neighbours(model, "unheard of", 1) == ["bread"]


def test_a_saved_model_answers_as_before(shopping, tmp_path):
    model = recipes.train("aws-sims", shopping, None, {}, featurization=EVERYONE).model
    model.save(tmp_path / "model")

    assert neighbours(recipes.load(tmp_path / "model"), "milk", 5) == neighbours(model, "milk", 5)
