"""The metrics that the service puts into CloudWatch (developer guide, "cloudwatch-metrics")."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "AWS/Personalize"


def metric(name: str, statistic: str, dimensions: Mapping[str, str], options: Mapping[str, Any]) -> cloudwatch.Metric:
    """Return a metric of the service.

    Args:
        options: What `aws_cloudwatch.Metric` takes besides: period, statistic, label, color …
    """
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dict(dimensions),
        **{"statistic": statistic, **options},
    )
