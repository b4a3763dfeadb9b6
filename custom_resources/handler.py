"""The Lambda function behind all custom resources: the event becomes a request, its type says who answers it.

The CDK's Provider framework calls `on_event` once, then `is_complete` until it says so; it answers CloudFormation, with
the message of the error that we raise if we raise one.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config

from custom_resources.errors import CustomResourceError, InvalidRequest, Refused, explain
from custom_resources.kinds import KINDS
from custom_resources.lifecycle import Lifecycle
from custom_resources.objects import BucketContents, DataObject
from custom_resources.patience import SERVICE_ERRORS, is_transient
from custom_resources.relay import Leg
from custom_resources.request import RESOURCE_TYPE_PREFIX, Progress, Request
from custom_resources.stacks import Stacks

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_personalize import PersonalizeClient
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logging.basicConfig(format="%(message)s")  # Lambda's runtime has a handler already, the local cloud's has none

# Bounded, so that a call ends long before the function's time does: after some minutes in the worst case.
_RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 8}, connect_timeout=5, read_timeout=30)

Event = Mapping[str, Any]


class Resource(Protocol):
    """What answers the requests for one type of custom resource."""

    def begin(self, request: Request) -> Progress:
        """Take the first step."""

    def go_on(self, request: Request) -> Progress:
        """Take the next step; it may be taken any number of times."""

    def give_up(self, request: Request, progress: Progress) -> Progress:
        """Answer, or fail, now that the time is over."""


def on_event(event: Event, context: object) -> dict[str, Any]:
    """Begin what CloudFormation asks for."""
    return _handler().on_event(event)


def is_complete(event: Event, context: object) -> dict[str, Any]:
    """Go on with it, and say whether it is done."""
    return _handler().is_complete(event)


@cache
def _handler() -> "Handler":
    return Handler(
        boto3.client("personalize", config=_RETRIES),
        boto3.client("s3", config=_RETRIES),
        boto3.client("cloudformation", config=_RETRIES),
    )


class Handler:
    """Answers the Provider framework.

    Args:
        now: Tells the time, in epoch seconds.
    """

    def __init__(
        self,
        personalize: "PersonalizeClient",
        s3: "S3Client",
        cloudformation: "CloudFormationClient",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._personalize = personalize
        self._s3 = s3
        self._stacks = Stacks(cloudformation)
        self._now = now

    def on_event(self, event: Event) -> dict[str, Any]:
        """Begin what CloudFormation asks for.

        Returns:
            The physical ID, and what `is_complete` must know.

        Raises:
            CustomResourceError: It cannot be done, and nothing was created.
        """
        request, progress = self._answer(event, _begin)
        return {"PhysicalResourceId": progress.physical_id, **(progress.begun or request.begun).to_event()}

    def is_complete(self, event: Event) -> dict[str, Any]:
        """Go on with it.

        Returns:
            Whether it is done; once it is, the attributes and the final physical ID too.

        Raises:
            CustomResourceError: It failed, or its time is over.
        """
        _, progress = self._answer(event, self._go_on)
        if not progress.done:
            return {"IsComplete": False}
        return {"IsComplete": True, "PhysicalResourceId": progress.physical_id, "Data": dict(progress.data)}

    def _answer(self, event: Event, step: Callable[[Request, Resource], Progress]) -> tuple[Request, Progress]:
        """Take a step, and log what came of it in one line."""
        request = Request.of(event, self._now())
        try:
            progress = step(request, self._resource(request))
        except SERVICE_ERRORS as error:
            refused = Refused(request.subject, error)
            self._log(request, str(refused), "failed")
            raise refused from error
        except CustomResourceError as error:
            self._log(request, str(error), "failed")
            raise
        self._log(request, progress.note, "done" if progress.done else "waiting", progress.physical_id)
        return request, progress

    def _go_on(self, request: Request, resource: Resource) -> Progress:
        progress = _patiently(request, resource.go_on)
        if progress.done or request.waited_seconds(self._now()) < request.leg_seconds:
            return progress
        return _patiently(request, lambda request: resource.give_up(request, progress))

    def _resource(self, request: Request) -> Resource:
        match request.resource_type:
            case "Wait":
                return Leg(self._personalize, self._now)
            case "DataObject":
                return DataObject(self._s3)
            case "BucketContents":
                return BucketContents(self._s3, self._now)
            case kind if kind in KINDS:
                return Lifecycle(KINDS[kind], self._personalize, self._stacks, self._now)
            case other:
                raise InvalidRequest(f"there is no resource type {RESOURCE_TYPE_PREFIX}{other}, only {sorted(KINDS)}")

    def _log(self, request: Request, decision: str, outcome: str, physical_id: str = "") -> None:
        line = {
            "resource_type": request.resource_type,
            "logical_id": request.logical_id,
            "request": request.verb,
            "physical_id": physical_id or request.physical_id,
            "waited_seconds": round(request.waited_seconds(self._now())),
            "outcome": outcome,
            "decision": decision,
        }
        logger.info(json.dumps(line))


def _begin(request: Request, resource: Resource) -> Progress:
    if request.verb == "Delete":
        return _patiently(request, resource.begin)
    return resource.begin(request)  # what there is must be known before we go on; a failure has created nothing


def _patiently(request: Request, step: Callable[[Request], Progress]) -> Progress:
    """Take a step; an error that passes means to look again."""
    try:
        return step(request)
    except SERVICE_ERRORS as error:
        if not is_transient(error):
            raise
        return Progress(request.physical_id, explain(error))
