"""Metric attributions."""

import pytest

from .conftest import INTERACTIONS, ITEMS, ROLE


@pytest.fixture
def group(lab):
    group = lab.group()
    lab.dataset(group, "Interactions", INTERACTIONS)
    lab.dataset(group, "Items", ITEMS)
    return group


def metric(name="watched", event_type="watch", expression="SAMPLECOUNT()"):
    return {"metricName": name, "eventType": event_type, "expression": expression}


def attribution(lab, group, *metrics, name="effect"):
    arn = lab(
        "CreateMetricAttribution",
        name=name,
        datasetGroupArn=group,
        metrics=[*metrics] or [metric()],
        metricsOutputConfig={"roleArn": ROLE},
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
