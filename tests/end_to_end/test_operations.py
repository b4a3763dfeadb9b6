"""What acts on a deployed recommender by itself, on the local cloud: it scales, watches, tells, pauses and resumes."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from operations.cli.main import run

from .conftest import until

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

ADDED = """
campaigns:
  popular:
    solution: popular
    autoscaling: {max_tps: 4, prewarm: [{from: "00:00", to: "00:00", tps: 9}]}
    pause_after_idle_days: 7
watch: true
budget: {usd_per_month: 50}
"""


@pytest.fixture
def deployed(make_project):
    """A project with one campaign and all operations; its arn, and the events and alarms that people are told."""
    project = make_project("watched", "{recipe: popularity-count}")
    text = project.file.read_text()
    start, end = text.index("campaigns:"), text.index("event_tracker:")
    project.file.write_text(text[:start].replace("  next: {recipe: popularity-count}\n", "") + ADDED + text[end:])
    project.prepare()
    project.cdk().deploy()
    return project


@pytest.fixture
def told(deployed):
    """Subscribes a queue to the topic; reads what came since."""
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.create_queue(QueueName="people")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": {**statement, "Resource": arn}})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=deployed.outputs()["NotificationsTopicArn"], Protocol="sqs", Endpoint=arn)

    def read():
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["Message"] for message in messages]

    return read


def run_scheduled(stack, handler):
    """Run a function now with what its schedule gives it."""
    scheduler, functions = boto3.client("scheduler"), boto3.client("lambda")
    for summary in scheduler.list_schedules()["Schedules"]:
        target = scheduler.get_schedule(Name=summary["Name"])["Target"]
        function = functions.get_function_configuration(FunctionName=target["Arn"])
        if function["Handler"].endswith(handler) and function["FunctionName"].startswith(stack):
            answer = functions.invoke(FunctionName=target["Arn"], Payload=target["Input"])
            payload = json.loads(answer["Payload"].read())
            assert "FunctionError" not in answer, payload
            return payload
    raise AssertionError(f"no schedule runs {handler}")


def personalize(*arguments, project):
    return run([*arguments, "-f", str(project.file), "--env", "dev"])


def test_it_scales_watches_tells_pauses_and_resumes(deployed, told, capsys):
    campaign = deployed.outputs()["CampaignPopularArn"]
    client = boto3.client("personalize")

    def serving():
        found = client.describe_campaign(campaignArn=campaign)["campaign"]
        update = found.get("latestCampaignUpdate", {}).get("status", "ACTIVE")
        return found["minProvisionedTPS"] if (found["status"], update) == ("ACTIVE", "ACTIVE") else None

    outcome = run_scheduled(deployed.stack, "scaling.handler")["campaigns.popular"]
    assert outcome == "from 1 to 4 TPS: the use is 0.0 TPS"
    assert until(lambda: serving() == 4)
    assert run_scheduled(deployed.stack, "scaling.handler")["campaigns.popular"].startswith("stays at 4 TPS")
    (sentence,) = until(told)
    assert "watched-dev: Capacity limit reached: campaigns.popular reserves 4 TPS instead of 1" in sentence

    deployed.file.write_text(deployed.file.read_text().replace("watch: true", "watch: {error_share: 0.2}"))
    assert personalize("deploy", "--no-wait", project=deployed) == 0
    assert personalize("status", "--watch", project=deployed) == 0
    assert "UPDATE COMPLETE" in capsys.readouterr().out
    assert serving() == 4  # what was scaled outlasts a deploy

    moment = datetime.now(UTC) - timedelta(minutes=5)
    for name, value in (("GetRecommendations", 100.0), ("GetRecommendations5xxErrors", 30.0)):
        datum = {"MetricName": name, "Dimensions": [{"Name": "CampaignArn", "Value": campaign}], "Value": value}
        boto3.client("cloudwatch").put_metric_data(
            Namespace="AWS/Personalize", MetricData=[{**datum, "Timestamp": moment}]
        )
    measured = run_scheduled(deployed.stack, "watching.handler")
    assert measured["campaigns.popular"]["ErrorShare"] == pytest.approx(0.3)
    assert measured["campaigns.popular"]["ModelAgeDays"] < 0.1
    assert 0 < measured["campaigns.popular"]["coverage"] <= 1
    assert measured["datasets.interactions"]["FailedImports"] == 0.0
    (alarm,) = [json.loads(message) for message in until(told) if "ErrorShare" in message]
    assert alarm["NewStateValue"] == "ALARM"
    assert alarm["AlarmName"].startswith("watched-dev-")
    assert "answers 20% of its requests or more with errors" in alarm["AlarmDescription"]
    assert run_scheduled(deployed.stack, "pausing.handler") == {"campaigns.popular": "in use"}
    (budget,) = boto3.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
    assert (budget["BudgetName"], float(budget["BudgetLimit"]["Amount"])) == ("watched-dev-us-east-1", 50.0)

    assert personalize("scale", "pause", "popular", project=deployed) == 0
    assert until(lambda: client.list_campaigns()["campaigns"] == [])
    assert run_scheduled(deployed.stack, "scaling.handler") == {"campaigns.popular": "paused"}
    assert personalize("scale", "resume", "popular", project=deployed) == 0
    assert until(lambda: serving() == 4)
    capsys.readouterr()
    assert personalize("scale", "--json", project=deployed) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["minimum"], shown["autoscaling"]) == ("campaigns.popular", 4, True)
    assert personalize("cost", "--used", "1", project=deployed) == 0
    assert "campaigns.popular" in capsys.readouterr().out

    assert personalize("teardown", "--yes", project=deployed) == 0
    assert personalize("teardown", "--check", project=deployed) == 0
    assert boto3.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"] == []
