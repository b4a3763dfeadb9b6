"""Minimums that follow the use: the service with the durations of AWS, its CloudWatch, and days that pass at once."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest

from operations.functions.scaling import Scaler
from operations.functions.telling import Teller

MINUTE, LOOKS_EVERY = 60, 5


class Bus:
    """Takes events, as EventBridge does."""

    def __init__(self):
        self.entries = []

    def put_events(self, Entries):  # noqa: N803 - boto3's names
        self.entries += Entries
        return {"FailedEntryCount": 0}

    def told(self):
        return [(entry["DetailType"], json.loads(entry["Detail"])) for entry in self.entries]


@pytest.fixture
def bus():
    return Bus()


@pytest.fixture
def scaler(cloud, clock, bus):
    def now():
        return datetime.fromtimestamp(clock.now(), UTC)

    clock.advance(-clock.now() % 60 + 30)  # half a minute after a minute's end
    return Scaler(
        boto3.client("personalize"), boto3.client("cloudwatch"), Teller(bus, "bus", "films-dev"), "films-dev", now
    )


@pytest.fixture
def campaign(bench):
    return bench.campaign(bench.version(bench.solution(bench.group().arn)))


@pytest.fixture
def serve(clock, scaler):
    """Lets time pass in which so many requests a second come, and scales every five minutes, for the tests' time a
    fifth as often as deployed; returns the minimums."""

    def run(target, tps, minutes, **policy):
        found = []
        dimension = {"Name": f"{target.split(':')[5].split('/')[0].capitalize()}Arn", "Value": target}
        for _ in range(minutes // LOOKS_EVERY):
            data = [
                {
                    "MetricName": "GetRecommendations",
                    "Dimensions": [dimension],
                    "Value": tps * 60.0,
                    "Timestamp": datetime.fromtimestamp(clock.now() + minute * MINUTE, UTC),
                }
                for minute in range(LOOKS_EVERY)
            ]
            boto3.client("cloudwatch").put_metric_data(Namespace="AWS/Personalize", MetricData=data)
            clock.advance(LOOKS_EVERY * MINUTE)
            scaler.scale({"popular": {"arn": target, "policy": policy}})
            found.append(minimum_of(target))
        return found

    return run


def minimum_of(arn):
    personalize = boto3.client("personalize")
    if ":recommender/" in arn:
        recommender = personalize.describe_recommender(recommenderArn=arn)["recommender"]
        return recommender["recommenderConfig"]["minRecommendationRequestsPerSecond"]
    return personalize.describe_campaign(campaignArn=arn)["campaign"]["minProvisionedTPS"]


def test_the_minimum_rises_with_the_use_and_falls_with_it(campaign, serve, bus):
    risen = serve(campaign, 40.0, 90)
    assert risen[0] == 1
    assert 44 <= risen[-1] <= 50
    fallen = serve(campaign, 4.0, 90)
    assert fallen[0] == risen[-1]
    assert fallen[-1] == 5
    kinds = [(what, detail["severity"], detail["stack"]) for what, detail in bus.told()]
    assert set(kinds) == {("Capacity changed", "info", "films-dev")}
    detail = bus.told()[-1][1]
    assert (detail["name"], detail["arn"], detail["after"]) == ("popular", campaign, 5)
    assert detail["summary"].startswith("popular reserves 5 TPS instead of ")
    assert detail["summary"].endswith(": the use is 4.0 TPS")


def test_an_update_under_way_is_waited_for(campaign, serve, scaler, clock):
    serve(campaign, 40.0, 10)
    clock.advance(5 * MINUTE)
    target = {"popular": {"arn": campaign, "policy": {}}}
    assert scaler.scale(target)["popular"].startswith("busy: CREATE ")


def test_an_update_that_fails_is_told_once_and_tried_again(campaign, serve, bus, cloud):
    cloud.service.faults.add("UpdateCampaign", "fail", reason="no capacity", times=1)
    assert 44 <= serve(campaign, 40.0, 90)[-1] <= 50
    failures = [detail["summary"] for what, detail in bus.told() if what == "Capacity change failed"]
    assert failures == ["popular could not be scaled and reserves 1 TPS as before: no capacity"]


def test_reaching_the_limit_is_told_as_a_problem(campaign, serve, bus):
    assert serve(campaign, 40.0, 60, max_tps=20)[-1] == 20
    what, detail = bus.told()[0]
    assert (what, detail["severity"]) == ("Capacity limit reached", "problem")
    assert detail["summary"].endswith("that is its max_tps, so raise it if more is to come")


def test_a_window_is_warmed_up_without_any_use(campaign, serve, clock):
    begin = datetime.fromtimestamp(clock.now(), UTC) + timedelta(minutes=60)
    end = begin + timedelta(minutes=60)
    window = {"start": f"{begin:%H:%M}", "end": f"{end:%H:%M}", "tps": 30}
    found = serve(campaign, 0.0, 180, prewarm=[window])
    assert found[5] == 1
    assert found[11:23] == [30] * 12  # in force when it begins
    assert found[-1] == 1


def test_a_recommender_is_scaled_and_keeps_its_settings(bench, serve):
    recommender = bench.recommender(bench.group(domain="VIDEO_ON_DEMAND").arn)
    personalize = boto3.client("personalize")
    config = {"enableMetadataWithRecommendations": True}
    personalize.update_recommender(recommenderArn=recommender, recommenderConfig=config)
    bench.wait()
    assert 13 <= serve(recommender, 12.0, 90)[-1] <= 15
    found = personalize.describe_recommender(recommenderArn=recommender)["recommender"]["recommenderConfig"]
    assert found["enableMetadataWithRecommendations"] is True


def test_what_is_paused_is_left_alone(bench, scaler, campaign):
    boto3.client("personalize").delete_campaign(campaignArn=campaign)
    bench.wait()
    recommender = bench.recommender(bench.group("video", domain="VIDEO_ON_DEMAND").arn)
    boto3.client("personalize").stop_recommender(recommenderArn=recommender)
    bench.wait()
    targets = {"popular": {"arn": campaign, "policy": {}}, "watched": {"arn": recommender, "policy": {}}}
    assert scaler.scale(targets) == {"popular": "paused", "watched": "paused"}


def test_one_that_fails_does_not_keep_the_others_from_being_scaled(bench, serve, scaler, campaign, deny):
    serve(campaign, 40.0, 60)
    deny("DescribeRecommender")
    recommender = campaign.replace(":campaign/", ":recommender/")
    targets = {"denied": {"arn": recommender, "policy": {}}, "popular": {"arn": campaign, "policy": {"max_tps": 10}}}
    with pytest.raises(RuntimeError, match=r"^denied: .*not authorized to perform: personalize:DescribeRecommender"):
        scaler.scale(targets)
    bench.wait()
    assert minimum_of(campaign) == 10


def test_what_is_reserved_and_used_is_measured(campaign, serve, clock):
    serve(campaign, 12.0, 90)
    end = datetime.fromtimestamp(clock.now(), UTC) + timedelta(minutes=1)
    measured = SimpleNamespace(
        **{
            name: boto3.client("cloudwatch").get_metric_statistics(
                Namespace="PersonalizeStack",
                MetricName=name,
                Dimensions=[{"Name": "Stack", "Value": "films-dev"}, {"Name": "Name", "Value": "popular"}],
                StartTime=end - timedelta(minutes=5),
                EndTime=end,
                Period=300,
                Statistics=["Maximum"],
            )["Datapoints"]
            for name in ("MinimumTps", "UsedTps")
        }
    )
    assert [point["Maximum"] for point in measured.MinimumTps] == [minimum_of(campaign)]
    assert [point["Maximum"] for point in measured.UsedTps] == [12.0]
