"""New items among the recommended ones."""

import pytest

from personalize_local.service.profiles import AWS

from .conftest import ITEMS, START

DAY = 24 * 60 * 60
END = START + 50 * 50_000


@pytest.fixture(scope="module")
def explored(make_lab):
    """A service and a solution version: 12 films that everybody watches, 30 old and 8 new ones that nobody does."""
    lab = make_lab(profile=AWS)
    group = lab.filled_group()
    items = lab.dataset(group, "Items", {"ITEM_ID": "string", "CREATION_TIMESTAMP": "long"} | ITEMS)
    rows = [
        *((f"i{number}", END - 400 * DAY, "drama", 2000) for number in range(12)),
        *((f"old{number}", END - 90 * DAY, "drama", 2000) for number in range(30)),
        *((f"new{number}", END - DAY, "drama", 2001) for number in range(8)),
    ]
    fields = ["ITEM_ID", "CREATION_TIMESTAMP", "GENRES", "YEAR"]
    assert lab.import_file(items, lab.upload(rows, fields, "items.csv"), "items")["status"] == "ACTIVE"
    small = {"algorithmHyperParameters": {"hidden_dimension": "32"}}
    return lab, lab.version(lab.solution(group, "aws-user-personalization", solutionConfig=small))


def answers(explored, name, **config):
    """What five users get from a new campaign."""
    lab, version = explored
    campaign = lab.campaign(version, name, campaignConfig={"itemExplorationConfig": config})
    lists = [lab.recommended(campaign, userId=f"u{user}", numResults=10) for user in range(5)]
    assert lists == [lab.recommended(campaign, userId=f"u{user}", numResults=10) for user in range(5)]
    lab("DeleteCampaign", campaignArn=campaign)
    return [item for items in lists for item in items]


def test_without_weight_nothing_is_explored(explored):
    assert not [item for item in answers(explored, "none", explorationWeight="0") if not item.startswith("i")]


def test_by_default_some_places_go_to_new_items_and_none_to_old_ones(explored):
    given = answers(explored, "usual")
    assert 5 <= sum(item.startswith("new") for item in given) <= 25
    assert not [item for item in given if item.startswith("old")]


def test_the_more_weight_the_more_new_items(explored):
    new = [
        sum(
            item.startswith("new")
            for item in answers(explored, f"weight-{weight}".replace(".", "-"), explorationWeight=weight)
        )
        for weight in ("0", "0.1", "0.3", "1")
    ]
    assert new == sorted(new)
    assert new[0] == 0 < new[1] < new[-1]


def test_a_longer_cut_off_makes_more_items_new(explored):
    given = answers(explored, "long", explorationWeight="1", explorationItemAgeCutOff="100")
    assert {item.rstrip("0123456789") for item in given} == {"old", "new"}


def test_scores_still_fall(explored):
    lab, version = explored
    campaign = lab.campaign(version, "falling")
    scores = [item["score"] for item in lab("GetRecommendations", campaignArn=campaign, userId="u1")["itemList"]]
    assert scores == sorted(scores, reverse=True)
    shown = lab("DescribeCampaign", campaignArn=campaign)["campaign"]["campaignConfig"]["itemExplorationConfig"]
    assert shown == {"explorationWeight": "0.3", "explorationItemAgeCutOff": "30"}


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"explorationWeight": "2"}, "explorationWeight must be from 0 to 1 and explorationItemAgeCutOff positive, "),
        ({"explorationItemAgeCutOff": "soon"}, "itemExplorationConfig {"),
        ({"weight": "0.1"}, "itemExplorationConfig has no members [weight]; use explorationWeight, "),
    ],
)
def test_settings_out_of_range_are_refused(explored, config, problem):
    lab, version = explored
    request = {"name": "refused", "solutionVersionArn": version}
    code, message = lab.refusal("CreateCampaign", **request, campaignConfig={"itemExplorationConfig": config})
    assert (code, message[: len(problem)]) == ("InvalidInputException", problem)


def test_a_batch_job_explores_too(explored):
    lab, version = explored
    source = lab.upload([(f'{{"userId": "u{user}"}}',) for user in range(5)], [], "users.json")
    job = lab(
        "CreateBatchInferenceJob",
        jobName="batch",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": source}},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
        roleArn=lab.role,
    )
    lab.wait()
    shown = lab("DescribeBatchInferenceJob", **job)["batchInferenceJob"]
    assert shown["status"] == "ACTIVE", shown
    assert shown["batchInferenceJobConfig"]["itemExplorationConfig"]["explorationWeight"] == "0.3"
    assert b'"new' in lab.objects["bucket", "out/users.json.out"]
