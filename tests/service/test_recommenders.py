"""Recommenders: the use cases of domains."""

import json

import pytest

from .conftest import small_log

DOMAIN = "VIDEO_ON_DEMAND"
INTERACTIONS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long", "EVENT_TYPE": "string"}


def domain_group(lab, name="films", event_type="Watch", domain=DOMAIN, rows=None):
    """The ARN of a group of the domain, with interactions."""
    group = lab.group(name, domain=domain)
    fields = [{"name": field, "type": type_} for field, type_ in INTERACTIONS.items()]
    schema = {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "version": "1.0",
        "fields": fields,
    }
    arn = lab("CreateSchema", name=name, schema=json.dumps(schema), domain=domain)["schemaArn"]
    dataset = lab("CreateDataset", name=name, schemaArn=arn, datasetGroupArn=group, datasetType="Interactions")
    lab.wait()
    rows = rows or [(*row[:3], event_type) for row in small_log()]
    assert lab.import_file(dataset["datasetArn"], lab.upload(rows), f"{name}-import")["status"] == "ACTIVE"
    return group


def recommender(lab, group, recipe="aws-vod-most-popular", name="popular", **config):
    """The ARN of a new recommender whose training has ended."""
    more = {"recommenderConfig": config} if config else {}
    arn = lab("CreateRecommender", name=name, datasetGroupArn=group, recipeArn=recipe_arn(recipe), **more)
    lab.wait()
    return arn["recommenderArn"]


def recipe_arn(name):
    return f"arn:aws:personalize:::recipe/{name}"


def described(lab, arn):
    return lab("DescribeRecommender", recommenderArn=arn)["recommender"]


def answered(lab, arn, **request):
    return [item["itemId"] for item in lab("GetRecommendations", recommenderArn=arn, **request)["itemList"]]


def test_a_recommender_trains_and_then_answers(lab):
    group = domain_group(lab)
    created = lab.clock.now()
    arn = lab("CreateRecommender", name="popular", datasetGroupArn=group, recipeArn=recipe_arn("aws-vod-most-popular"))[
        "recommenderArn"
    ]
    assert arn == lab.arn("recommender/popular")
    assert described(lab, arn)["status"] == "CREATE PENDING"
    assert lab.refusal("GetRecommendations", recommenderArn=arn, userId="u1") == (
        "InvalidInputException",
        f"Recommender {arn} is in state CREATE PENDING; it must be ACTIVE.",
    )
    lab.wait()
    shown = described(lab, arn)
    assert 0 < shown.pop("modelMetrics")["coverage"] <= 1
    assert shown == {
        "name": "popular",
        "recommenderArn": arn,
        "datasetGroupArn": group,
        "recipeArn": recipe_arn("aws-vod-most-popular"),
        "recommenderConfig": {"minRecommendationRequestsPerSecond": 1, "enableMetadataWithRecommendations": False},
        "status": "ACTIVE",
        "creationDateTime": created,
        "lastUpdatedDateTime": created + 50 * 60,
    }
    assert len(answered(lab, arn, userId="u1", numResults=5)) == 5


def test_what_a_user_watched_is_left_out_by_itself(lab):
    group = domain_group(lab)
    watched = {f"i{item}" for item in range(12)}  # every user has watched all
    top_picks = recommender(lab, group, "aws-vod-top-picks", "top")
    assert answered(lab, top_picks, userId="u1") == []
    assert set(answered(lab, top_picks, userId="a stranger")) == watched


def test_related_items_need_the_item_and_leave_it_out(lab):
    group = domain_group(lab)
    arn = recommender(lab, group, "aws-vod-because-you-watched-x", "because")
    assert lab.refusal("GetRecommendations", recommenderArn=arn, userId="a stranger")[1] == (
        "itemId is required for aws-vod-because-you-watched-x, a recipe of type RELATED_ITEMS."
    )
    assert lab.refusal("GetRecommendations", recommenderArn=arn, itemId="i1")[0] == "InvalidInputException"
    assert set(answered(lab, arn, userId="a stranger", itemId="i1")) == {f"i{item}" for item in range(12)} - {"i1"}


def test_a_stopped_recommender_answers_nothing_until_it_is_started(lab):
    arn = recommender(lab, domain_group(lab))
    assert lab.refusal("StartRecommender", recommenderArn=arn)[0] == "ResourceInUseException"
    assert lab("StopRecommender", recommenderArn=arn) == {"recommenderArn": arn}
    states = [described(lab, arn)["status"]]
    for seconds in (20, 60):
        lab.wait(seconds)
        states.append(described(lab, arn)["status"])
    assert states == ["STOP PENDING", "STOP IN_PROGRESS", "INACTIVE"]
    assert "in state INACTIVE" in lab.refusal("GetRecommendations", recommenderArn=arn, userId="u1")[1]
    lab("StartRecommender", recommenderArn=arn)
    assert described(lab, arn)["status"] == "START PENDING"
    assert lab.refusal("DeleteRecommender", recommenderArn=arn)[0] == "ResourceInUseException"
    lab.wait()
    assert described(lab, arn)["status"] == "ACTIVE"


def test_a_stopped_recommender_can_be_updated_and_deleted(lab):
    arn = recommender(lab, domain_group(lab))
    lab("StopRecommender", recommenderArn=arn)
    lab.wait()
    lab("UpdateRecommender", recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 4})
    assert described(lab, arn)["latestRecommenderUpdate"]["status"] == "CREATE PENDING"
    lab.wait()
    shown = described(lab, arn)
    assert (shown["status"], shown["recommenderConfig"]["minRecommendationRequestsPerSecond"]) == ("INACTIVE", 4)
    lab("DeleteRecommender", recommenderArn=arn)
    assert described(lab, arn)["status"] == "DELETE PENDING"
    lab.wait()
    assert lab.refusal("DescribeRecommender", recommenderArn=arn)[0] == "ResourceNotFoundException"


def test_a_group_with_a_recommender_is_not_deleted(lab):
    group = domain_group(lab)
    arn = recommender(lab, group)
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    lab("DeleteDataset", datasetArn=dataset["datasetArn"])
    lab.wait()
    assert lab.refusal("DeleteDatasetGroup", datasetGroupArn=group) == (
        "ResourceInUseException",
        f"Resource Arn {group} cannot be deleted: {arn} needs it.",
    )


@pytest.mark.parametrize(
    ("recipe", "config", "problem"),
    [
        ("aws-hrnn", {}, "is not a use case of a domain"),
        ("aws-ecomm-recommended-for-you", {}, "is for the domain ECOMMERCE, not for VIDEO_ON_DEMAND"),
        ("aws-vod-more-like-x", {}, "has no ITEMS dataset, which aws-vod-more-like-x needs"),
        (
            "aws-vod-most-popular",
            {"itemExplorationConfig": {"explorationWeight": "0.1"}},
            "itemExplorationConfig is not supported by the recipe",
        ),
        (
            "aws-vod-most-popular",
            {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["DEVICE"]}}},
            "The INTERACTIONS dataset has no columns [DEVICE].",
        ),
        (
            "aws-vod-most-popular",
            {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE"]}}},
            "The column EVENT_TYPE cannot be excluded from training.",
        ),
    ],
)
def test_what_cannot_be_a_recommender_is_refused(lab, recipe, config, problem):
    request = {"name": "x", "datasetGroupArn": domain_group(lab), "recipeArn": recipe_arn(recipe)}
    code, message = lab.refusal("CreateRecommender", **request, recommenderConfig=config)
    assert code == "InvalidInputException"
    assert problem in message


def test_too_few_events_of_the_use_case_fail_the_training(lab):
    arn = recommender(lab, domain_group(lab, event_type="Click"))
    shown = described(lab, arn)
    assert (shown["status"], shown["failureReason"]) == (
        "CREATE FAILED",
        "Dataset has fewer than 1000 interactions after filtering by event type: Watch",
    )
    more = {"minRecommendationRequestsPerSecond": 2}
    assert lab.refusal("UpdateRecommender", recommenderArn=arn, recommenderConfig=more) == (
        "ResourceInUseException",
        f"Resource Arn {arn} cannot be updated in state CREATE FAILED.",
    )
    lab("DeleteRecommender", recommenderArn=arn)


def test_what_trends_needs_no_user(lab):
    arn = recommender(lab, domain_group(lab), "aws-vod-trending-now", "trending")
    assert len(answered(lab, arn, numResults=3)) == 3


def test_metrics_stay_while_a_recommender_rests(lab):
    arn = recommender(lab, domain_group(lab))
    lab("StopRecommender", recommenderArn=arn)
    assert "modelMetrics" in described(lab, arn)
    lab.wait()
    assert "modelMetrics" in described(lab, arn)
    lab("DeleteRecommender", recommenderArn=arn)
    assert "modelMetrics" not in described(lab, arn)


def test_five_recommenders_of_a_group_are_enough(lab):
    group = domain_group(lab)
    for number in range(5):
        recommender(lab, group, name=f"popular{number}")
    request = {"name": "more", "datasetGroupArn": group, "recipeArn": recipe_arn("aws-vod-most-popular")}
    assert lab.refusal("CreateRecommender", **request)[0] == "LimitExceededException"


def test_a_dataset_is_not_deleted_while_a_recommender_trains(lab):
    group = domain_group(lab)
    request = {"name": "popular", "datasetGroupArn": group, "recipeArn": recipe_arn("aws-vod-most-popular")}
    arn = lab("CreateRecommender", **request)["recommenderArn"]
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    assert lab.refusal("DeleteDataset", datasetArn=dataset["datasetArn"]) == (
        "ResourceInUseException",
        f"Resource Arn {dataset['datasetArn']} cannot be deleted: {arn} needs it.",
    )


def test_a_recommender_can_be_tagged(lab):
    arn = recommender(lab, domain_group(lab))
    lab("TagResource", resourceArn=arn, tags=[{"tagKey": "team", "tagValue": "films"}])
    assert lab("ListTagsForResource", resourceArn=arn)["tags"] == [{"tagKey": "team", "tagValue": "films"}]


def test_a_use_case_learns_from_its_own_events_only(lab):
    """Users of even numbers buy the even things, the others the odd ones; all of them view everything."""
    bought = [(f"u{user}", f"i{2 * (step % 15) + user % 2}", "Purchase") for user in range(60) for step in range(20)]
    viewed = [(f"u{user}", f"i{item}", "View") for user in range(60) for item in range(30)]
    rows = [(user, item, 1_600_000_000 + place, what) for place, (user, item, what) in enumerate(bought + viewed)]
    group = domain_group(lab, "shop", domain="ECOMMERCE", rows=rows)
    together = recommender(lab, group, "aws-ecomm-frequently-bought-together", "together")
    found = answered(lab, together, itemId="i4", numResults=10)
    assert {int(item[1:]) % 2 for item in found} == {0}
    sellers = recommender(lab, group, "aws-ecomm-popular-items-by-purchases", "sellers")
    assert set(answered(lab, sellers, userId="u1", numResults=10)) <= {f"i{item}" for item in range(10)}


def test_a_recommender_for_users_explores_as_it_is_told(lab):
    arn = recommender(
        lab, domain_group(lab), "aws-vod-top-picks", "top", itemExplorationConfig={"explorationWeight": "0"}
    )
    assert described(lab, arn)["recommenderConfig"]["itemExplorationConfig"] == {
        "explorationWeight": "0",
        "explorationItemAgeCutOff": "30",
    }
    changed = {"itemExplorationConfig": {"explorationWeight": "0.5"}}
    lab("UpdateRecommender", recommenderArn=arn, recommenderConfig=changed)
    lab.wait()
    shown = described(lab, arn)["recommenderConfig"]["itemExplorationConfig"]
    assert shown["explorationWeight"] == "0.5"
