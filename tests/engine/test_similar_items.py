"""Items that the same users take and that are alike, and the users who will want an item."""

from dataclasses import replace

import numpy as np
import pytest

from personalize_local.engine import affinity, recipes
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Event, Log

WIDTHS = {"item_id_hidden_dim": "30", "item_metadata_hidden_dim": "30"}


@pytest.fixture(scope="module")
def crowds():
    """Three crowds of 40 users take ten films each of the 30 of their own kind; everyone takes one hit."""
    rng = np.random.default_rng(0)
    users, items = [], []
    for user in range(120):
        own = [f"film{user % 3}-{number}" for number in rng.permutation(30)[:10]]
        users += [f"u{user}"] * 11
        items += [*own[:5], "hit", *own[5:]]
    log = Log(np.array(users, object), np.array(items, object), np.arange(len(users)) + 1_500_000_000)
    films = sorted(set(items) - {"hit"})
    ids = [*films, "new0", "new1", "hit"]
    kinds = [f"kind{film[4]}" for film in films] + ["kind0", "kind1", "kind9"]
    return log, Catalogue(np.array(ids, object), {"GENRES": np.array(kinds, object)})


def order(model, item):
    scores = model.scores([Event(item, 1_500_000_000.0)], 1_500_000_100.0)
    return [model.item_ids[place] for place in np.argsort(-scores, kind="stable")]


def test_similar_items_are_of_the_same_crowd(crowds):
    log, _ = crowds
    model = recipes.train("aws-similar-items", log, None, WIDTHS).model
    similar = [item for item in order(model, "film1-3") if item not in {"hit", "film1-3"}][:10]
    assert {item[:5] for item in similar} == {"film1"}


def test_a_new_item_is_found_beside_those_it_is_like(crowds):
    model = recipes.train("aws-similar-items", *crowds, WIDTHS).model
    places = {item: order(model, "film1-3").index(item) for item in ("new0", "new1")}
    assert places["new1"] < 32 < places["new0"]


@pytest.mark.parametrize("item", ["unheard of", "new1"])
def test_beside_an_unknown_or_cold_item_the_popular_ones_are_answered(crowds, item):
    assert order(recipes.train("aws-similar-items", *crowds, WIDTHS).model, item)[0] == "hit"


def test_the_popularity_discount_moves_popular_items_back(crowds):
    def place(discount):
        chosen = WIDTHS | {"popularity_discount_factor": discount}
        return order(recipes.train("aws-similar-items", *crowds, chosen).model, "film1-3").index("hit")

    assert place("0.0") < place("1.0")


@pytest.mark.parametrize("name", WIDTHS)
def test_the_widths_are_those_of_the_vectors(crowds, name):
    """Of so few films, fewer directions would be enough: the widths show where features abound."""
    log, catalogue = crowds
    rng = np.random.default_rng(0)
    many = np.array(
        ["|".join(f"word{word}" for word in rng.integers(150, size=12)) for _ in catalogue.item_ids], object
    )
    catalogue = replace(catalogue, columns={"GENRES": many})
    narrow, wide = (
        recipes.train("aws-similar-items", log, catalogue, WIDTHS | {name: width}) for width in ("30", "60")
    )
    assert not np.allclose(*(one.model.related("film1-3") for one in (narrow, wide)))


def test_similar_items_are_saved_and_loaded(crowds, tmp_path):
    model = recipes.train("aws-similar-items", *crowds, WIDTHS).model
    model.save(tmp_path / "model")
    assert order(recipes.load(tmp_path / "model"), "film1-3") == order(model, "film1-3")


def test_the_users_of_a_segment_are_those_of_the_crowd(crowds):
    log, _ = crowds
    trained = recipes.train("aws-item-affinity", log, None, {"hidden_dimension": "32"})
    histories = Histories.of(log)
    scores = affinity.affinities(trained.model.related("film2-0"), histories)
    users = sorted(set(log.users.tolist()))
    assert {int(users[place][1:]) % 3 for place in np.argsort(-scores)[:30]} == {2}
    assert set(trained.metrics) == {"hits_at_1_percent", "recall_at_1_percent"}
