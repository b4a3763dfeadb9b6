"""EventTracker: where an application sends what its users do."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.dataset_group import Dataset
from personalize_stack.resource import PersonalizeResource


class EventTracker(PersonalizeResource):
    """Takes events into a dataset group's interactions; a group has at most one.

    Args:
        interactions: The dataset that the events go to.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(self, scope: Construct, construct_id: str, *, interactions: Dataset, name: str | None = None) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="EventTracker",
            name=name,
            parameters={"datasetGroupArn": interactions.dataset_group.dataset_group_arn},
        )
        self.node.add_dependency(interactions)  # the service refuses events without the dataset

    @property
    def event_tracker_arn(self) -> str:
        """The event tracker's ARN."""
        return self.arn

    @property
    def tracking_id(self) -> str:
        """What an application passes to PutEvents."""
        return self.resource.get_att_string("TrackingId")

    def grant_put_events(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee send events; the action knows no resource, since a tracking ID is not an ARN."""
        return iam.Grant.add_to_principal(grantee=grantee, actions=["personalize:PutEvents"], resource_arns=["*"])
