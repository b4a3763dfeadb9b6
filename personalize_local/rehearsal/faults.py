"""Faults of the service, one at a time or at random, and what must be true in the end whatever they are."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from botocore.exceptions import ReadTimeoutError

from personalize_local.rehearsal.clients import Dispatch
from personalize_local.rehearsal.cloudformation import DeploymentFailed
from personalize_local.rehearsal.rehearsal import Rehearsal
from personalize_local.rehearsal.template import Template
from personalize_local.service.errors import InternalFailure, ServiceError, Throttled
from personalize_local.service.profiles import Profile, Verb

# Everything takes some seconds: long enough to be seen in progress, so short that few calls only look.
SHORT = Profile("short", dict.fromkeys(Verb, 15.0), {}, deleting_children_block=True)
ATTEMPTS = 8  # of the function's client, in the seeded run; see `custom_resources.handler`


class Fault(StrEnum):
    """What can happen to a call, so that the client's own attempts do not help."""

    THROTTLE = "throttle"
    SERVER_ERROR = "server error"
    TIMEOUT = "timeout after the effect"
    JOB_FAILURE = "failure of what was begun"


class Operation(StrEnum):
    """What is done to the stack when the fault comes."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


def refusal(code: str, status: int) -> ServiceError:
    """An error of the service."""
    error = ServiceError("a fault of the rehearsal")
    error.code, error.status = code, status
    return error


REFUSALS: Mapping[Fault, tuple[str, int]] = {
    Fault.THROTTLE: (Throttled.code, Throttled.status),
    Fault.SERVER_ERROR: (InternalFailure.code, InternalFailure.status),
}


@dataclass
class OneFault:
    """Stands before the service and spoils one call, once it is armed.

    Attributes:
        calls: How many calls there were since.
        hit: Whether the fault came.
    """

    fault: Fault | None = None
    position: int = -1
    armed: bool = False
    calls: int = 0
    hit: bool = False
    fail: Callable[[str], None] = lambda arn: None

    def arm(self) -> None:
        """Count from now on."""
        self.armed, self.calls, self.hit = True, 0, False

    def disarm(self) -> None:
        """Spoil nothing more."""
        self.armed = False

    def between(self, dispatch: Dispatch) -> Dispatch:
        """The service's dispatch, spoilt."""

        def spoilt(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
            position, self.calls = self.calls, self.calls + self.armed
            if not self.armed or position != self.position or self.fault is None:
                return dispatch(operation, request)
            if self.fault in REFUSALS:
                self.hit = True
                raise refusal(*REFUSALS[self.fault])
            answer = dispatch(operation, request)
            if self.fault == Fault.TIMEOUT:
                self.hit = True
                raise ReadTimeoutError(endpoint_url="https://personalize")
            if operation.startswith("Create") and operation != "CreateSchema":
                self.hit = True
                self.fail(next(str(value) for key, value in answer.items() if key.endswith("Arn")))
            return answer

        return spoilt


@dataclass(frozen=True)
class Scene:
    """A stack of a cloud assembly, and how long the service takes for everything."""

    assembly: Path
    stack: str
    profile: Profile = SHORT

    def rehearsal(self, between: Callable[[Dispatch], Dispatch] = lambda dispatch: dispatch) -> Rehearsal:
        """A new account to deploy to."""
        return Rehearsal(self.assembly, self.stack, self.profile, between)


def changed(template: Template) -> Template:
    """The same stack after a change of many things: in place where the API can, anew where it cannot.

    Of the kinds that are made anew, one is: a quota may have no room for all of them beside the old ones.
    """
    resources = deepcopy(dict(template.resources))
    anew = {"Custom::PersonalizeFilter", "Custom::PersonalizeSolution"}
    for _, resource in sorted(resources.items()):
        properties = resource.get("Properties", {})
        if tags := properties.get("Tags") if resource["Type"].startswith("Custom::") else None:
            dropped = min(tags)
            properties["Tags"] = {**{key: tag for key, tag in tags.items() if key != dropped}, "changed": "yes"}
        match resource["Type"]:
            case "Custom::PersonalizeCampaign":
                properties["Parameters"]["minProvisionedTPS"] += 1
            case "Custom::PersonalizeRecommender":
                properties["Parameters"]["recommenderConfig"]["minRecommendationRequestsPerSecond"] += 1
                properties["Running"] = "false" if properties["Running"] == "true" else "true"
            case "Custom::PersonalizeSchema":
                properties["Parameters"]["schema"] = _with_a_column(properties["Parameters"]["schema"])
            case resource_type if resource_type in anew:
                anew.remove(resource_type)
                properties["Name"] += "-anew"
            case "Custom::PersonalizeMetricAttribution":
                properties["Parameters"]["metrics"][0]["metricName"] += "2"
    return replace(template, resources=resources)


def _with_a_column(schema: str) -> str:
    """The schema with a column more, where the service takes one in place."""
    record = json.loads(schema)
    if record["name"] not in {"Items", "Users"}:
        return schema
    record["fields"].append({"name": "ADDED", "type": ["string", "null"], "categorical": True})
    return json.dumps(record)


@dataclass
class Tally:
    """What became of the runs.

    Attributes:
        ends: How many ended how, by operation and fault.
        wrong: What was not as it must be, a sentence for each run.
    """

    ends: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def positions(scene: Scene, operation: Operation) -> int:
    """How many calls of the service there are in an operation without a fault."""
    counter = OneFault()
    rehearsal = scene.rehearsal(counter.between)
    try:
        _prepare(rehearsal, operation)
        counter.arm()
        _operate(rehearsal, operation)
        return counter.calls
    finally:
        rehearsal.close()


def run(scene: Scene, operation: Operation, fault: Fault, position: int, tally: Tally) -> None:
    """Let one fault come, and look what becomes of it.

    It must be done; or rolled back, with what was there before and nothing else, and the same again must succeed.
    A schema with a column that the service does not take back may stay, as long as a dataset has it.
    """
    place = f"{scene.stack}, {operation}, {fault} at call {position}"
    one = OneFault(fault, position)
    rehearsal = scene.rehearsal(one.between)
    one.fail = lambda arn: rehearsal.service.fail(arn, "a fault of the rehearsal")
    try:
        _prepare(rehearsal, operation)
        before = _names(rehearsal)
        one.arm()
        end = "done"
        try:
            _operate(rehearsal, operation)
        except DeploymentFailed as error:
            end = "rolled back" if operation != Operation.DELETE else "delete failed"
            if any("rollback of" in name or "delete of" in name for name in error.reasons):
                tally.wrong.append(f"{place}: not rolled back: {error}")
                end = "stuck"
        one.disarm()
        if not one.hit:
            return
        tally.ends[operation, fault, end] += 1
        differing = (_names(rehearsal) ^ before) - _schemas_in_use(rehearsal)
        if end == "rolled back" and differing:
            tally.wrong.append(f"{place}: rolled back to {sorted(differing)} more or less")
        if end != "done":
            _operate(rehearsal, operation)
        if operation != Operation.DELETE:
            rehearsal.stack.destroy()
        if left := rehearsal.left():
            tally.wrong.append(f"{place}: left behind {left}")
    except Exception as error:  # whatever it is, it belongs to this run
        tally.wrong.append(f"{place}: {type(error).__name__}: {error}")
    finally:
        rehearsal.close()


def run_at_random(
    scene: Scene, seed: int, *, throttled: float = 0.05, server_errors: float = 0.02, attempts: int = ATTEMPTS
) -> dict[str, int]:
    """Create, update and delete with so many of all calls refused; the client tries again as it is set to.

    Returns:
        How many calls there were and how many were refused.

    Raises:
        DeploymentFailed: The stack did not come through.
    """
    chance, counts = random.Random(seed), Counter[str]()

    def between(dispatch: Dispatch) -> Dispatch:
        def tried(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
            for attempt in range(1, attempts + 1):
                counts["calls"] += 1
                drawn = chance.random()
                fault = (
                    Fault.THROTTLE
                    if drawn < throttled
                    else Fault.SERVER_ERROR
                    if drawn < throttled + server_errors
                    else None
                )
                if fault is None:
                    return dispatch(operation, request)
                counts[fault] += 1
                if attempt == attempts:
                    raise refusal(*REFUSALS[fault])
            raise AssertionError("the last attempt answers")

        return tried

    rehearsal = scene.rehearsal(between)
    try:
        rehearsal.stack.deploy(rehearsal.template)
        rehearsal.stack.deploy(changed(rehearsal.template))
        rehearsal.stack.destroy()
        left = rehearsal.left()
        assert not left, f"left behind {left}"
    finally:
        rehearsal.close()
    return dict(counts)


def _prepare(rehearsal: Rehearsal, operation: Operation) -> None:
    if operation != Operation.CREATE:
        rehearsal.stack.deploy(rehearsal.template)


def _operate(rehearsal: Rehearsal, operation: Operation) -> None:
    match operation:
        case Operation.CREATE:
            rehearsal.stack.deploy(rehearsal.template)
        case Operation.UPDATE:
            rehearsal.stack.deploy(changed(rehearsal.template))
        case Operation.DELETE:
            rehearsal.stack.destroy()


def _names(rehearsal: Rehearsal) -> set[str]:
    """What there is, by ARN; trackers' end in a hash of the service's that says nothing."""
    return {arn.rpartition("/")[0] if ":event-tracker/" in arn else arn for arn in rehearsal.left()}


def _schemas_in_use(rehearsal: Rehearsal) -> set[str]:
    """The schemas that datasets have."""
    dispatch = rehearsal.service.dispatch
    datasets = [summary["datasetArn"] for summary in dispatch("ListDatasets", {})["datasets"]]
    return {dispatch("DescribeDataset", {"datasetArn": arn})["dataset"]["schemaArn"] for arn in datasets}
