"""CloudFormation's order of things: side by side what can be, back to what was when something fails.

Semantics from the CloudFormation user guide ("custom resources", "stack failure options") and the CDK's Provider
framework: what a failed or interrupted create is deleted by, which ID means a replacement, who cleans up and when.
"""

import heapq
from collections.abc import Callable, Generator, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from inspect import GEN_CREATED, getgeneratorstate
from itertools import count
from typing import Any

from custom_resources.handler import Handler
from personalize_local.rehearsal.framework import Answer, Refusal, Step, call
from personalize_local.rehearsal.template import ACCOUNT, REGION, Attributes, Template
from personalize_local.service.clock import VirtualClock

CUSTOM = "Custom::Personalize"

# Typical durations of what is no resource of ours, in seconds, and what its attributes are.
SECONDS: Mapping[str, float] = {"AWS::KMS::Key": 120, "AWS::IAM::Role": 18, "AWS::IAM::Policy": 16}
USUAL_SECONDS = 5.0

_NUMBERS = count()  # of the steps, so that those of one moment stay in order


@dataclass(frozen=True)
class Deployed:
    """A resource of a stack, as CloudFormation knows it."""

    physical_id: str
    properties: Mapping[str, Any]
    attributes: Attributes


@dataclass(frozen=True)
class Span:
    """When a resource was worked on, in seconds since the operation began."""

    logical_id: str
    verb: str
    began: float
    ended: float


class DeploymentFailed(Exception):  # noqa: N818 - named after what happened
    """An operation failed and was rolled back, or could not be.

    Args:
        reasons: By logical ID, why.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{logical_id}: {reason}" for logical_id, reason in reasons.items()))
        self.reasons = reasons


@dataclass
class Stack:
    """A stack in virtual time.

    Attributes:
        status: As DescribeStacks tells it.
        resources: What is deployed, by logical ID.
        spans: What the last operation did, and when.
    """

    name: str
    handler: Handler
    clock: VirtualClock
    template: Template | None = None
    status: str = ""
    resources: dict[str, Deployed] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    _stale: list[tuple[str, Deployed]] = field(default_factory=list)  # to be deleted in the clean-up
    _forsaken: list["_Running"] = field(default_factory=list)  # that the framework goes on with, answered by nobody

    def deploy(self, template: Template) -> None:
        """Create the stack, or update it.

        Raises:
            DeploymentFailed: Something failed; what was there before is there again.
        """
        self.spans = []
        before, known = self.template, dict(self.resources)
        self.status = "UPDATE_IN_PROGRESS" if before else "CREATE_IN_PROGRESS"
        work = _Work(self, template)
        work.run(template.order(), template.needs.__getitem__, work.bring)
        if work.failed:
            self._roll_back(work, before, known)
            raise DeploymentFailed(work.failed)
        gone = [logical_id for logical_id in known if logical_id not in template.resources]
        stale = [*self._stale, *((logical_id, known[logical_id]) for logical_id in gone)]
        for logical_id in gone:
            del self.resources[logical_id]
        self.template = template
        if before:
            self.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        self._clean_up(stale, before or template)
        self.status = "UPDATE_COMPLETE" if before else "CREATE_COMPLETE"

    def destroy(self) -> None:
        """Delete everything.

        Raises:
            DeploymentFailed: Something could not be deleted.
        """
        self.spans = []
        assert self.template is not None, "there is no stack"
        self.status = "DELETE_IN_PROGRESS"
        self._clean_up(list(self.resources.items()), self.template)

    def settle(self) -> None:
        """Let the framework come to an end with whatever CloudFormation has given up."""
        if self._forsaken:
            _Work(self, Template(self.name, {})).run([], lambda _: set(), _nothing, until_all_ends=True)

    def _roll_back(self, work: "_Work", before: Template | None, known: Mapping[str, Deployed]) -> None:
        """Bring back what was there; a resource that this cannot be done for is named among the failures."""
        if before is None:
            self.status = "ROLLBACK_IN_PROGRESS"
            stale = list(self.resources.items())
            self._clean_up(stale, work.template, failures=work.failed)
            self.status = "ROLLBACK_COMPLETE"
            return
        self._stale = []
        self.status = "UPDATE_ROLLBACK_IN_PROGRESS"
        back = _Work(self, before)
        touched = [logical_id for logical_id in before.order() if logical_id in work.touched and logical_id in known]
        back.run(
            touched,
            before.needs.__getitem__,
            lambda logical_id: back.bring_back(logical_id, known[logical_id], work.touched[logical_id]),
        )
        work.failed |= {f"rollback of {logical_id}": reason for logical_id, reason in back.failed.items()}
        new = [(logical_id, found) for logical_id, found in self.resources.items() if logical_id not in known]
        for logical_id, _ in new:
            del self.resources[logical_id]
        self.status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        self._clean_up([*self._stale, *new], work.template, failures=work.failed)
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def _clean_up(
        self, stale: Iterable[tuple[str, Deployed]], template: Template, failures: dict[str, str] | None = None
    ) -> None:
        """Delete resources, each before what it needed."""
        work = _Work(self, template)
        old: dict[str, list[Deployed]] = {}
        for logical_id, found in stale:
            old.setdefault(logical_id, []).append(found)
        order = [logical_id for logical_id in reversed(template.order()) if logical_id in old]
        order += [logical_id for logical_id in old if logical_id not in order]
        needed_by = {
            logical_id: {other for other in old if other in template.resources and logical_id in template.needs[other]}
            for logical_id in order
        }
        work.run(order, needed_by.__getitem__, lambda logical_id: work.remove(logical_id, old[logical_id]), all_of=True)
        self._stale = []
        for logical_id in order:
            if logical_id not in work.failed and self.resources.get(logical_id) in old[logical_id]:
                del self.resources[logical_id]
        if failures is not None:
            failures |= {f"delete of {logical_id}": reason for logical_id, reason in work.failed.items()}
        elif work.failed:
            raise DeploymentFailed(work.failed)
        if not self.resources:
            self.template = None


@dataclass(frozen=True, order=True)
class _Running:
    """A step that waits for its time."""

    at: float
    number: int
    logical_id: str = field(compare=False)
    going: Generator[float, None, None] = field(compare=False)
    work: "_Work" = field(compare=False)


class _Work:
    """One phase of an operation: steps that run side by side, in the order that their needs allow."""

    def __init__(self, stack: Stack, template: Template) -> None:
        self.template = template
        self.failed: dict[str, str] = {}
        self.touched: dict[str, Mapping[str, Any]] = {}  # by resource, what it was to become
        self.given_up = False  # what still runs is no longer listened to
        self._stack = stack
        self._began = stack.clock.now()

    def run(
        self,
        order: Iterable[str],
        needs: Callable[[str], Set[str]],
        step: Callable[[str], Step[None]],
        *,
        all_of: bool = False,
        until_all_ends: bool = False,
    ) -> None:
        """Take the steps.

        Args:
            all_of: Go on with the others after a failure, as deletes do; else those that run are given up: the
                framework goes on with them, while CloudFormation rolls back, and nobody listens to its answer.
            until_all_ends: Wait for those too that an earlier phase gave up.
        """
        clock = self._stack.clock
        left, done = list(order), set[str]()
        todo = set(left)
        running, self._stack._forsaken = self._stack._forsaken, []
        while left or any(one.work is self for one in running) or (until_all_ends and running):
            ready = [one for one in left if needs(one) & todo <= done] if all_of or not self.failed else []
            for logical_id in ready:
                left.remove(logical_id)
                heapq.heappush(running, _Running(clock.now(), next(_NUMBERS), logical_id, step(logical_id), self))
            if not any(one.work is self for one in running) and not until_all_ends:
                break  # the rest needs what failed
            one = heapq.heappop(running)
            clock.advance(max(0.0, one.at - clock.now()))
            try:
                seconds = next(one.going)
            except StopIteration:
                done |= {one.logical_id} if one.work is self else set()
            except Refusal as error:
                if one.work is self:
                    self.failed[one.logical_id] = str(error)
                    if not all_of:
                        break  # the steps that run have noted what CloudFormation knows of them
            else:
                heapq.heappush(running, replace(one, at=clock.now() + seconds, number=next(_NUMBERS)))
        self.given_up = True
        self._stack._forsaken = [one for one in running if getgeneratorstate(one.going) != GEN_CREATED]

    def bring(self, logical_id: str) -> Step[None]:
        """Create or update a resource, unless it is as it shall be."""
        stack, known = self._stack, {name: found.attributes for name, found in self._stack.resources.items()}
        properties = self.template.resolved(logical_id, known)
        old = stack.resources.get(logical_id)
        if old and old.properties == properties:
            return
        self.touched[logical_id] = properties
        began = stack.clock.now()
        if not self.template.type_of(logical_id).startswith(CUSTOM):
            yield 0.0 if old else SECONDS.get(self.template.type_of(logical_id), USUAL_SECONDS)
            stack.resources[logical_id] = _invented(logical_id, self.template.type_of(logical_id), properties)
            self._note(logical_id, "update" if old else "create", began)
            return
        if old is None:
            # Until it answers, CloudFormation knows it by an ID of its own; so is it deleted if it is cut short.
            stack.resources[logical_id] = Deployed(f"{stack.name}-{logical_id}-1ABCDEFGHIJ2", properties, {})
            event = self._event("Create", logical_id, properties)
        else:
            event = self._event("Update", logical_id, properties)
            event |= {"PhysicalResourceId": old.physical_id, "OldResourceProperties": old.properties}
        try:
            answer = yield from call(stack.handler, event)
        except Refusal as error:
            if self.given_up:
                return
            if old is None:
                stack.resources[logical_id] = Deployed(error.physical_id, properties, {})
            elif error.physical_id != old.physical_id:
                stack._stale.append((logical_id, Deployed(error.physical_id, properties, {})))
            raise
        if self.given_up:
            return
        self._replace(logical_id, _deployed(answer, properties), old)
        self._note(logical_id, "update" if old else "create", began)

    def bring_back(self, logical_id: str, before: Deployed, after: Mapping[str, Any]) -> Step[None]:
        """Undo an update to these properties, whether it came to its end or not."""
        stack, now = self._stack, self._stack.resources[logical_id]
        if not self.template.type_of(logical_id).startswith(CUSTOM):
            stack.resources[logical_id] = before
            return
        began = stack.clock.now()
        event = self._event("Update", logical_id, before.properties)
        event |= {"PhysicalResourceId": now.physical_id, "OldResourceProperties": after}
        answer = yield from call(stack.handler, event)
        self._replace(logical_id, _deployed(answer, before.properties), now)
        self._note(logical_id, "back", began)

    def remove(self, logical_id: str, resources: Iterable[Deployed]) -> Step[None]:
        """Delete what a logical ID stands, or stood, for."""
        began = self._stack.clock.now()
        for found in resources:
            if self.template.resources.get(logical_id, {}).get("Type", CUSTOM).startswith(CUSTOM):
                event = self._event("Delete", logical_id, found.properties)
                yield from call(self._stack.handler, event | {"PhysicalResourceId": found.physical_id})
            else:
                yield USUAL_SECONDS
        self._note(logical_id, "delete", began)

    def _replace(self, logical_id: str, new: Deployed, old: Deployed | None) -> None:
        self._stack.resources[logical_id] = new
        if old and old.physical_id != new.physical_id:
            self._stack._stale.append((logical_id, old))

    def _event(self, verb: str, logical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "RequestType": verb,
            "ResourceType": self.template.type_of(logical_id),
            "LogicalResourceId": logical_id,
            "StackId": self.template.stack_id,
            "RequestId": "1",
            "ResponseURL": "https://example.com/answer?signature=secret",
            "ResourceProperties": properties,
        }

    def _note(self, logical_id: str, verb: str, began: float) -> None:
        self._stack.spans.append(Span(logical_id, verb, began - self._began, self._stack.clock.now() - self._began))


def _deployed(answer: Answer, properties: Mapping[str, Any]) -> Deployed:
    return Deployed(answer.physical_id, properties, {"": answer.physical_id, **answer.data})


def _invented(logical_id: str, resource_type: str, properties: Mapping[str, Any]) -> Deployed:
    """A resource of another service: it is there, and has an ARN of the right form."""
    name = logical_id.lower()
    arn = {
        "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{logical_id}",
        "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}",
        "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
    }.get(resource_type, f"arn:aws:other:{REGION}:{ACCOUNT}:{logical_id}")
    return Deployed(name, properties, _Anything({"": name, "Arn": arn}))


def _nothing(logical_id: str) -> Step[None]:
    """No step."""
    yield from ()


class _Anything(dict[str, str]):
    """Attributes, of which there are more than anybody looks at."""

    def __missing__(self, attribute: str) -> str:
        return f"{self['']}-{attribute.lower()}"
