"""A leg of a relay: it waits for a resource for as long as CloudFormation lets it, then hands on to the next leg.

An import or a training may last longer than the hour that CloudFormation gives a custom resource. So the wait is a
chain of custom resources. Each is done when the resource is ACTIVE or its own time is over; only the last one fails
when time runs out. The legs after the finish are done at once.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from custom_resources.api import Api, Description
from custom_resources.errors import Failed, InvalidRequest, StillGoing
from custom_resources.kinds import kind_of
from custom_resources.messages import duration, failure
from custom_resources.request import Progress, Request

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient


class Leg:
    """`Custom::PersonalizeWait`: waits for the resource with the ARN in its parameters.

    Args:
        now: Tells the time, in epoch seconds.
    """

    def __init__(self, client: "PersonalizeClient", now: Callable[[], float]) -> None:
        self._client = client
        self._now = now

    def begin(self, request: Request) -> Progress:
        """Look once."""
        return self._look_back(request) if request.verb == "Delete" else self._look(request, request.parameter("arn"))

    def go_on(self, request: Request) -> Progress:
        """Look again."""
        return self._look_back(request) if request.verb == "Delete" else self._look(request, request.physical_id)

    def give_up(self, request: Request, progress: Progress) -> Progress:
        """Hand on to the next leg; of a delete, to the one before, and in the end to the resource itself.

        Raises:
            StillGoing: This is the last one.
        """
        if request.verb == "Delete" or not request.is_last_leg:
            return _passed_on(progress.physical_id, f"{progress.note}; the next leg waits")
        began = self._describe(progress.physical_id).values["creationDateTime"]
        assert isinstance(began, datetime)
        raise StillGoing(
            f"{progress.physical_id} is not ready {duration(self._now() - began.timestamp())} after it began: "
            f"{progress.note}; allow it more time in the configuration, or deploy again to go on waiting"
        )

    def _look(self, request: Request, arn: str) -> Progress:
        """Look whether the resource is ready."""
        found = self._describe(arn)
        if found.failed:
            raise Failed(failure(found))
        note = f"it is {found.status}"
        if found.is_busy:
            return Progress(arn, note)
        on = request.is_running
        if found.kind.switchable and on not in (None, found.is_on):
            Api(found.kind, self._client).switch(arn, on=bool(on))
            return Progress(arn, "started" if on else "stopped")
        return _passed_on(arn, note)

    def _look_back(self, request: Request) -> Progress:
        """Look whether the resource can be deleted: what is still being made and cannot be stopped must end first."""
        arn = request.physical_id
        if not arn.startswith("arn:"):
            return Progress(arn, "it never waited for anything", done=True)
        kind = kind_of(arn)
        found = Api(kind, self._client).describe(arn)
        if found is None or kind.stoppable or not found.is_busy or found.is_being_deleted:
            return Progress(arn, "nothing is in the way", done=True)
        return Progress(arn, f"it is {found.status}, which must end before it can be deleted")

    def _describe(self, arn: str) -> Description:
        try:
            found = Api(kind_of(arn), self._client).describe(arn)
        except KeyError as error:
            raise InvalidRequest(f"a leg waits for a Personalize resource, got {arn!r}") from error
        if found is None:
            raise Failed(f"{arn} does not exist any more; deploy again to have it made anew")
        return found


def _passed_on(arn: str, note: str) -> Progress:
    return Progress(arn, note, done=True, data={"Arn": arn})
