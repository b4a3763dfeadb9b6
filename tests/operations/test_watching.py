"""What is measured besides the service's own metrics: ages, shares, what models are worth."""

from datetime import UTC, datetime

import boto3
import pytest

from operations.functions.watching import Watcher

DAY = 86_400


@pytest.fixture
def group(bench):
    return bench.group()


@pytest.fixture
def campaign(bench, group):
    return bench.campaign(bench.version(bench.solution(group.arn)))


@pytest.fixture
def watcher(cloud, clock):
    def now():
        return datetime.fromtimestamp(clock.now(), UTC)

    return Watcher(boto3.client("personalize"), boto3.client("cloudwatch"), "films-dev", now)


@pytest.fixture
def watch(watcher, campaign, group):
    def run(*, scales=False):
        clock_targets = {"campaigns.popular": {"arn": campaign, "scales": scales}}
        events = {"datasets.interactions": {"EventTrackerArn": "tracker"}}
        return watcher.watch(clock_targets, {"datasets.interactions": group.dataset}, events)

    return run


def count(clock, arn, name, value):
    dimension = {"Name": "CampaignArn", "Value": arn}
    datum = {"MetricName": name, "Dimensions": [dimension], "Value": value}
    moment = datetime.fromtimestamp(clock.now(), UTC)
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/Personalize", MetricData=[{**datum, "Timestamp": moment}])


def test_a_model_is_as_old_as_its_version_and_has_its_metrics(watch, clock):
    clock.advance(9 * DAY)
    found = watch()["campaigns.popular"]
    assert found["ModelAgeDays"] == pytest.approx(9, abs=0.2)
    assert set(found) >= {"precision_at_10", "coverage", "mean_reciprocal_rank_at_25"}
    assert 0 < found["coverage"] <= 1


def test_data_is_as_old_as_its_last_import(watch, bench, group, clock):
    clock.advance(3 * DAY)
    assert watch()["datasets.interactions"]["DataAgeHours"] == pytest.approx(72, abs=5)
    bench.import_rows(group.dataset, "again")
    bench.wait()
    assert watch()["datasets.interactions"] == {"DataAgeHours": pytest.approx(0.9, abs=0.3), "FailedImports": 0.0}


def test_events_are_new_data_too(watch, clock):
    clock.advance(3 * DAY - clock.now() % 3600)
    dimension = {"Name": "EventTrackerArn", "Value": "tracker"}
    datum = {"MetricName": "PutEventsRequests", "Dimensions": [dimension], "Value": 3.0}
    moment = datetime.fromtimestamp(clock.now(), UTC)
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/Personalize", MetricData=[{**datum, "Timestamp": moment}])
    clock.advance(7 * 3600)
    assert watch()["datasets.interactions"]["DataAgeHours"] == pytest.approx(6, abs=0.1)


def test_a_failed_import_is_counted_for_a_day(watch, bench, group, cloud, clock):
    cloud.service.fail(bench.import_rows(group.dataset, "again"), "no such column")
    bench.wait()
    assert watch()["datasets.interactions"]["FailedImports"] == 1.0
    clock.advance(2 * DAY)
    assert watch()["datasets.interactions"]["FailedImports"] == 0.0


def test_the_share_of_errors_is_of_requests_that_are_not_few(watch, campaign, clock):
    clock.advance(-clock.now() % 300 + 10)
    count(clock, campaign, "GetRecommendations", 10.0)
    count(clock, campaign, "GetRecommendations4xxErrors", 5.0)
    clock.advance(300)
    assert "ErrorShare" not in watch()["campaigns.popular"]
    count(clock, campaign, "GetRecommendations", 90.0)
    count(clock, campaign, "GetRecommendations5xxErrors", 5.0)
    clock.advance(300)
    assert watch()["campaigns.popular"]["ErrorShare"] == pytest.approx(0.1)


def test_days_without_a_request_are_counted_from_the_last_one_or_from_its_making(watch, campaign, clock):
    clock.advance(3 * DAY)
    assert watch()["campaigns.popular"]["IdleDays"] == pytest.approx(3, abs=0.2)
    count(clock, campaign, "GetRecommendations", 1.0)
    assert watch()["campaigns.popular"]["IdleDays"] == 0.0
    clock.advance(5 * DAY)
    assert watch()["campaigns.popular"]["IdleDays"] == 5.0


def test_what_an_autoscaler_measures_is_not_measured_twice(watch):
    assert {"MinimumTps", "UsedTps"} <= watch()["campaigns.popular"].keys()
    assert not {"MinimumTps", "UsedTps"} & watch(scales=True)["campaigns.popular"].keys()


def test_what_cannot_be_looked_at_is_told_and_all_else_is_measured(watch, deny, clock):
    deny("GetSolutionMetrics")
    with pytest.raises(RuntimeError, match=r"^campaigns.popular: .*not authorized to perform: personalize:GetSolution"):
        watch()
    found = boto3.client("cloudwatch").list_metrics(Namespace="PersonalizeStack")["Metrics"]
    assert {metric["MetricName"] for metric in found} == {"DataAgeHours", "FailedImports"}


def test_what_is_paused_has_nothing_to_measure(watch, campaign, bench):
    boto3.client("personalize").delete_campaign(campaignArn=campaign)
    bench.wait()
    assert watch()["campaigns.popular"] == {}


def test_the_model_of_a_recommender_is_as_old_as_its_metrics_are_the_same(bench, watcher, clock, cloud):
    recommender = bench.recommender(bench.group("video", domain="VIDEO_ON_DEMAND").arn)

    def age():
        given = {"recommenders.top": {"arn": recommender, "scales": False}}
        return watcher.watch(given, {}, {})["recommenders.top"]["ModelAgeDays"]

    clock.advance(-clock.now() % 3600 + 60)
    assert age() == 0.0
    clock.advance(2 * DAY)
    assert age() == pytest.approx(2, abs=0.05)
    name = watcher_metric(watcher, recommender)
    dimensions = [{"Name": "Stack", "Value": "films-dev"}, {"Name": "Name", "Value": "recommenders.top"}]
    datum = {"MetricName": name, "Dimensions": dimensions, "Value": 0.123}  # what an earlier model was worth
    moment = datetime.fromtimestamp(clock.now() - DAY, UTC)
    boto3.client("cloudwatch").put_metric_data(
        Namespace="PersonalizeStack", MetricData=[{**datum, "Timestamp": moment}]
    )
    assert age() < 1.0


def watcher_metric(watcher, recommender):
    """The first offline metric of a recommender that is kept."""
    found = watcher.watch({"recommenders.top": {"arn": recommender, "scales": True}}, {}, {})["recommenders.top"]
    return next(name for name in found if name not in ("IdleDays", "ErrorShare", "ModelAgeDays"))
