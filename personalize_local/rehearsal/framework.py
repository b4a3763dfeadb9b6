"""The CDK's Provider framework: calls the function for a custom resource, polls it, and answers CloudFormation.

A step is a generator that yields the seconds to wait before it goes on, and returns what it comes to.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from custom_resources.handler import Handler

Result = TypeVar("Result")
Step = Generator[float, None, Result]

POLL_SECONDS = 10.0
TIMEOUT_SECONDS = 55 * 60.0
INVOKE_SECONDS = 2.0  # CloudFormation, the framework's function and ours
MAX_RESPONSE_BYTES = 4096
MARKER = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"  # the ID of a create that failed at once


@dataclass(frozen=True)
class Answer:
    """What CloudFormation is told of a custom resource."""

    physical_id: str
    data: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - named after what it tells
    """The function failed.

    Args:
        physical_id: By which CloudFormation knows the resource from then on.
    """

    def __init__(self, message: str, physical_id: str) -> None:
        super().__init__(message)
        self.physical_id = physical_id


def call(handler: Handler, event: Mapping[str, Any]) -> Step[Answer]:
    """Do what an event asks for.

    Raises:
        Refusal: The function failed, or did not come to an end.
    """
    physical_id = str(event.get("PhysicalResourceId", ""))
    yield INVOKE_SECONDS
    if event["RequestType"] == "Delete" and physical_id == MARKER:
        return Answer(physical_id)
    try:
        begun = handler.on_event(event)
    except Exception as error:
        raise Refusal(str(error), physical_id if physical_id else MARKER) from error
    going = _sent({**event, **begun})
    physical_id = going["PhysicalResourceId"]
    waited = 0.0
    while waited < TIMEOUT_SECONDS:
        try:
            answer = handler.is_complete(going)
        except Exception as error:
            raise Refusal(str(error), physical_id) from error
        if answer["IsComplete"]:
            response = _sent({**going, **answer})
            assert len(json.dumps(response["Data"])) + len(response["PhysicalResourceId"]) < MAX_RESPONSE_BYTES
            return Answer(response["PhysicalResourceId"], response["Data"])
        yield POLL_SECONDS
        waited += POLL_SECONDS
    raise Refusal("Operation timed out", physical_id)


def _sent(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event as it arrives at the other side."""
    arrived: dict[str, Any] = json.loads(json.dumps(event))
    return arrived
