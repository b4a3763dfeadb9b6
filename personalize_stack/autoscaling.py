"""Autoscaler: what campaigns and recommenders reserve follows what is used of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from operations.functions.policy import Policy
from personalize_stack.function import OperationsFunction
from personalize_stack.notifications import Notifications
from personalize_stack.serving import Serving

NAMESPACE = "PersonalizeStack"
"""Of what operations measure themselves."""


@dataclass(frozen=True)
class Target:
    """What is scaled, and how."""

    serving: Serving
    policy: Policy


class Autoscaler(Construct):
    """Every minute, sets the minimum of each target as its policy says; above it the service scales by itself.

    Args:
        targets: What is scaled, by name.
        notifications: Where each change is told.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, targets: Mapping[str, Target], notifications: Notifications
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = OperationsFunction(
            self,
            "Function",
            handler="scaling.handler",
            description="Sets the minimum requests per second of campaigns and recommenders",
            environment={"BUS": notifications.bus.event_bus_name},
        )
        for target in targets.values():
            target.serving.grant_scale(self.function.role)
        notifications.grant_tell(self.function.role)
        self.function.read_metrics()
        self.function.put_metrics(NAMESPACE)
        self.function.run_every(
            Duration.minutes(1),
            {"targets": {name: _plain(target) for name, target in targets.items()}},
        )


def measured(scope: Construct, name: str, metric_name: str, **options: Any) -> cloudwatch.Metric:
    """Return a metric that operations put about something by its name: "MinimumTps", "UsedTps"."""
    dimensions = {"Stack": Stack.of(scope).stack_name, "Name": name}
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name=metric_name, dimensions_map=dimensions, **{"statistic": "Maximum", **options}
    )


def _plain(target: Target) -> dict[str, Any]:
    """A target as the function takes it."""
    prewarm = [asdict(window) for window in target.policy.prewarm]  # jsii knows no tuples
    return {"arn": target.serving.arn, "policy": {**asdict(target.policy), "prewarm": prewarm}}
