"""Metric attributions: there are none here, and lists say so."""

from typing import Any

from personalize_local.service.kinds.kind import Kind, Request
from personalize_local.service.region import Region

METRIC_ATTRIBUTION = Kind("MetricAttribution")


def list_metrics(region: Region, request: Request) -> dict[str, Any]:
    """ListMetricAttributionMetrics: the metrics of all metric attributions, or of one."""
    if "metricAttributionArn" in request:
        region.find(METRIC_ATTRIBUTION.stem, request["metricAttributionArn"])
    return {"metrics": []}
