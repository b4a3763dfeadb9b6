"""Items that nobody has met, and what the recipes with metadata make of them."""

from functools import cache

import numpy as np
import pytest

from personalize_local.engine import recipes
from personalize_local.engine.coldstart import ColdStart
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Event, Log

KINDS, OF_KIND, USERS, LENGTH, START, DAY = 4, 15, 120, 20, 1_500_000_000, 86_400
NEW = [f"new{kind}" for kind in range(KINDS)]
SMALL = {"hidden_dimension": "32", "bptt": "16"}


@pytest.fixture(scope="module")
def tastes():
    """Every user likes one kind of items and takes any of that; four new items, one of each kind, nobody has taken."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(USERS), LENGTH)
    items = np.concatenate([rng.choice(OF_KIND, LENGTH, replace=True) * KINDS + user % KINDS for user in range(USERS)])
    times = START + np.tile(600 * np.arange(LENGTH), USERS)
    log = Log(np.array([f"u{user}" for user in users], object), np.array([f"i{item}" for item in items], object), times)
    ids = [*(f"i{item}" for item in range(KINDS * OF_KIND)), *NEW]
    kinds = [*(f"kind{item % KINDS}" for item in range(KINDS * OF_KIND)), *(f"kind{kind}" for kind in range(KINDS))]
    born = [START - 100 * DAY] * (KINDS * OF_KIND) + [START] * KINDS
    columns = {"KIND": np.array(kinds, object), "CREATION_TIMESTAMP": np.array(born, object)}
    return log, Catalogue(np.array(ids, object), columns)


@pytest.fixture(scope="module")
def trained(tastes):
    """The model of a recipe."""
    return cache(lambda recipe: recipes.train(recipe, *tastes, SMALL, passes=5).model)


def scores_of(model, user):
    """The scores by item for a user of a kind."""
    history = [Event(f"i{KINDS * number + user}", START + 600.0 * number) for number in range(6)]
    return dict(zip(model.item_ids, model.scores(history, START + 4_000.0).tolist(), strict=True))


@pytest.mark.parametrize("recipe", ["aws-hrnn-metadata", "aws-hrnn-coldstart"])
@pytest.mark.parametrize("user", range(KINDS))
def test_a_new_item_goes_to_those_who_like_its_kind(trained, recipe, user):
    scores = scores_of(trained(recipe), user)
    assert max(NEW, key=scores.__getitem__) == f"new{user}"
    assert scores[f"new{user}"] > 2 * max(scores[new] for new in NEW if new != f"new{user}")


def test_without_metadata_new_items_cannot_be_told_apart(trained):
    right = [max(NEW, key=scores_of(trained("aws-hrnn"), user).__getitem__) == f"new{user}" for user in range(KINDS)]
    assert sum(right) < KINDS


def test_only_coldstart_lets_a_new_item_stand_beside_known_ones(trained):
    places = {}
    for recipe in ("aws-hrnn-metadata", "aws-hrnn-coldstart"):
        scores = scores_of(trained(recipe), 0)
        places[recipe] = sorted(scores, key=scores.__getitem__, reverse=True).index("new0")
    assert places["aws-hrnn-coldstart"] < OF_KIND + 1 < places["aws-hrnn-metadata"] + OF_KIND


@pytest.mark.parametrize(
    ("settings", "cold"),
    [
        (ColdStart(), {"fresh", "rare"}),
        (ColdStart(max_interactions=1), {"fresh"}),
        (ColdStart(max_duration=0.5), {"fresh"}),
        (ColdStart(max_interactions=100, max_duration=1000), {"fresh", "rare", "known", "old"}),
        (ColdStart(from_now=True), set()),
    ],
)
def test_the_parameters_say_what_is_cold(settings, cold):
    log = Log(
        np.array(["u"] * 45, object),
        np.array(["known"] * 40 + ["rare"] * 4 + ["old"], object),
        START + np.arange(45),
    )
    births = {"fresh": START, "rare": START - DAY, "known": START - DAY, "old": START - 100 * DAY}
    catalogue = Catalogue(
        np.array(list(births), object), {"CREATION_TIMESTAMP": np.array(list(births.values()), object)}
    )
    histories = Histories.of(log, catalogue)
    counts = np.bincount(histories.items, minlength=len(histories.item_ids))
    found = settings.items(histories, counts)
    assert {item for item, is_cold in zip(histories.item_ids, found, strict=True) if is_cold} == cold
