"""Waiting longer than the hour that CloudFormation gives a custom resource.

A long wait is a chain of custom resources, its legs. Each waits for a while and then reports success though the work
goes on; the last one fails if it is not finished. Legs after the finish return at once. The resource that is waited
for is the first leg itself.
"""

import math
from collections.abc import Mapping
from typing import Any

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.provider import PersonalizeProvider
from personalize_stack.resource import PersonalizeResource

_LEG_SECONDS = 3000  # an hour less what the provider needs to notice and to answer


class Job(PersonalizeResource):
    """A resource whose making may last long: a job, a training.

    Args:
        max_duration: How long a deploy waits for it.
        role: The role that the service works with, if it needs one.
        properties: Further properties of the custom resource and of the legs. Default: none.
        more: See `PersonalizeResource`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        max_duration: Duration,
        role: iam.IRole | None = None,
        properties: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        legs = max(1, math.ceil(max_duration.to_seconds() / _LEG_SECONDS))
        about = dict(properties or {})
        super().__init__(scope, construct_id, properties=about | _leg(last=legs == 1), **more)
        if role is not None:
            self.node.add_dependency(role)  # its policies too, not only its ARN
        self._finished = self.arn
        for number in range(2, legs + 1):
            leg = CustomResource(
                self,
                f"Leg{number}",
                resource_type="Custom::PersonalizeWait",
                service_token=PersonalizeProvider.of(self).service_token,
                properties={"Parameters": {"arn": self._finished}, **about, **_leg(last=number == legs)},
            )
            self._finished = leg.get_att_string("Arn")

    @property
    def finished_arn(self) -> str:
        """Its ARN, known once it is finished."""
        return self._finished


def _leg(*, last: bool) -> dict[str, str]:
    return {"LegSeconds": str(_LEG_SECONDS), "Last": "true" if last else "false"}
