"""The service's metrics in the local cloud's CloudWatch."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from personalize_local.adapters.metrics import CloudWatchMetrics
from personalize_local.service.clock import VirtualClock
from personalize_local.service.metrics import Datum

ACCOUNT, REGION = "123456789012", "us-east-1"
CAMPAIGN = (("CampaignArn", f"arn:aws:personalize:{REGION}:{ACCOUNT}:campaign/measured"),)


@pytest.fixture
def clock():
    """A clock that stands at the begin of the minute before the last."""
    return VirtualClock(time.time() // 60 * 60 - 120)


@pytest.fixture
def metrics(cloud, clock):
    metrics = CloudWatchMetrics(cloud.status().url, ACCOUNT, REGION, clock)
    yield metrics
    metrics.close()


@pytest.fixture
def statistics(aws):
    """The statistics of a metric over the last two hours and the next."""

    def ask(name, dimensions, *statistics, **more):
        now = datetime.now(UTC)
        (found,) = aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/Personalize",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions],
            StartTime=now - timedelta(hours=2),
            EndTime=now + timedelta(hours=1),
            Period=60,
            Statistics=statistics,
            **more,
        )["Datapoints"] or [None]
        return found

    return ask


def test_the_values_of_a_minute_are_put_when_it_is_over(metrics, clock, statistics, until):
    for value in (*range(1, 200), 1):
        metrics.put([Datum("GetRecommendationsLatency", CAMPAIGN, float(value), "Milliseconds", clock.now())])
    asked = ("GetRecommendationsLatency", CAMPAIGN, "SampleCount", "Sum", "Maximum")
    assert statistics(*asked) is None
    clock.advance(60)
    found = until(lambda: statistics(*asked, ExtendedStatistics=["p99"]))
    assert (found["SampleCount"], found["Sum"], found["Maximum"]) == (200.0, 19901.0, 199.0)
    assert found["ExtendedStatistics"]["p99"] == pytest.approx(197, abs=1)
    assert found["Timestamp"].timestamp() == clock.now() - 60


def test_an_alarm_goes_off(metrics, clock, aws, until):
    aws("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/Personalize",
        MetricName="GetRecommendations5xxErrors",
        Dimensions=[{"Name": name, "Value": value} for name, value in CAMPAIGN],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=5,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    metrics.put([Datum("GetRecommendations5xxErrors", CAMPAIGN, 1.0, "Count", clock.now())])
    clock.advance(60)
    until(lambda: aws("cloudwatch").describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["StateValue"] == "ALARM")


@pytest.fixture
def count(aws, until):
    """Counts an event with a metric attribution whose role may do only what the statements say."""
    personalize = aws("personalize")

    def active(describe, key, **arn):
        until(lambda: describe(**arn)[key]["status"] == "ACTIVE")
        return next(iter(arn.values()))

    def run(name, role):
        group = personalize.create_dataset_group(name=name)["datasetGroupArn"]
        active(personalize.describe_dataset_group, "datasetGroup", datasetGroupArn=group)
        fields = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long", "EVENT_TYPE": "string"}
        schema = {
            "type": "record",
            "name": "Interactions",
            "namespace": "com.amazonaws.personalize.schema",
            "fields": [{"name": field, "type": kind} for field, kind in fields.items()],
            "version": "1.0",
        }
        schema = personalize.create_schema(name=name, schema=json.dumps(schema))["schemaArn"]
        dataset = personalize.create_dataset(
            name=name, schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
        )["datasetArn"]
        active(personalize.describe_dataset, "dataset", datasetArn=dataset)
        attribution = personalize.create_metric_attribution(
            name=name,
            datasetGroupArn=group,
            metrics=[{"metricName": "WATCHED", "eventType": "watch", "expression": "SAMPLECOUNT()"}],
            metricsOutputConfig={"roleArn": role},
        )["metricAttributionArn"]
        active(personalize.describe_metric_attribution, "metricAttribution", metricAttributionArn=attribution)
        tracker = personalize.create_event_tracker(name=name, datasetGroupArn=group)
        active(personalize.describe_event_tracker, "eventTracker", eventTrackerArn=tracker["eventTrackerArn"])
        event = {
            "eventType": "watch",
            "itemId": "1",
            "sentAt": time.time() - 1000,
            "metricAttribution": {"eventAttributionSource": name},
        }
        aws("personalize-events").put_events(
            trackingId=tracker["trackingId"], userId="1", sessionId="1", eventList=[event]
        )

    return run


def test_attributed_events_are_put_with_the_permissions_of_the_role(cloud, aws, count, statistics, until, service_role):
    allowed = service_role("puts-metrics", ("s3:*", "*"))
    namespace = {"StringEquals": {"cloudwatch:namespace": "AWS/Personalize"}}
    statement = {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": namespace}
    document = {"Version": "2012-10-17", "Statement": statement}
    aws("iam").put_role_policy(RoleName="puts-metrics", PolicyName="only", PolicyDocument=json.dumps(document))
    denied = service_role("puts-none", ("s3:*", "*"))
    count("unattributed", denied)
    count("attributed", allowed)
    found = until(lambda: statistics("WATCHED", [("EventAttributionSource", "attributed")], "Sum"))
    assert found["Sum"] == 1.0
    until(lambda: "puts-none is not allowed to perform cloudwatch:PutMetricData" in cloud.log.read_text())
    assert statistics("WATCHED", [("EventAttributionSource", "unattributed")], "Sum") is None
