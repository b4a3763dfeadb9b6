"""What serves: shown, changed by hand, paused and resumed."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from operations import capacity
from operations.errors import OperationError
from personalize_stack.config.load import load

CONFIG = """\
project: films
region: eu-west-1
datasets: {interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
solutions: {popular: {recipe: popularity-count}}
campaigns: {popular: {solution: popular, autoscaling: {}}}
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "personalize.yaml").write_text(CONFIG)
    return load(tmp_path / "personalize.yaml")


@pytest.fixture
def campaign(bench, cloudformation):
    """A deployed campaign, as far as these commands look."""
    arn = bench.campaign(bench.version(bench.solution(bench.group().arn)))
    path = "/personalize/films-dev/campaigns/popular/arn"
    boto3.client("ssm").put_parameter(Name=path, Value=arn, Type="String")
    cloudformation.add("films-dev", Outputs=[{"OutputKey": "DataBucketName", "OutputValue": "data"}])
    return arn


@pytest.fixture
def shown(project, console, clock):
    def run():
        capacity.show(project, console, clock, as_json=True)
        text = console.file.getvalue()
        console.file.truncate(0)
        console.file.seek(0)
        return json.loads(text)

    return run


def ask(arn, clock, count):
    moment = datetime.fromtimestamp(clock.now() - 300, UTC)
    datum = {"MetricName": "GetRecommendations", "Dimensions": [{"Name": "CampaignArn", "Value": arn}]}
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/Personalize", MetricData=[{**datum, "Value": count, "Timestamp": moment}]
    )


def test_what_is_reserved_and_used_is_shown(campaign, shown, clock):
    ask(campaign, clock, 600.0)
    (found,) = shown()
    assert found == {
        "name": "campaigns.popular",
        "arn": campaign,
        "state": "ACTIVE",
        "minimum": 1,
        "used": 2.0,
        "peak": 2.0,
        "requests": 600,
        "autoscaling": True,
        "idle": False,
    }


def test_what_is_idle_is_said_with_what_to_do(campaign, project, console, clock):
    clock.advance(8 * 86_400)
    capacity.show(project, console, clock)
    text = console.file.getvalue()
    assert "follows the use, idle" in text
    assert "to pay no more: personalize scale pause campaigns.popular" in text


def test_it_is_changed_paused_and_resumed(campaign, project, console, clock, shown, bench):
    capacity.set_capacity(project, "popular", 7, console)
    with pytest.raises(OperationError, match=r"campaigns.popular is (CREATE|UPDATE) \w+; try again when it is ACTIVE"):
        capacity.set_capacity(project, "popular", 8, console)
    bench.wait()
    capacity.pause(project, "campaigns.popular", console)
    bench.wait()
    capacity.pause(project, "popular", console)
    assert console.file.getvalue().endswith("campaigns.popular is paused already\n")
    with pytest.raises(OperationError, match=r"is paused; personalize scale resume campaigns.popular"):
        capacity.set_capacity(project, "popular", 8, console)
    console.file.truncate(0)
    console.file.seek(0)
    (paused,) = shown()
    assert (paused["state"], paused["minimum"]) == ("paused", 0)
    capacity.resume(project, "popular", console)
    bench.wait()
    console.file.truncate(0)
    console.file.seek(0)
    (back,) = shown()
    assert (back["state"], back["minimum"], back["arn"]) == ("ACTIVE", 7, campaign)


def test_a_wrong_name_is_told_with_those_there_are(campaign, project, console):
    with pytest.raises(OperationError, match=r"no campaign or recommender 'populer'; allowed: campaigns.popular"):
        capacity.pause(project, "populer", console)


def test_where_nothing_serves_it_says_what_to_do(project, cloud, cloudformation, console, clock):
    capacity.show(project, console, clock)
    assert console.file.getvalue().startswith("films-dev serves nothing in account 123456789012, eu-west-1")
    with pytest.raises(OperationError, match="films-dev serves nothing; personalize deploy makes it"):
        capacity.pause(project, "popular", console)


def test_a_campaign_that_went_without_a_record_cannot_be_resumed(campaign, project, console, bench):
    boto3.client("personalize").delete_campaign(campaignArn=campaign)
    bench.wait()
    with pytest.raises(OperationError, match=r"there is no record of campaigns.popular"):
        capacity.resume(project, "popular", console)
