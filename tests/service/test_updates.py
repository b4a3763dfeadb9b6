"""What a model gets to know after its training: new items, changed metadata, and, for recommenders, new data."""

import json

import pytest

from personalize_local.service.profiles import AWS, INSTANT

from .conftest import ITEMS, USERS, small_log
from .test_recommenders import answered, domain_group, recommender

HOUR, DAY = 60 * 60, 24 * 60 * 60
SMALL = {"algorithmHyperParameters": {"hidden_dimension": "32"}}
ALWAYS = {"itemExplorationConfig": {"explorationWeight": "1"}}


@pytest.fixture
def explored(make_lab):
    """Makes a lab with a campaign that explores wherever it can, and its Items dataset."""

    def make(**settings):
        lab = make_lab(**settings)
        group = lab.filled_group()
        items = lab.dataset(group, "Items", ITEMS | {"CREATION_TIMESTAMP": "long"})
        rows = [(f"i{number}", "drama", 2000, 1_400_000_000) for number in range(12)]
        lab.import_file(items, lab.upload(rows, [*ITEMS, "CREATION_TIMESTAMP"]), "items")
        version = lab.version(lab.solution(group, "aws-user-personalization", solutionConfig=SMALL))
        return lab, group, items, lab.campaign(version, campaignConfig=ALWAYS)

    return make


def put(lab, items, item_id, genres="drama", born=1_700_000_000):
    properties = json.dumps({"genres": genres, "creationTimestamp": born})
    lab("PutItems", datasetArn=items, items=[{"itemId": item_id, "properties": properties}])


def test_a_new_item_is_explored_after_the_next_update(explored):
    lab, _, items, campaign = explored()
    put(lab, items, "new")
    put(lab, items, "ancient", born=1_400_000_000)
    assert "new" not in lab.recommended(campaign, userId="u1", numResults=10)
    lab.wait(2 * HOUR - 60)
    assert "new" not in lab.recommended(campaign, userId="u1", numResults=10)
    lab.wait(60)
    answer = lab("GetRecommendations", campaignArn=campaign, userId="u1", numResults=10)["itemList"]
    assert answer[-1] == {"itemId": "new", "score": 0.0}
    assert "ancient" not in lab.recommended(campaign, userId="u1", numResults=10)
    put(lab, items, "newer")
    assert "newer" not in lab.recommended(campaign, userId="u1", numResults=10)
    lab.wait(2 * HOUR)
    assert {"new", "newer"} <= set(lab.recommended(campaign, userId="u1", numResults=10))


def test_filters_see_changed_metadata_after_a_while(explored):
    lab, group, items, campaign = explored()
    expression = 'INCLUDE ItemID WHERE Items.GENRES IN ("comedy")'
    arn = lab("CreateFilter", name="comedy", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    lab.wait()
    assert lab.recommended(campaign, userId="u1", filterArn=arn) == []
    put(lab, items, "i3", "comedy")
    lab.wait(19 * 60)
    put(lab, items, "i4", "comedy")
    assert lab.recommended(campaign, userId="u1", filterArn=arn) == []
    lab.wait(60)
    assert "i3" in lab.recommended(campaign, userId="u1", filterArn=arn)
    lab.wait(20 * 60)
    assert set(lab.recommended(campaign, userId="u1", filterArn=arn)) == {"i3", "i4"}


@pytest.mark.parametrize(("profile", "lag"), [(AWS, 20 * 60), (INSTANT, 0)])
def test_filters_see_changed_users_after_a_while(explored, profile, lag):
    lab, group, _, campaign = explored(profile=profile)
    users = lab.dataset(group, "Users", USERS)
    expression = "INCLUDE ItemID WHERE Items.YEAR < 1990 IF CurrentUser.AGE > 17"
    arn = lab("CreateFilter", name="grown", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    request = {"userId": "u1", "filterArn": arn}

    def turns(age):
        lab("PutUsers", datasetArn=users, users=[{"userId": "u1", "properties": json.dumps({"age": age})}])

    lab.wait()
    turns(17)
    lab.wait()
    all_items = len(lab.recommended(campaign, **request))
    turns(18)
    if lag:
        lab.wait(lag - 1)
        assert len(lab.recommended(campaign, **request)) == all_items
        lab.wait(1)
    assert len(lab.recommended(campaign, **request)) != all_items


def test_where_nothing_takes_time_both_are_seen_at_once(explored):
    lab, group, items, campaign = explored(profile=INSTANT)
    expression = 'INCLUDE ItemID WHERE Items.GENRES IN ("comedy")'
    arn = lab("CreateFilter", name="comedy", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    put(lab, items, "new", "comedy")
    assert lab.recommended(campaign, userId="u1", filterArn=arn) == ["new"]
    put(lab, items, "i3", "comedy")
    assert set(lab.recommended(campaign, userId="u1", filterArn=arn)) == {"i3", "new"}


def test_a_campaign_that_explores_nothing_gets_no_new_items(explored):
    lab, group, items, _ = explored()
    popular = lab.campaign(lab.version(lab.solution(group, name="counted")), "counted")
    put(lab, items, "new")
    lab.wait(3 * HOUR)
    assert "new" not in lab.recommended(popular, userId="u1")


@pytest.fixture
def popular(lab):
    """A recommender of what is popular, and how new data makes i5 just that."""
    group = domain_group(lab)
    arn = recommender(lab, group)
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]

    def turn():
        rows = [(*row[:3], "Watch") for row in small_log()] + [
            (f"x{n}", "i5", 1_650_000_000 + n, "Watch") for n in range(50)
        ]
        assert lab.import_file(dataset["datasetArn"], lab.upload(rows), "turned")["status"] == "ACTIVE"

    return arn, turn


def test_a_recommender_trains_again_every_week(lab, popular):
    arn, turn = popular
    before = answered(lab, arn, userId="u1")
    turn()
    assert answered(lab, arn, userId="u1") == before
    lab.wait(6 * DAY)
    assert answered(lab, arn, userId="u1") == before
    lab.wait(DAY)
    answered(lab, arn, userId="u1")  # the request after which it begins
    assert answered(lab, arn, userId="u1")[0] == "i5" != before[0]


def test_a_recommender_that_rests_does_not_train(lab, popular):
    arn, turn = popular
    lab("StopRecommender", recommenderArn=arn)
    lab.wait()
    turn()
    trained = lab.measured("TrainingHours")
    lab.wait(8 * DAY)
    lab("DescribeRecommender", recommenderArn=arn)
    assert lab.measured("TrainingHours") == trained
    lab("StartRecommender", recommenderArn=arn)
    lab.wait()
    answered(lab, arn, userId="u1")
    assert answered(lab, arn, userId="u1")[0] == "i5"


def test_a_renewal_that_fails_leaves_the_old_model(lab, popular):
    arn, _ = popular
    before = answered(lab, arn, userId="u1")
    group = lab("DescribeRecommender", recommenderArn=arn)["recommender"]["datasetGroupArn"]
    users = lab.upload([[f"u{number}"] for number in range(45)], ["USER_ID"], "users.csv")
    source = {"dataSource": {"dataLocation": users}}
    lab("CreateDataDeletionJob", jobName="most", datasetGroupArn=group, roleArn=lab.role, **source)
    lab.wait(8 * DAY)
    answered(lab, arn, userId="u1")  # what is left is too little to train with
    assert answered(lab, arn, userId="u1") == before


@pytest.mark.parametrize(("frequency", "minutes"), [("30 minutes", 30), ("2 hours", 120), ("1 day", 24 * 60)])
def test_what_trends_is_looked_at_again_after_every_interval(make_lab, frequency, minutes):
    lab = make_lab(profile=INSTANT)
    group = lab.filled_group()
    chosen = {"featureTransformationParameters": {"trend_discovery_frequency": frequency}}
    campaign = lab.campaign(lab.version(lab.solution(group, "aws-trending-now", solutionConfig=chosen)))
    tracker = lab.tracker(group)
    lab.clock.advance(2 * DAY)
    before = lab.recommended(campaign, numResults=1)
    for number in range(30):
        event = {"eventType": "watch", "itemId": "i5", "sentAt": lab.clock.now()}
        lab("PutEvents", trackingId=tracker, userId=f"v{number}", sessionId="s", eventList=[event])
    lab.clock.advance(60 * minutes - 1)
    assert lab.recommended(campaign, numResults=1) == before != ["i5"]
    lab.clock.advance(1)
    assert lab.recommended(campaign, numResults=1) == ["i5"]
