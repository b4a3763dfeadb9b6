"""Metric attributions."""

import pytest

from .conftest import INTERACTIONS, ITEMS, ROLE, small_log


@pytest.fixture
def group(lab):
    group = lab.group()
    lab.dataset(group, "Interactions", INTERACTIONS)
    lab.dataset(group, "Items", ITEMS)
    return group


def metric(name="watched", event_type="watch", expression="SAMPLECOUNT()"):
    return {"metricName": name, "eventType": event_type, "expression": expression}


def attribution(lab, group, *metrics, name="effect", output=None):
    arn = lab(
        "CreateMetricAttribution",
        name=name,
        datasetGroupArn=group,
        metrics=[*metrics] or [metric()],
        metricsOutputConfig=output or {"roleArn": ROLE},
    )["metricAttributionArn"]
    lab.wait()
    return arn


def names(lab, arn):
    return [found["metricName"] for found in lab("ListMetricAttributionMetrics", metricAttributionArn=arn)["metrics"]]


def test_a_metric_attribution_becomes_active_and_lists_its_metrics_in_upper_case(lab, group):
    arn = attribution(lab, group, metric(), metric("years", "watch", "SUM(Items.YEAR)"))
    shown = lab("DescribeMetricAttribution", metricAttributionArn=arn)["metricAttribution"]
    assert (shown["status"], shown["metricsOutputConfig"]) == ("ACTIVE", {"roleArn": ROLE})
    assert lab("ListMetricAttributionMetrics", metricAttributionArn=arn)["metrics"] == [
        {"metricName": "WATCHED", "eventType": "WATCH", "expression": "SAMPLECOUNT()"},
        {"metricName": "YEARS", "eventType": "WATCH", "expression": "SUM(Items.YEAR)"},
    ]


def test_metrics_are_added_and_removed_in_place(lab, group):
    arn = attribution(lab, group)
    lab("UpdateMetricAttribution", metricAttributionArn=arn, addMetrics=[metric("liked", "like")])
    lab.wait()
    assert names(lab, arn) == ["WATCHED", "LIKED"]
    lab("UpdateMetricAttribution", metricAttributionArn=arn, removeMetrics=["WATCHED"])
    lab.wait()
    assert names(lab, arn) == ["LIKED"]
    assert (
        "do not exist" in lab.refusal("UpdateMetricAttribution", metricAttributionArn=arn, removeMetrics=["WATCHED"])[1]
    )


def test_a_group_has_one(lab, group):
    first = attribution(lab, group)
    code, message = lab.refusal(
        "CreateMetricAttribution",
        name="another",
        datasetGroupArn=group,
        metrics=[metric()],
        metricsOutputConfig={"roleArn": ROLE},
    )
    assert (code, message) == ("ResourceAlreadyExistsException", f"Another resource with Arn {first} already exists.")


@pytest.mark.parametrize("expression", ["AVG(Items.YEAR)", "SUM(Items.GENRES)", "SUM(Items.NOTHING)", "SUM(Users.AGE)"])
def test_expressions_that_cannot_be_counted_are_refused(lab, group, expression):
    code, message = lab.refusal(
        "CreateMetricAttribution",
        name="x",
        datasetGroupArn=group,
        metrics=[metric(expression=expression)],
        metricsOutputConfig={"roleArn": ROLE},
    )
    assert code == "InvalidInputException"
    assert expression in message


def test_it_can_be_deleted(lab, group):
    arn = attribution(lab, group)
    lab("DeleteMetricAttribution", metricAttributionArn=arn)
    lab.wait()
    assert lab("ListMetricAttributions") == {"metricAttributions": []}


FIELDS = INTERACTIONS | {"EVENT_VALUE": ["float", "null"], "EVENT_ATTRIBUTION_SOURCE": ["string", "null"]}


@pytest.fixture
def served(lab):
    """A service with a campaign, items with years, a tracker, and metrics of `watch` events."""
    group = lab.group()
    interactions = lab.dataset(group, "Interactions", FIELDS)
    rows = [(*row, 1.5, "") for row in small_log()]
    assert lab.import_file(interactions, lab.upload(rows, FIELDS))["status"] == "ACTIVE"
    items = lab.dataset(group, "Items", ITEMS)
    lab("PutItems", datasetArn=items, items=[{"itemId": "i1", "properties": '{"year": 1999}'}])
    lab.campaign(lab.version(lab.solution(group)))
    lab.tracking_id = lab.tracker(group)
    lab.arn_of_attribution = attribution(
        lab,
        group,
        metric(),
        metric("years", expression="SUM(Items.YEAR)"),
        metric("paid", expression="SUM(Interactions.EVENT_VALUE)"),
        output={"roleArn": ROLE, "s3DataDestination": {"path": "s3://bucket/reports/"}},
    )
    lab.metrics.clear()
    return lab


def put(lab, event_type="watch", item="i1", ago=0, **more):
    event = {"eventType": event_type, "itemId": item, "sentAt": lab.clock.now() - ago, **more}
    lab("PutEvents", trackingId=lab.tracking_id, userId="u1", sessionId="s", eventList=[event])


def counted(lab):
    """The values of the attribution's metrics, by name and source."""
    return {
        (datum.name, dict(datum.dimensions)["EventAttributionSource"]): datum.value
        for datum in lab.metrics
        if datum.role_arn == ROLE
    }


def test_events_are_counted_by_the_source_that_they_name(served):
    put(served, eventValue=2.5, metricAttribution={"eventAttributionSource": "newsletter"})
    assert counted(served) == {
        ("WATCHED", "newsletter"): 1.0,
        ("YEARS", "newsletter"): 1999.0,
        ("PAID", "newsletter"): 2.5,
    }
    assert {datum.timestamp % 900 for datum in served.metrics if datum.role_arn} == {0}


def test_events_are_counted_by_the_campaign_that_recommended(served):
    campaign = served.arn("campaign/popular")
    recommendation = served("GetRecommendations", campaignArn=campaign, userId="u1")["recommendationId"]
    put(served, item="i2", recommendationId=recommendation)
    assert counted(served) == {("WATCHED", campaign): 1.0, ("YEARS", campaign): 0.0, ("PAID", campaign): 0.0}


def test_events_without_a_source_have_an_undefined_one(served):
    put(served)
    assert counted(served)["WATCHED", "SOURCE_NAME_UNDEFINED"] == 1.0


def test_events_of_other_types_and_old_ones_are_not_counted(served):
    put(served, "click")
    put(served, ago=15 * 24 * 3600)
    assert counted(served) == {}


def test_a_deleted_attribution_counts_nothing(served):
    served("DeleteMetricAttribution", metricAttributionArn=served.arn_of_attribution)
    put(served)
    assert counted(served) == {}


def test_an_import_reports_to_s3_when_asked_to(served):
    dataset = served.arn("dataset/films/INTERACTIONS")
    rows = [(f"u{n % 30}", "i1", 1_600_000_200, "watch", 2, "mail") for n in range(600)]
    rows += [(f"u{n % 30}", "i2", 1_600_000_300, "watch", 3, "mail") for n in range(300)]
    rows += [("u1", "i1", 1_600_001_100, "watch", 4, "")] * 100 + [("u1", "i1", 1_600_001_100, "click", 4, "")] * 100
    location = served.upload(rows, FIELDS, key="more.csv")
    job = served.import_file(dataset, location, "second", importMode="INCREMENTAL", publishAttributionMetricsToS3=True)
    assert (job["status"], job["publishAttributionMetricsToS3"]) == ("ACTIVE", True)
    (report,) = (key for _, key in served.objects if key.startswith("reports/"))
    assert report.startswith("reports/AggregatedAttributionMetrics-INCREMENTAL-2023-")
    assert served.objects["bucket", report].decode().splitlines() == [
        "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP",
        "PAID,WATCH,400.0,sum,SOURCE_NAME_UNDEFINED,1600001100",
        "PAID,WATCH,2100.0,sum,mail,1600000200",
        "WATCHED,WATCH,100.0,samplecount,SOURCE_NAME_UNDEFINED,1600001100",
        "WATCHED,WATCH,900.0,samplecount,mail,1600000200",
        "YEARS,WATCH,199900.0,sum,SOURCE_NAME_UNDEFINED,1600001100",
        "YEARS,WATCH,1199400.0,sum,mail,1600000200",
    ]


def test_a_report_that_cannot_be_written_fails_the_import(served):
    config = {"roleArn": ROLE, "s3DataDestination": {"path": "s3://forbidden/"}}
    served("UpdateMetricAttribution", metricAttributionArn=served.arn_of_attribution, metricsOutputConfig=config)
    served.wait()
    rows = [(*row, 1.5, "") for row in small_log()]
    dataset = served.arn("dataset/films/INTERACTIONS")
    job = served.import_file(dataset, served.upload(rows, FIELDS), "second", publishAttributionMetricsToS3=True)
    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"].startswith("Insufficient privileges for accessing data in Amazon S3.")
