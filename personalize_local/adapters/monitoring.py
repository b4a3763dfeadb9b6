"""Brings ministack's CloudWatch and CloudFormation closer to the real ones where alarms and budgets depend on it.

* An alarm looks at the metric with its own dimensions, and not at all of that name; its new state is an event, too.
* A policy may bound the namespace that metrics are put into.
* A template may hold a budget.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import budgets, cloudwatch, eventbridge
from ministack.services.cloudformation import provisioners

BUDGET = "AWS::Budgets::Budget"
_COMPARED = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def install() -> None:
    """Replace two functions, and register budgets; ministack looks all of them up at each use."""
    cloudwatch._evaluate_alarm = evaluate
    iam_actions.request_tag_context = _with_namespace(iam_actions.request_tag_context)
    provisioners._RESOURCE_HANDLERS[BUDGET] = {"create": _create_budget, "delete": _delete_budget}


def evaluate(alarm: dict[str, Any]) -> None:
    """Set an alarm's state by what its metric has of the last periods, and tell when it is another one.

    Where there is nothing of them, the state stays: ministack looks at alarms when metrics are put, not as time passes.
    """
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    wanted = (alarm.get("Namespace"), alarm.get("MetricName"), dimensions)
    begin = time.time() - alarm.get("Period", 60) * alarm.get("EvaluationPeriods", 1)
    points = [point for key, found in cloudwatch._metrics.items() if key == wanted for point in found]
    recent = [point for point in points if point["Timestamp"] >= begin]
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    value = cloudwatch._stat_value(cloudwatch._calc_stats(recent), statistic, recent) if recent else None
    compare = _COMPARED.get(alarm.get("ComparisonOperator", ""))
    if value is None or compare is None:
        return
    before, state = alarm["StateValue"], "ALARM" if compare(value, alarm["Threshold"]) else "OK"
    if before == state:
        return
    reason = f"Threshold Crossed: {statistic} {value} {alarm['ComparisonOperator']} {alarm['Threshold']}"
    alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
    _tell(alarm, before)


def _tell(alarm: Mapping[str, Any], before: str) -> None:
    """Put the event of an alarm's new state on the default bus [EventBridge: CloudWatch events]."""
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {"value": alarm["StateValue"], "reason": alarm["StateReason"]},
        "previousState": {"value": before},
    }
    eventbridge._dispatch_event(
        {
            "EventId": new_uuid(),
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Detail": json.dumps(detail),
            "EventBusName": "default",
            "Time": time.time(),
            "Resources": [alarm["AlarmArn"]],
            "Account": get_account_id(),
            "Region": get_region(),
        }
    )


def _with_namespace(context: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Add the namespace that metrics are put into to what conditions of policies may look at."""

    def extended(service: str, action: str, body: bytes, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found = context(service, action, body, parameters)
        if action == "cloudwatch:PutMetricData":
            is_json = body[:1] == b"{"
            given = (
                json.loads(body) if is_json else {name: values[0] for name, values in parse_qs(body.decode()).items()}
            )
            found["cloudwatch:namespace"] = str(given.get("Namespace", ""))
        return found

    return extended


def _create_budget(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    budget = dict(properties["Budget"])
    budget.setdefault("BudgetName", f"{stack}-{logical_id}")
    # CloudFormation takes amounts as numbers, the API as text.
    budget["BudgetLimit"] = {**budget["BudgetLimit"], "Amount": str(budget["BudgetLimit"]["Amount"])}
    told = [
        {**one, "Notification": {**one["Notification"], "Threshold": float(one["Notification"]["Threshold"])}}
        for one in properties.get("NotificationsWithSubscribers", ())
    ]
    status, _, body = budgets._create_budget({"Budget": budget, "NotificationsWithSubscribers": told})
    if status >= 400:
        raise ValueError(f"{BUDGET}: {json.loads(body)}")
    return budget["BudgetName"], {}


def _delete_budget(physical_id: str, properties: Mapping[str, Any]) -> None:
    budgets._delete_budget({"BudgetName": physical_id})
