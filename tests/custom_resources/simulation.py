"""The simulated service with faults that tests can ask for, and the two that call the function on AWS."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from custom_resources.handler import Handler
from custom_resources.kinds import KINDS
from personalize_local.service.clock import VirtualClock
from personalize_local.service.errors import ServiceError
from personalize_local.service.job import Outcome
from personalize_local.service.service import Service

EVENTS = Path(__file__).parent / "events"
QUERY_SECONDS = 300  # between two looks of the framework
FRAMEWORK_LOOKS = 12  # until the framework gives up


class Faults:
    """Stands before the service and spoils answers.

    Attributes:
        calls: The operations that were asked for, in order, with their requests.
    """

    def __init__(self) -> None:
        self.service: Service
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._refusals: dict[str, list[ServiceError]] = {}
        self._failures: dict[str, str] = {}
        self._events: dict[str, Callable[[], None]] = {}
        self._shown: dict[str, dict[str, Any]] = {}

    def refuse(self, operation: str, code: str, message: str, times: int = 1) -> None:
        """Answer the next calls of an operation with an error."""
        error = ServiceError(message)
        error.code = code
        self._refusals.setdefault(operation, []).extend([error] * times)

    def fail(self, kind: str, reason: str) -> None:
        """Let the next creation of a kind fail."""
        self._failures[f"Create{kind}"] = reason

    def after(self, operation: str, event: Callable[[], None]) -> None:
        """Let something happen once the next call of an operation is answered."""
        self._events[operation] = event

    def show(self, arn: str, **members: Any) -> None:
        """Describe a resource with other members than it has, until it is deleted."""
        self._shown.setdefault(arn, {}).update(members)

    def show_truth(self, arn: str) -> None:
        """Describe a resource as it is."""
        self._shown.pop(arn, None)

    def dispatch(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer as the service does, but for the faults."""
        self.calls.append((operation, request))
        if refusals := self._refusals.get(operation):
            raise refusals.pop(0)
        answer = self.service.dispatch(operation, request)
        if reason := self._failures.pop(operation, None):
            arn = next(value for key, value in answer.items() if key.endswith("Arn"))
            self.show(arn, status="CREATE FAILED", failureReason=reason)
        if event := self._events.pop(operation, None):
            event()
        if operation.startswith("Delete"):
            self.show_truth(next(iter(request.values())))
        if operation.startswith("Describe"):
            (description,) = answer.values()
            description |= self._shown.get(next(iter(request.values())), {})
        return answer

    def close(self) -> None:
        """Close the service."""
        self.service.close()

    def sent(self, operation: str) -> list[Mapping[str, Any]]:
        """The requests of an operation, in order."""
        return [request for called, request in self.calls if called == operation]


class Trainer:
    """Trains nothing, and knows what comes of it.

    Attributes:
        outcomes: What comes of the next trainings; they succeed otherwise.
    """

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def start(self, folder: Path, done: Callable[[], None]) -> None:
        (self.outcomes.pop(0) if self.outcomes else Outcome(metrics={"coverage": 0.5})).write(folder)
        done()

    def stop(self, folder: Path) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Deployed:
    """A custom resource as CloudFormation knows it."""

    resource_type: str
    logical_id: str
    physical_id: str
    properties: Mapping[str, Any]
    data: Mapping[str, str] = field(default_factory=dict)

    def with_properties(self, properties: Mapping[str, Any]) -> "Deployed":
        """The same resource, after a change that CloudFormation takes back."""
        return replace(self, properties=properties)


class DeploymentFailed(Exception):  # noqa: N818
    """The function raised; CloudFormation keeps the physical ID that it knows by then."""

    def __init__(self, message: str, deployed: Deployed, waited_seconds: float) -> None:
        super().__init__(message)
        self.deployed = deployed
        self.waited_seconds = waited_seconds


class CloudFormation:
    """Calls the function as CloudFormation and the CDK's Provider framework do; time passes between two looks.

    Attributes:
        status: Of the stack; by default what goes with the request.
        handler: The function.
    """

    def __init__(self, personalize: Any, s3: Any, clock: VirtualClock) -> None:
        self.status: str | None = None
        self.handler = Handler(personalize, s3, cast(Any, self), clock.now)
        self._advance = clock.advance
        self._verb = "Create"

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - what the function calls
        status = self.status or f"{self._verb.upper()}_IN_PROGRESS"
        return {"Stacks": [{"StackId": StackName, "StackStatus": status}]}

    def create(self, resource_type: str, properties: Mapping[str, Any], logical_id: str = "Hrnn0A1B2C3D") -> Deployed:
        return self._send("Create", Deployed(resource_type, logical_id, "", properties))

    def update(self, deployed: Deployed, properties: Mapping[str, Any]) -> Deployed:
        after = Deployed(deployed.resource_type, deployed.logical_id, deployed.physical_id, properties)
        return self._send("Update", after, OldResourceProperties=deployed.properties)

    def delete(self, deployed: Deployed) -> Deployed:
        return self._send("Delete", deployed)

    def event(self, request_type: str, deployed: Deployed, **more: Any) -> dict[str, Any]:
        """The event, with all scalars as strings."""
        event = json.loads((EVENTS / "create.json").read_text())
        event |= {
            "RequestType": request_type,
            "LogicalResourceId": deployed.logical_id,
            "ResourceType": f"Custom::Personalize{deployed.resource_type}",
            "ResourceProperties": _as_strings(deployed.properties),
            **_as_strings(more),
        }
        return event | ({"PhysicalResourceId": deployed.physical_id} if deployed.physical_id else {})

    def _send(self, request_type: str, deployed: Deployed, **more: Any) -> Deployed:
        event = self.event(request_type, deployed, **more)
        self._verb = request_type
        waited = 0.0
        try:
            event = json.loads(json.dumps(event | self.handler.on_event(event)))
            for _ in range(FRAMEWORK_LOOKS):
                answer = json.loads(json.dumps(self.handler.is_complete(event)))
                if answer["IsComplete"]:
                    break
                assert "Data" not in answer, "the framework refuses data of what is not complete"
                self._advance(QUERY_SECONDS)
                waited += QUERY_SECONDS
            else:
                raise AssertionError("the framework timed out, and our message with the reason never came")
        except AssertionError:
            raise
        except Exception as error:
            known = Deployed(
                deployed.resource_type, deployed.logical_id, event.get("PhysicalResourceId", ""), deployed.properties
            )
            raise DeploymentFailed(str(error), known, waited) from error
        response = event | answer
        assert len(json.dumps(response["Data"])) < 1_000
        return Deployed(
            deployed.resource_type,
            deployed.logical_id,
            response["PhysicalResourceId"],
            deployed.properties,
            response["Data"],
        )


def describe(personalize, deployed):
    """What the service says of a resource; None if there is none."""
    kind = KINDS[deployed.resource_type]
    try:
        answer = getattr(personalize, f"describe_{kind.stem}")(**{kind.arn_key: deployed.data["Arn"]})
    except personalize.exceptions.ResourceNotFoundException:
        return None
    return answer[kind.describe_key]


def is_ready(personalize, deployed):
    """Whether it is there and done; schemas have no state, and data deletion jobs a word of their own."""
    found = describe(personalize, deployed)
    return found is not None and found.get("status", "ACTIVE") in {"ACTIVE", "COMPLETED"}


def tags(personalize, deployed):
    answer = personalize.list_tags_for_resource(resourceArn=deployed.data["Arn"])
    return {tag["tagKey"]: tag["tagValue"] for tag in answer["tags"]}


def lasting(properties):
    """The properties of one that waits until the end by itself."""
    return properties | {"LegSeconds": 3_200, "Last": True}


def _as_strings(value: Any) -> Any:
    """As CloudFormation sends values."""
    match value:
        case Mapping():
            return {key: _as_strings(item) for key, item in value.items()}
        case list():
            return [_as_strings(item) for item in value]
        case bool():
            return str(value).lower()
        case _:
            return str(value)
