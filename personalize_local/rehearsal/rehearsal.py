"""A stack, the function behind its custom resources and a Personalize that does nothing but take its time."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, cast

from custom_resources.handler import Handler
from personalize_local.rehearsal.clients import (
    DESCRIBE_STACKS,
    Dispatch,
    Objects,
    Stacks,
    assets_of,
    personalize_client,
)
from personalize_local.rehearsal.cloudformation import Stack
from personalize_local.rehearsal.template import ACCOUNT, REGION, Template
from personalize_local.service import lifecycle
from personalize_local.service.clock import VirtualClock
from personalize_local.service.job import Outcome
from personalize_local.service.profiles import Profile
from personalize_local.service.service import Service

START = 1_790_000_000.0


class Rehearsal:
    """Deploys a stack of a cloud assembly in virtual time.

    Imports, trainings and batch jobs succeed without any work, after the time that the profile gives them.

    Args:
        assembly: The folder that the CDK synthesized into.
        profile: How long Personalize's steps take.
        between: Stands between the function and the service: given the service's dispatch, returns another.
    """

    def __init__(
        self,
        assembly: Path,
        stack: str,
        profile: Profile,
        between: Callable[[Dispatch], Dispatch] = lambda dispatch: dispatch,
    ) -> None:
        self.clock = VirtualClock(START)
        self.objects = Objects(assets_of(assembly, stack))
        self.service = Service(
            ACCOUNT,
            REGION,
            state=None,
            objects=self.objects,
            clock=self.clock,
            profile=profile,
            trainer=_Trainer(),
            background=_NoWork(),
        )
        self.template = Template.read(assembly, stack)
        dispatch = between(self._dispatch)
        personalize, cloudformation = personalize_client(dispatch), cast(Any, Stacks(dispatch))
        handler = Handler(personalize, cast(Any, self.objects), cloudformation, self.clock.now)
        self.stack = Stack(stack, handler, self.clock)

    def close(self) -> None:
        """Let go of everything."""
        self.service.close()

    def left(self) -> list[str]:
        """The ARNs of whatever there is in the service, once what is being deleted is gone."""
        self.stack.settle()
        self.clock.advance(24 * 3600)
        return sorted(
            str(summary[f"{kind}Arn"])
            for kind, key in _LISTED.items()
            for summary in self.service.dispatch(f"List{kind[0].upper()}{kind[1:]}s", {})[key]
        )

    def _dispatch(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == DESCRIBE_STACKS:
            return {"Stacks": [{**request, "StackStatus": self.stack.status}]}
        return self.service.dispatch(operation, request)


# What can be left behind, by the key of its list. Jobs and versions go with what they belong to.
_LISTED: Mapping[str, str] = {
    "datasetGroup": "datasetGroups",
    "schema": "schemas",
    "dataset": "datasets",
    "solution": "solutions",
    "campaign": "campaigns",
    "recommender": "recommenders",
    "eventTracker": "eventTrackers",
    "filter": "Filters",
    "metricAttribution": "metricAttributions",
}


class _Trainer:
    """Trains nothing, and succeeds."""

    def start(self, folder: Path, done: Callable[[], None]) -> None:
        Outcome(metrics={"coverage": 0.5}).write(folder)
        done()

    def stop(self, folder: Path) -> None: ...

    def close(self) -> None: ...


class _NoWork(Executor):
    """Does not do what a job would do; the job succeeds in its time."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Finish the job."""
        region, job = args
        lifecycle.finish(region, job)
        future: Future[Any] = Future()
        future.set_result(None)
        return future
