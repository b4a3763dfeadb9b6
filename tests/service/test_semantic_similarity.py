"""Items that are similar by their texts."""

import json

import pytest

from .conftest import small_log

RECIPE = "aws-semantic-similarity"
FILMS = [  # the identifiers of the small log, and two that nobody has seen
    ("i0", "Red Planet", "astronauts land on mars and fight for oxygen", 1_600_000_000),
    ("i1", "Lonely Mars", "astronauts stranded on mars grow potatoes", 1_500_000_000),
    ("i2", "Old Love", "a widow finds love in paris", 1_400_000_000),
    ("new-mars", "Mars Again", "astronauts return to mars", 1_650_000_000),
    ("new-love", "Late Love", "love in paris once more", 1_650_000_000),
]


def items_of(lab, group):
    """Import the films."""
    fields = [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "NAME", "type": "string", "itemName": True},
        {"name": "ABOUT", "type": ["null", "string"], "textual": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ]
    names = {"type": "record", "name": "Items", "namespace": "com.amazonaws.personalize.schema", "version": "1.0"}
    schema = lab("CreateSchema", name="films", schema=json.dumps(names | {"fields": fields}))["schemaArn"]
    created = lab("CreateDataset", name="films", schemaArn=schema, datasetGroupArn=group, datasetType="Items")
    lab.wait()
    location = lab.upload(FILMS, [field["name"] for field in fields], "films.csv")
    job = lab.import_file(created["datasetArn"], location, "films")
    assert job["status"] == "ACTIVE", job


@pytest.fixture
def version(lab):
    """A version without any interactions."""
    group = lab.group()
    items_of(lab, group)
    return lab.version(lab.solution(group, RECIPE, "alike", performIncrementalUpdate=True))


def test_items_with_the_same_rare_words_come_first_and_need_no_interactions(lab, version):
    campaign = lab.campaign(version)
    assert lab.recommended(campaign, itemId="i0", numResults=2) in (["i1", "new-mars"], ["new-mars", "i1"])
    assert lab.recommended(campaign, itemId="i2", numResults=1) == ["new-love"]
    shown = lab("DescribeCampaign", campaignArn=campaign)["campaign"]["campaignConfig"]
    assert shown["rankingInfluence"] == {"POPULARITY": 0.0, "FRESHNESS": 0.0}


def test_freshness_moves_new_items_up(lab, version):
    campaign = lab.campaign(version, campaignConfig={"rankingInfluence": {"FRESHNESS": 1.0}})
    assert lab.recommended(campaign, itemId="i0", numResults=1) == ["new-mars"]


def test_popularity_moves_popular_items_up(lab):
    watched = small_log(users=90, items=3)
    group = lab.filled_group(rows=[row for row in watched if row[1] != "i0" or row[0] < "u2"])
    items_of(lab, group)
    version = lab.version(lab.solution(group, RECIPE, "alike"))
    campaign = lab.campaign(version, campaignConfig={"rankingInfluence": {"POPULARITY": 1.0}})
    assert lab.recommended(campaign, itemId="new-mars", numResults=1) == ["i1"]


def test_there_must_be_texts_to_compare(lab):
    group = lab.filled_group()
    solution = lab.solution(group, RECIPE, "alike")
    assert lab.refusal("CreateSolutionVersion", solutionArn=solution) == (
        "InvalidInputException",
        f"Dataset group {group} has no Items dataset to train with.",
    )
    lab.dataset(group, "Items")
    assert lab.refusal("CreateSolutionVersion", solutionArn=solution) == (
        "InvalidInputException",
        "aws-semantic-similarity needs an Items dataset with a textual column and one with itemName.",
    )
