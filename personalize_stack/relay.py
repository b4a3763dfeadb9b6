"""Waiting longer than the hour that CloudFormation gives a custom resource.

A long wait is a chain of custom resources, its legs. Each waits for a while and then reports success though the work
goes on; the last one fails if it is not finished. Legs after the finish return at once. The resource that is waited
for is the first leg itself.
"""

import math
from dataclasses import dataclass

from aws_cdk import CustomResource, Duration
from constructs import Construct

from personalize_stack.provider import PersonalizeProvider

_LEG_SECONDS = 3000  # an hour less what the provider needs to notice and to answer


@dataclass(frozen=True)
class Relay:
    """A wait of so many legs."""

    legs: int

    @property
    def first_leg(self) -> dict[str, str]:
        """The properties that make the awaited resource the first leg."""
        return {"LegSeconds": str(_LEG_SECONDS), "Last": _text(self.legs == 1)}

    def further_legs(self, scope: Construct, arn: str) -> str:
        """Add the other legs below the scope; return the ARN as the last one passes it on."""
        provider = PersonalizeProvider.of(scope)
        for number in range(2, self.legs + 1):
            leg = CustomResource(
                scope,
                f"Leg{number}",
                resource_type="Custom::PersonalizeWait",
                service_token=provider.service_token,
                properties={
                    "Parameters": {"arn": arn},
                    "LegSeconds": str(_LEG_SECONDS),
                    "Last": _text(number == self.legs),
                },
            )
            arn = leg.get_att_string("Arn")
        return arn


def waits(longest: Duration) -> Relay:
    """Return the relay that covers the longest wait."""
    return Relay(max(1, math.ceil(longest.to_seconds() / _LEG_SECONDS)))


def _text(value: bool) -> str:
    return "true" if value else "false"
