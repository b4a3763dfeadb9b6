"""Delete what can be deleted, stop what can be stopped, and wait until nothing is left."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice

from custom_resources.api import Api, Description, is_busy
from custom_resources.kinds import KINDS, Kind
from custom_resources.patience import SERVICE_ERRORS, reason_to_wait

_MAX_NAMED = 5  # of the resources that block a delete


class Removal:
    """Takes resources of one kind away."""

    def __init__(self, kind: Kind, api: Api) -> None:
        self._kind = kind
        self._api = api

    def step(self, resources: Iterator[Description]) -> str | None:
        """Take the next step for each; say what is waited for, or None once nothing is left to wait for."""
        waiting = (reason for found in resources if (reason := self._remove(found)))
        return next(waiting, None)

    def blockers(self, arn: str) -> str:
        """Name what keeps a resource from being deleted, as far as it can be listed."""
        with suppress(*SERVICE_ERRORS):
            below = ((child, found) for child in self._kind.children for found in self._api.list(child, arn))
            naming = (
                (KINDS[name], found) for name in self._kind.named_by for found in self._api.naming(KINDS[name], arn)
            )
            arns = (found[kind.arn_key] for kind, found in chain(below, naming) if kind.deletable or is_busy(found))
            if named := ", ".join(islice(arns, _MAX_NAMED)):
                return f"; still there: {named}"
        return ""

    def _remove(self, found: Description) -> str | None:
        if found.is_being_deleted:
            return f"it is {found.status}"
        return self._delete(found) if self._kind.deletable else self._stop(found)

    def _stop(self, found: Description) -> str | None:
        if not found.is_busy:
            return None
        if not self._kind.stoppable:
            return f"it is {found.status} and cannot be stopped"
        self._api.stop(self._kind, found.arn)
        return None

    def _delete(self, found: Description) -> str:
        try:
            self._api.delete(found.arn)
        except SERVICE_ERRORS as error:
            reason = reason_to_wait(error)
            self._stop_children(found.arn)
            return reason
        return "deleted"

    def _stop_children(self, arn: str) -> None:
        """Stop the trainings that keep a solution from being deleted; the service begins some by itself."""
        for child in self._kind.children:
            if child.stoppable:
                for summary in filter(is_busy, self._api.list(child, arn)):
                    self._api.stop(child, summary[child.arn_key])
