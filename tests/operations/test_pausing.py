"""What is not used is paused, and comes back as it was."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from operations.functions.pausing import Pauser
from operations.functions.serving import described
from operations.functions.telling import Teller

from .test_scaling import Bus

DAY = 86_400


@pytest.fixture
def bus():
    return Bus()


@pytest.fixture
def campaign(bench):
    arn = bench.campaign(bench.version(bench.solution(bench.group().arn)))
    personalize = boto3.client("personalize")
    personalize.update_campaign(
        campaignArn=arn, minProvisionedTPS=3, campaignConfig={"enableMetadataWithRecommendations": True}
    )
    personalize.tag_resource(resourceArn=arn, tags=[{"tagKey": "team", "tagValue": "discovery"}])
    bench.wait()
    return arn


@pytest.fixture
def pauser(cloud):
    return Pauser(boto3.client("personalize"), boto3.client("s3"), "data")


@pytest.fixture
def pause_idle(pauser, clock, bus):
    def run(arn, days=7):
        return pauser.pause_idle(
            {"it": {"arn": arn, "idle_days": days}},
            boto3.client("cloudwatch"),
            Teller(bus, "bus", "films-dev"),
            lambda: datetime.fromtimestamp(clock.now(), UTC),
        )["it"]

    return run


def ask(arn, clock):
    dimension = {"Name": "CampaignArn", "Value": arn}
    moment = datetime.fromtimestamp(clock.now(), UTC)
    datum = {"MetricName": "GetRecommendations", "Dimensions": [dimension], "Value": 1.0, "Timestamp": moment}
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/Personalize", MetricData=[datum])


def campaigns():
    return [summary["campaignArn"] for summary in boto3.client("personalize").list_campaigns()["campaigns"]]


def test_a_campaign_that_nobody_asks_is_paused_and_told(campaign, pause_idle, clock, bus):
    clock.advance(5 * DAY)
    ask(campaign, clock)
    clock.advance(5 * DAY)
    assert pause_idle(campaign) == "in use"
    clock.advance(4 * DAY)
    assert pause_idle(campaign) == "paused: no request for 7 days"
    clock.advance(DAY)
    assert campaigns() == []
    assert pause_idle(campaign) == "paused"
    ((what, detail),) = bus.told()
    assert (what, detail["severity"], detail["arn"]) == ("Idle, so paused", "problem", campaign)
    assert detail["summary"].endswith("to have it back: personalize scale resume it")


def test_a_new_campaign_is_not_idle_yet(campaign, pause_idle, clock):
    clock.advance(2 * DAY)
    assert pause_idle(campaign) == "in use"


def test_a_paused_campaign_comes_back_as_it_was_under_its_arn(campaign, pauser, pause_idle, clock):
    personalize = boto3.client("personalize")
    before = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    clock.advance(8 * DAY)
    pause_idle(campaign)
    clock.advance(DAY)
    assert pauser.resume(campaign)
    clock.advance(3_600)
    after = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    changing = {"creationDateTime", "lastUpdatedDateTime", "latestCampaignUpdate"}
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    assert personalize.list_tags_for_resource(resourceArn=campaign)["tags"] == [
        {"tagKey": "team", "tagValue": "discovery"}
    ]
    assert pauser.record(campaign) is None
    assert not pauser.resume(campaign)


def test_one_that_follows_the_latest_version_goes_on_following(bench, pauser, clock):
    solution = bench.solution(bench.group().arn)
    bench.version(solution)
    personalize = boto3.client("personalize")
    arn = personalize.create_campaign(
        name="latest",
        solutionVersionArn=f"{solution}/$LATEST",
        campaignConfig={"syncWithLatestSolutionVersion": True},
    )["campaignArn"]
    clock.advance(3_600)

    pauser.pause(described(personalize, arn))
    assert pauser.record(arn)["solutionVersionArn"] == f"{solution}/$LATEST"


def test_what_a_deploy_has_made_again_is_left_as_it_is(campaign, pauser, pause_idle, clock):
    clock.advance(8 * DAY)
    pause_idle(campaign)
    clock.advance(DAY)
    record = json.loads(
        boto3.client("s3").get_object(Bucket="data", Key="operations/paused/popular.json")["Body"].read()
    )
    boto3.client("personalize").create_campaign(name="popular", solutionVersionArn=record["solutionVersionArn"])
    assert pauser.resume(campaign)
    assert boto3.client("personalize").describe_campaign(campaignArn=campaign)["campaign"]["minProvisionedTPS"] == 1
    assert pauser.record(campaign) is None


def test_a_recommender_is_stopped_and_started(bench, pauser):
    arn = bench.recommender(bench.group(domain="VIDEO_ON_DEMAND").arn)
    personalize = boto3.client("personalize")
    pauser.pause(described(personalize, arn))
    bench.wait()
    assert personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"] == "INACTIVE"
    assert pauser.resume(arn)
    bench.wait()
    assert personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"] == "ACTIVE"
    assert not pauser.resume(arn)


def test_nothing_is_deleted_whose_record_cannot_be_written(campaign, clock):
    pauser = Pauser(boto3.client("personalize"), boto3.client("s3"), "no-such-bucket")

    with pytest.raises(boto3.client("s3").exceptions.NoSuchBucket):
        pauser.pause(described(boto3.client("personalize"), campaign))
    assert campaigns() == [campaign]
