"""MetricAttribution: what recommendations bring about, counted by the service."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.dataset_group import DatasetBase, DatasetGroupBase
from personalize_stack.resource import PersonalizeResource, Reference


@dataclass(frozen=True)
class AttributedMetric:
    """What is counted or summed up over the events of one type.

    Args:
        metric_name: As it is reported; the service writes it in upper case.
        event_type: The type of the events.
        expression: `SUM(Items.COLUMN)` of a number, or `SAMPLECOUNT()`.
    """

    metric_name: str
    event_type: str
    expression: str

    def render(self) -> dict[str, str]:
        """The API's MetricAttribute."""
        return {"metricName": self.metric_name, "eventType": self.event_type, "expression": self.expression}


class MetricAttributionBase(Reference):
    """A metric attribution, wherever it was made."""

    @property
    def metric_attribution_arn(self) -> str:
        """The metric attribution's ARN."""
        return self.arn


class MetricAttribution(PersonalizeResource, MetricAttributionBase):
    """Reports what the events that followed recommendations amount to; a group has at most one.

    Args:
        dataset_group: The group.
        metrics: What to count, 1 to 10; changes in place.
        role: The role by which the service writes to CloudWatch and to S3.
        output: The folder for reports about imported data, `s3://bucket/folder/`. Default: none are written.
        datasets: The datasets that must stand before, since the metrics name their columns. Default: none.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroupBase,
        metrics: Sequence[AttributedMetric],
        role: iam.IRole,
        output: str | None = None,
        datasets: Sequence[DatasetBase] = (),
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="MetricAttribution",
            name=name,
            parameters={
                "datasetGroupArn": dataset_group.dataset_group_arn,
                "metrics": [metric.render() for metric in metrics],
                "metricsOutputConfig": {
                    "roleArn": role.role_arn,
                    "s3DataDestination": {"path": output},
                },
            },
        )
        self.node.add_dependency(role, *datasets)

    @staticmethod
    def from_metric_attribution_arn(
        scope: Construct, construct_id: str, metric_attribution_arn: str
    ) -> MetricAttributionBase:
        """Refer to a metric attribution that exists already; it is not changed or deleted."""
        return MetricAttributionBase(scope, construct_id, arn=metric_attribution_arn)
