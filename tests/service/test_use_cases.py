"""What each use case of the domains answers, on logs in which everyone can see what it should be.

Users of even numbers like the even things, the others the odd ones.
"""

import json
import random

import pytest

from personalize_local.service.profiles import AWS

from .conftest import START
from .test_recommenders import answered, domain_group, recommender

USERS, THINGS, HOUR = range(60), range(40), 3600
ITEMS = ("ITEM_ID", "GENRES", "CREATION_TIMESTAMP")


def shuffled(things, seed):
    return random.Random(seed).sample(list(things), len(things))


def liked(user):
    """The things to the taste of a user; the last five have not been taken yet by users below 10."""
    things = [thing for thing in THINGS if thing % 2 == user % 2]
    return shuffled(things[:-5] if user < 10 else things, user)


def taken(event_type):
    """Every user goes through what is to their taste, in an order of their own."""
    return [
        (f"u{user}", f"i{thing}", START + user * 10 * HOUR + 600 * place, event_type)
        for user in USERS
        for place, thing in enumerate(liked(user))
    ]


def evens(items):
    return [item for item in items if item[1:].isdecimal() and int(item[1:]) % 2 == 0]


@pytest.fixture(scope="module")
def films(make_lab):
    """A lab and a group with ITEMS: everyone saw "hit" long ago, "comet" is what most have seen lately."""
    lab, end = make_lab(profile=AWS), START + 700 * HOUR
    hit = [(f"u{user}", "hit", START + user * HOUR + again, "Watch") for user in USERS for again in range(3)]
    comet = [(f"u{user}", "comet", end - 60 * user, "Watch") for user in USERS[10:]]
    group = domain_group(lab, rows=[*taken("Watch"), *hit, *comet])
    genres = [(f"i{thing}", "even" if thing % 2 == 0 else "odd", START) for thing in THINGS]
    new = [("new-even", "even", end - HOUR), ("new-odd", "odd", end - HOUR)]
    domain_dataset(lab, group, [*genres, ("hit", "all", START), ("comet", "all", START), *new])
    return lab, group


def domain_dataset(lab, group, rows):
    fields = [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRES", "type": "string", "categorical": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ]
    schema = {"type": "record", "name": "Items", "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    arn = lab("CreateSchema", name="items", schema=json.dumps(schema | {"fields": fields}), domain="VIDEO_ON_DEMAND")
    dataset = lab("CreateDataset", name="items", schemaArn=arn["schemaArn"], datasetGroupArn=group, datasetType="Items")
    lab.wait()
    job = lab.import_file(dataset["datasetArn"], lab.upload(rows, ITEMS, "items.csv"), "items")
    assert job["status"] == "ACTIVE", job


@pytest.fixture(scope="module")
def shop(make_lab):
    """A lab and a group: users buy things to their taste, each with the one that is twenty further; but of the ten
    pairs there are, each user lacks one. "poster" is only looked at."""
    lab = make_lab(profile=AWS)
    looked_at = [(f"u{user}", "poster", START + user * HOUR + again, "View") for user in USERS for again in range(5)]
    bought = [
        (f"u{user}", f"i{thing}", START + 800 * HOUR + user * HOUR + 60 * place, "Purchase")
        for user in USERS
        for place, thing in enumerate(thing for first in pairs(user)[1:] for thing in (first, first + 20))
    ]
    return lab, domain_group(lab, "shop", domain="ECOMMERCE", rows=[*taken("View"), *looked_at, *bought])


def pairs(user):
    """The first things of the pairs to the taste of a user; the first pair is the one that they lack."""
    return shuffled(range(user % 2, 20, 2), user)


def test_most_popular_is_what_was_watched_most(films):
    lab, group = films
    popular = recommender(lab, group, "aws-vod-most-popular", "most-popular")
    assert answered(lab, popular, userId="u0", numResults=1) == ["hit"]


def test_trending_now_is_what_has_been_watched_lately(films):
    lab, group = films
    trending = recommender(lab, group, "aws-vod-trending-now", "trending")
    assert answered(lab, trending, numResults=1) == ["comet"]


def test_because_you_watched_shows_what_the_same_users_watched(films):
    lab, group = films
    because = recommender(lab, group, "aws-vod-because-you-watched-x", "because")
    for thing in (4, 5):
        found = answered(lab, because, itemId=f"i{thing}", userId="a stranger", numResults=10)
        assert len(evens(found)) == (10 if thing == 4 else 0), found


def test_more_like_this_finds_what_nobody_has_watched_yet_by_its_genre(films):
    lab, group = films
    more = recommender(lab, group, "aws-vod-more-like-x", "more-like")
    of_even = answered(lab, more, itemId="i4", userId="a stranger", numResults=20)
    of_odd = answered(lab, more, itemId="i5", userId="a stranger", numResults=20)
    assert (set(of_even) - set(of_odd)) == set(evens(of_even)) | {"new-even"}
    assert (set(of_odd) - set(of_even)) == set(of_odd) - set(evens(of_odd)) - {"hit", "comet"}
    assert "new-odd" in of_odd


def test_top_picks_are_to_the_taste_of_the_user_and_new_to_them(films):
    lab, group = films
    picks = recommender(lab, group, "aws-vod-top-picks", "picks", itemExplorationConfig={"explorationWeight": "0"})
    for user in (2, 3):
        untaken = {f"i{thing}" for thing in THINGS[30:] if thing % 2 == user % 2}
        assert set(answered(lab, picks, userId=f"u{user}", numResults=3)) <= untaken | {"comet"}


def test_most_viewed_and_best_sellers_count_different_events(shop):
    lab, group = shop
    viewed = recommender(lab, group, "aws-ecomm-popular-items-by-views", "viewed")
    sold = recommender(lab, group, "aws-ecomm-popular-items-by-purchases", "sold")
    assert answered(lab, viewed, userId="a stranger", numResults=1) == ["poster"]
    assert "poster" not in answered(lab, sold, userId="a stranger", numResults=40)


def test_bought_together_is_what_was_bought_with_it(shop):
    lab, group = shop
    together = recommender(lab, group, "aws-ecomm-frequently-bought-together", "together")
    first = [answered(lab, together, itemId=f"i{thing}", numResults=1) for thing in range(20)]
    assert first == [[f"i{thing + 20}"] for thing in range(20)]


def test_also_viewed_goes_by_views(shop):
    lab, group = shop
    also = recommender(lab, group, "aws-ecomm-customers-who-viewed-x-also-viewed", "also")
    found = answered(lab, also, itemId="i4", userId="a stranger", numResults=10)
    assert len(evens(found)) == 10, found


def test_recommended_for_you_is_what_a_user_of_that_taste_has_not_bought_yet(shop):
    lab, group = shop
    more = {"itemExplorationConfig": {"explorationWeight": "0"}}
    yours = recommender(lab, group, "aws-ecomm-recommended-for-you", "yours", **more)
    for user in (2, 3):
        lacking = pairs(user)[0]
        assert set(answered(lab, yours, userId=f"u{user}", numResults=2)) == {f"i{lacking}", f"i{lacking + 20}"}
