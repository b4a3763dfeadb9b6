"""Pauser: what is not used is paused, so that it is not billed."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.findings import accept_patterns
from personalize_stack.function import OperationsFunction
from personalize_stack.notifications import Notifications
from personalize_stack.serving import Serving
from personalize_stack.storage import Storage

FOLDER = "operations/paused/"
"""Where in the data bucket the records of paused campaigns lie."""


@dataclass(frozen=True)
class Idle:
    """What is paused, and after how many days without a request."""

    serving: Serving
    idle_days: int


class Pauser(Construct):
    """Once a day, pauses each target that has had no request for as long as it says.

    A recommender is stopped; a campaign is deleted, and what is needed to make the same one again lies in the data
    bucket. `personalize scale resume` brings either back, and so does a deploy that changes it.

    Args:
        targets: What is paused, by name.
        storage: Where the records lie.
        notifications: Where it is told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        targets: Mapping[str, Idle],
        storage: Storage,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        bucket = storage.bucket
        self.function = OperationsFunction(
            self,
            "Function",
            handler="pausing.handler",
            description="Pauses campaigns and recommenders that are not used",
            environment={"BUS": notifications.bus.event_bus_name, "BUCKET": bucket.bucket_name},
        )
        role = self.function.role
        for target in targets.values():
            target.serving.grant_pause(role)
        notifications.grant_tell(role)
        self.function.read_metrics()
        records = bucket.arn_for_objects(f"{FOLDER}*")
        role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[records]))
        accept_patterns(role, records, reason="a record for each campaign that is paused")
        storage.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        self.function.run_every(
            Duration.days(1),
            {
                "targets": {
                    name: {"arn": target.serving.arn, "idle_days": target.idle_days} for name, target in targets.items()
                }
            },
        )
