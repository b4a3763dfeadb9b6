"""EventTracker: where an application sends what its users do."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.dataset_group import DatasetBase
from personalize_stack.metrics import metric
from personalize_stack.resource import PersonalizeResource, Reference


class EventTrackerBase(Reference):
    """An event tracker, wherever it was made.

    Attributes:
        tracking_id: What an application passes to PutEvents.
    """

    tracking_id: str

    @property
    def event_tracker_arn(self) -> str:
        """The event tracker's ARN."""
        return self.arn

    def grant_put_events(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee send events; the action knows no resource, since a tracking ID is not an ARN."""
        return iam.Grant.add_to_principal(grantee=grantee, actions=["personalize:PutEvents"], resource_arns=["*"])


class EventTracker(PersonalizeResource, EventTrackerBase):
    """Takes events into a dataset group's interactions; a group has at most one.

    Args:
        interactions: The dataset that the events go to.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, interactions: DatasetBase, name: str | None = None
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="EventTracker",
            name=name,
            parameters={"datasetGroupArn": interactions.dataset_group.dataset_group_arn},
        )
        self._interactions = interactions
        self.tracking_id = self.resource.get_att_string("TrackingId")
        self.node.add_dependency(interactions)  # the service refuses events without the dataset

    @staticmethod
    def from_event_tracker_arn(
        scope: Construct, construct_id: str, event_tracker_arn: str, tracking_id: str
    ) -> EventTrackerBase:
        """Refer to an event tracker that exists already; it is not changed or deleted."""
        tracker = EventTrackerBase(scope, construct_id, arn=event_tracker_arn)
        tracker.tracking_id = tracking_id
        return tracker

    def metric(self, metric_name: str, **options: Any) -> cloudwatch.Metric:
        """Return one of its metrics: PutEventsRequests, PutEvents4xxErrors, PutEvents5xxErrors, PutEventLatency."""
        return metric(metric_name, "Sum", self.dimensions, options)

    @property
    def dimensions(self) -> Mapping[str, str]:
        """Those of its metrics."""
        return {
            "DatasetGroupArn": self._interactions.dataset_group.dataset_group_arn,
            "DatasetArn": self._interactions.dataset_arn,
            "EventTrackerArn": self.event_tracker_arn,
        }

    def metric_put_events(self, **options: Any) -> cloudwatch.Metric:
        """Return how many requests with events came."""
        return self.metric("PutEventsRequests", **options)

    def metric_put_events_latency(self, **options: Any) -> cloudwatch.Metric:
        """Return how long they took, in milliseconds. Default: the average."""
        return self.metric("PutEventLatency", **{"statistic": "Average", **options})
