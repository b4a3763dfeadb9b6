"""Metric attributions: which numbers the service reports of the events that its recommendations led to."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from personalize_local.service.errors import InvalidInput, ResourceAlreadyExists
from personalize_local.service.kinds.datasets import fields_of
from personalize_local.service.kinds.kind import Kind, Need, Request
from personalize_local.service.pages import page
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource

MOST_METRICS = 10
EXPRESSION = re.compile(r"SAMPLECOUNT\(\)|SUM\((?P<dataset>Items|Interactions)\.(?P<column>\w+)\)", re.IGNORECASE)
NUMBERS = frozenset({"int", "long", "float", "double"})

Metric = Mapping[str, str]


def admit(region: Region, request: Request) -> Members:
    """Refuse expressions that the service cannot count."""
    return {"metrics": _merged(region, request["datasetGroupArn"], [], request["metrics"])}


def twin(region: Region, members: Members) -> Resource | None:
    """A dataset group has one."""
    return next(iter(region.members("MetricAttribution", datasetGroupArn=members["datasetGroupArn"])), None)


def change(region: Region, attribution: Resource, request: Request) -> Members:
    """Remove metrics by name, then add some."""
    now = region.clock.now()
    removed = set(request.get("removeMetrics", ()))
    present = attribution.current(now)["metrics"]
    if unknown := removed - {metric["metricName"] for metric in present}:
        raise InvalidInput(f"Metrics [{', '.join(sorted(unknown))}] do not exist in {attribution.arn}.")
    kept = [metric for metric in present if metric["metricName"] not in removed]
    group = attribution.members["datasetGroupArn"]
    config = attribution.current(now)["metricsOutputConfig"] | request.get("metricsOutputConfig", {})
    return {"metrics": _merged(region, group, kept, request.get("addMetrics", ())), "metricsOutputConfig": config}


def list_metrics(region: Region, request: Request) -> dict[str, Any]:
    """ListMetricAttributionMetrics: the metrics of all metric attributions, or of one."""
    if "metricAttributionArn" in request:
        attributions = [region.find("MetricAttribution", request["metricAttributionArn"])]
    else:
        attributions = region.members("MetricAttribution")
    now = region.clock.now()
    found = [metric for attribution in attributions for metric in attribution.current(now)["metrics"]]
    metrics, following = page("ListMetricAttributionMetrics", request, dict(enumerate(found, 1)))
    return {"metrics": metrics, **following}


def _merged(region: Region, group_arn: str, present: Iterable[Metric], added: Iterable[Metric]) -> list[Metric]:
    """The metrics with those added, names and event types in upper case as the service keeps them."""
    metrics = {metric["metricName"]: metric for metric in present}
    for metric in added:
        _check(region, group_arn, metric["expression"])
        name = metric["metricName"].upper()
        if name in metrics:
            raise ResourceAlreadyExists(f"Metric {name} already exists.")
        metrics[name] = {**metric, "metricName": name, "eventType": metric["eventType"].upper()}
    if not 0 < len(metrics) <= MOST_METRICS:
        raise InvalidInput(f"A metric attribution has 1 to {MOST_METRICS} metrics, got {len(metrics)}.")
    return list(metrics.values())


def _check(region: Region, group_arn: str, expression: str) -> None:
    matched = EXPRESSION.fullmatch(expression)
    if matched is None:
        raise InvalidInput(
            f"Expression {expression} must be SUM(Items.COLUMN), SUM(Interactions.COLUMN) or SAMPLECOUNT()."
        )
    if matched["dataset"] is None:
        return
    fields = fields_of(region, group_arn, matched["dataset"].upper())
    if not any(field.name == matched["column"].upper() and field.type in NUMBERS for field in fields):
        raise InvalidInput(f"Expression {expression} names no column of numbers of the {matched['dataset']} dataset.")


METRIC_ATTRIBUTION = Kind(
    "MetricAttribution",
    admit=admit,
    twin=twin,
    change=change,
    updates_show=True,
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
)
