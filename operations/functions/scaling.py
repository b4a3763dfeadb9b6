"""Lets minimums follow the use: every minute, for each campaign and recommender that autoscales.

The function keeps nothing: what is reserved and what is under way says the service, what was used says CloudWatch.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3

from operations.functions.policy import MINUTE, SEEN_MINUTES, Decision, Policy, Window
from operations.functions.serving import Served, described, set_minimum, use
from operations.functions.telling import PROBLEM, Teller
from operations.functions.turns import complain, take

NAMESPACE = "PersonalizeStack"
"""Of what operations measure themselves."""
SETTLES = MINUTE  # what CloudWatch has of the minute that has just ended may not be all of it yet


def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Scale what the event names; see `Scaler.scale`."""
    stack, bus = os.environ["STACK"], os.environ["BUS"]
    teller = Teller(boto3.client("events"), bus, stack)
    scaler = Scaler(boto3.client("personalize"), boto3.client("cloudwatch"), teller, stack, lambda: datetime.now(UTC))
    return scaler.scale(event["targets"])


class Scaler:
    """Lets minimums follow the use.

    Args:
        stack: The stack's name, for the metrics.
        now: Tells the time, as aware moments.
    """

    def __init__(
        self, personalize: Any, cloudwatch: Any, teller: Teller, stack: str, now: Callable[[], datetime]
    ) -> None:
        self._personalize, self._cloudwatch, self._teller = personalize, cloudwatch, teller
        self._stack, self._now = stack, now

    def scale(self, targets: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Look at each target, and change its minimum where the policy says so.

        Args:
            targets: By name, the ARN and the members of a Policy.

        Returns:
            By name, what came of it.

        Raises:
            RuntimeError: A target could not be scaled; the others were.
        """
        outcomes, failures = take(
            {name: partial(self._scale, name, one["arn"], policy(one["policy"])) for name, one in targets.items()}
        )
        complain(failures)
        return outcomes

    def _scale(self, name: str, arn: str, policy: Policy) -> str:
        served = described(self._personalize, arn)
        if served is None or served.is_stopped:
            return "paused"
        minutes = SEEN_MINUTES + policy.cooldown_minutes
        used = use(self._cloudwatch, arn, self._now() - SETTLES, minutes, MINUTE)
        self._measure(name, served, used[-1])
        if served.is_busy:
            return f"busy: {served.status}"
        if reason := served.failed_since(self._now() - MINUTE):  # once: the next look is a minute later
            told = f"{name} could not be scaled and reserves {served.minimum} TPS as before: {reason}"
            self._teller.tell("Capacity change failed", told, PROBLEM, name=name, arn=arn)
        decision = policy.decide(self._now(), used, served.minimum)
        if decision.min_tps == served.minimum:
            return f"stays at {served.minimum} TPS: {decision.reason}"
        set_minimum(self._personalize, served, decision.min_tps)
        self._tell(name, served, decision)
        return f"from {served.minimum} to {decision.min_tps} TPS: {decision.reason}"

    def _measure(self, name: str, served: Served, used: float) -> None:
        """Put what is reserved and what is used beside each other, for dashboards and the bill."""
        dimensions = [{"Name": "Stack", "Value": self._stack}, {"Name": "Name", "Value": name}]
        data = [
            {"MetricName": metric, "Dimensions": dimensions, "Value": value, "Timestamp": self._now()}
            for metric, value in (("MinimumTps", float(served.minimum)), ("UsedTps", used))
        ]
        self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)

    def _tell(self, name: str, served: Served, decision: Decision) -> None:
        changed = f"{name} reserves {decision.min_tps} TPS instead of {served.minimum}: {decision.reason}"
        more: dict[str, Any] = {"name": name, "arn": served.arn, "before": served.minimum, "after": decision.min_tps}
        if decision.is_limited:
            told = f"{changed}; that is its max_tps, so raise it if more is to come"
            self._teller.tell("Capacity limit reached", told, PROBLEM, **more)
        else:
            self._teller.tell("Capacity changed", changed, **more)


def policy(members: Mapping[str, Any]) -> Policy:
    """A policy from plain JSON data."""
    windows = tuple(Window(**window) for window in members.get("prewarm", ()))
    return Policy(**{**members, "prewarm": windows})
