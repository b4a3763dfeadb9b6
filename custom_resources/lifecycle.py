"""Create, adopt, update in place, replace, delete, poll: the one algorithm that all kinds share.

A step looks at what there is, does the next thing that leads to what is wanted, and says whether it is reached; it
may be taken any number of times. `on_event` takes the first one and writes down what there was before it;
`is_complete` takes the others. So what cannot be done yet, because something is busy or a queue is full, is no
failure: it is tried again.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from custom_resources.api import Api, Description, has_failed
from custom_resources.errors import Failed, StillGoing, explain
from custom_resources.kinds import Kind, kind_of
from custom_resources.messages import duration, failure
from custom_resources.ownership import all_ours, find_ours
from custom_resources.parameters import covers, entry_changes, merged, numbered, put, value_at
from custom_resources.patience import SERVICE_ERRORS, code, reason_to_wait
from custom_resources.removal import Removal
from custom_resources.request import Begun, Progress, Request, Wanted
from custom_resources.stacks import Stacks

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient

_PENDING = "pending/"  # before the name: the physical ID while there is no ARN
_APPEARS_SECONDS = 60.0  # until what was just created must be described


class Lifecycle:
    """What becomes of the resources of one kind.

    Args:
        now: Tells the time, in epoch seconds.
    """

    def __init__(self, kind: Kind, client: "PersonalizeClient", stacks: Stacks, now: Callable[[], float]) -> None:
        self._kind = kind
        self._client = client
        self._api = Api(kind, client)
        self._stacks = stacks
        self._removal = Removal(kind, self._api)
        self._model = client.meta.service_model
        self._now = now

    def begin(self, request: Request) -> Progress:
        """Take the first step, and write down what there was before it."""
        request = self._with_circumstances(request)
        if request.verb == "Delete":
            return self._remove(request)
        begun, found = self._look_around(request)
        progress = self._ensure(request, begun, found)
        if self._is_replacement(request) and progress.physical_id == request.physical_id:
            begun = replace(begun, orphan=self._before(request).name)
        return replace(progress, begun=begun)

    def go_on(self, request: Request) -> Progress:
        """Take the next step."""
        if request.verb == "Delete":
            return self._remove(request)
        if _is_arn(request.physical_id):
            found = self._api.describe(request.physical_id)
            if found is None or found.is_being_deleted:
                return self._lost(request)
        else:
            found = self._find(request.begun.name, request)
        progress = self._ensure(request, request.begun, found)
        return self._tidied(request, progress) if progress.done else progress

    def give_up(self, request: Request, progress: Progress) -> Progress:
        """Answer when the time is over: what lasts goes on, and the next leg of the relay waits for it.

        Raises:
            StillGoing: It is not done, and nothing waits for it after us.
        """
        waited = duration(request.waited_seconds(self._now()))
        if request.verb == "Delete":
            if not self._kind.deletable:
                return replace(progress, note=f"{progress.note}; it ends by itself", done=True)
            raise StillGoing(
                f"{request.physical_id} is not deleted after {waited}: {progress.note}"
                f"{self._removal.blockers(request.physical_id)}; delete again once nothing needs it"
            )
        if self._kind.lasting and _is_arn(progress.physical_id) and not request.is_last_leg:
            found = self._api.describe(progress.physical_id)
            if found:
                return self._done(found, f"{progress.note}; the next leg waits")
        raise StillGoing(
            f"{self._kind.words} {progress.physical_id} is not ready after {waited}: {progress.note}; "
            "deploy again to go on waiting, what exists is taken up again"
        )

    # Before the first step

    def _with_circumstances(self, request: Request) -> Request:
        """Note what the event does not say, and what later steps could not find out any more."""
        begun = request.begun
        if request.verb == "Update":
            begun = replace(begun, rolling_back=self._stacks.is_rolling_back_update(request.stack_id))
        if self._kind.widens and _is_arn(request.physical_id) and (found := self._api.describe(request.physical_id)):
            begun = replace(begun, leftover=self._leftover(request, found, self._kind.widens))
        return replace(request, begun=begun)

    def _leftover(self, request: Request, found: Description, parameter: str) -> str:
        """What a rollback could not let go of: the template names another by now, made under the same name."""
        held = str(found.effective(parameter, self._kind.mutable[parameter]))
        given = {
            properties.get("Parameters", {}).get(parameter)
            for properties in (request.properties, request.old_properties)
        }
        is_ours = any(_same_beginning(held, arn) for arn in given if arn)
        return held if is_ours and held not in given else ""

    # Towards what is wanted

    def _look_around(self, request: Request) -> tuple[Begun, Description | None]:
        """Choose the resource's name, and note what is there under it.

        What cannot be deleted keeps its name for ever, so a failed or overwritten one leads to the next name.
        """
        if self._is_in_place(request):
            found = self._api.describe(request.physical_id)
            if found and self._is_usable(found):
                return _noted(request.begun, found.name, found), found
        for name in numbered(self._wanted(request).name):
            found = self._find(name, request)
            if found is None or (self._is_usable(found) and not self._is_overwritten(found)):
                return _noted(request.begun, name, found), found
        raise AssertionError("the names never end")

    def _ensure(self, request: Request, begun: Begun, found: Description | None) -> Progress:
        """Take the next step, from what was found, towards the resource that is wanted."""
        if found is None:
            return self._create(request, begun)
        if found.is_being_deleted:
            return Progress(_PENDING + begun.name, f"{found.arn} is being deleted first")
        is_new = found.attempt != begun.attempt
        if found.failed and (is_new or not begun.failed):
            raise Failed(failure(found))
        if found.create_failed:
            return self._clear_away(request, begun, found)
        return self._finish(request, found) if is_new else self._converge(request, found)

    def _lost(self, request: Request) -> Progress:
        """What was there is not: it is not made again, for CloudFormation may have given up and deleted it.

        The framework goes on polling for a create that CloudFormation has already rolled back.

        Raises:
            Failed: It does not appear either.
        """
        if request.waited_seconds(self._now()) < _APPEARS_SECONDS:
            return Progress(request.physical_id, "it is not to be seen yet")
        raise Failed(f"{request.physical_id} does not exist any more; deploy again to have it made anew")

    def _create(self, request: Request, begun: Begun) -> Progress:
        wanted = self._wanted(request)
        self._check_not_given_up(request)
        try:
            arn = self._api.create(begun.name, wanted.parameters, wanted.tags)
        except self._api.already_exists as error:  # an answer got lost, or a list is not up to date yet
            return Progress(_PENDING + begun.name, explain(error))
        except SERVICE_ERRORS as error:
            reason = reason_to_wait(error, request.waited_seconds(self._now()), self._kind.quota)
            return Progress(_PENDING + begun.name, reason)
        return Progress(arn, "created")

    def _check_not_given_up(self, request: Request) -> None:
        """Look before a step that changes something whether CloudFormation still waits for it.

        It does not after a failure beside this resource: it goes back, or on to a next deploy, while the framework
        polls for what it had begun.

        Raises:
            Failed: It has given the request up.
        """
        is_first_step = not request.begun.name
        if is_first_step or request.begun.rolling_back or self._stacks.is_deploying(request.stack_id):
            return
        raise Failed(f"{request.subject} is no longer asked for: the deploy that asked for it was given up")

    def _clear_away(self, request: Request, begun: Begun, found: Description) -> Progress:
        try:
            self._api.delete(found.arn)
        except SERVICE_ERRORS as error:
            return Progress(_PENDING + begun.name, self._reason_to_wait(request, error))
        return Progress(_PENDING + begun.name, f"{found.arn} failed earlier and is deleted first")

    def _converge(self, request: Request, found: Description) -> Progress:
        """Bring what was there before us to what is wanted, as far as it can be changed."""
        try:
            self._retag(request, found)
            if not found.is_busy and (changes := self._changes(request, found)):
                self._check_not_given_up(request)
                self._api.update(found.arn, changes)
                return Progress(found.arn, f"updated {sorted(changes)}")
        except SERVICE_ERRORS as error:
            if self._kind.widens and request.begun.rolling_back and code(error) == "InvalidInputException":
                return self._finish(request, found)  # it stays wider than it was, which does no harm
            return Progress(found.arn, self._reason_to_wait(request, error))
        return self._finish(request, found)

    def _finish(self, request: Request, found: Description) -> Progress:
        note = f"it is {found.status}"
        if found.is_busy:
            return Progress(found.arn, note)
        on = self._switched(request)
        if on in (None, found.is_on):
            return self._done(found, note)
        try:
            self._api.switch(found.arn, on=on)
        except SERVICE_ERRORS as error:
            return Progress(found.arn, self._reason_to_wait(request, error))
        return Progress(found.arn, "started" if on else "stopped")

    def _switched(self, request: Request) -> bool | None:
        """Whether it shall be on or off; None where that is not ours to say, as after somebody switched it outside."""
        before = request.was_running if self._is_in_place(request) else None
        return None if not self._kind.switchable or request.is_running == before else request.is_running

    def _done(self, found: Description, note: str) -> Progress:
        attributes = {name: found.attribute(member) for name, member in self._kind.attributes.items()}
        return Progress(found.arn, note, done=True, data={"Arn": found.arn, "Name": found.name, **attributes})

    def _changes(self, request: Request, found: Description) -> dict[str, Any]:
        """What to send to the update operation.

        In place, only what the template changed: what was changed outside on purpose, as a promoted solution version
        or a scaled capacity, stays. A parameter that is no longer given stays as it is.
        """
        parameters = self._wanted(request).parameters
        before = self._before(request).parameters if self._is_in_place(request) else {}
        changes: dict[str, Any] = {}
        for path, update_path in self._kind.mutable_paths(parameters).items():
            value, old = value_at(parameters, path), value_at(before, path)
            if value in (None, old):
                continue
            actual = found.effective(path, update_path)
            if path in self._kind.entries:
                changes |= entry_changes(self._kind.entries[path], actual, old, value)
            elif not covers(actual, whole := merged(actual, old, value)):
                put(changes, update_path, whole)
        return changes

    def _retag(self, request: Request, found: Description) -> None:
        if self._kind.taggable:
            tags = self._wanted(request).tags
            before = self._before(request).tags if request.verb == "Update" else {}
            self._api.retag(found.arn, tags, dropped=before.keys() - tags.keys())

    def _is_usable(self, found: Description) -> bool:
        return self._kind.deletable or not found.create_failed

    def _is_overwritten(self, found: Description) -> bool:
        overwrites = self._kind.overwrites
        if overwrites is None or not overwrites(found.values):
            return False
        return any(
            overwrites(sibling)
            and sibling["creationDateTime"] > found.values["creationDateTime"]
            and not has_failed(sibling)
            for sibling in self._api.siblings(found)
        )

    # Towards nothing

    def _remove(self, request: Request) -> Progress:
        reason = self._removal.step(self._made_for(request)) or self._remove_leftover(request)
        kept = self._kept_by(request) if reason else ""
        note = f"it goes with what cannot let go of it{kept}" if kept else reason or "nothing is left"
        return Progress(request.physical_id, note, done=bool(kept or not reason), begun=request.begun)

    def _kept_by(self, request: Request) -> str:
        """What goes on with it after a rollback, since the service does not take it back."""
        if not self._kind.is_widened_to or not self._stacks.is_rolling_back_update(request.stack_id):
            return ""
        return self._removal.blockers(request.physical_id)

    def _tidied(self, request: Request, progress: Progress) -> Progress:
        """Take away what is not in the template any more and CloudFormation does not know of."""
        reason = self._remove_orphan(request) or self._remove_leftover(request)
        return Progress(progress.physical_id, reason) if reason else progress

    def _made_for(self, request: Request) -> Iterator[Description]:
        """What is behind a physical ID; if it is no ARN, what an interrupted create may have made."""
        if _is_arn(request.physical_id):
            found = self._api.describe(request.physical_id)
            return iter([found] if found else [])
        wanted = self._wanted(request)
        # The properties may be those of a resource that this one was to replace, so our own ID comes first.
        is_ours = request.physical_id.startswith(_PENDING)
        name = request.physical_id.removeprefix(_PENDING) if is_ours else wanted.name
        return all_ours(name, wanted, self._api, request.arn_prefix)

    def _remove_orphan(self, request: Request) -> str | None:
        """Remove the replacement that failed, when a rollback comes back to what CloudFormation never let go of."""
        if not request.begun.orphan:
            return None
        orphans = all_ours(request.begun.orphan, self._before(request), self._api, request.arn_prefix)
        reason = self._removal.step(orphans)
        return reason and f"its failed replacement: {reason}"

    def _remove_leftover(self, request: Request) -> str | None:
        if not request.begun.leftover:
            return None
        kind = kind_of(request.begun.leftover)
        api = Api(kind, self._client)
        found = api.describe(request.begun.leftover)
        reason = Removal(kind, api).step(iter([found] if found else []))
        return reason and f"{request.begun.leftover}: {reason}"

    # What the template says

    def _wanted(self, request: Request) -> Wanted:
        return Wanted.of(request.properties, self._kind, self._model)

    def _before(self, request: Request) -> Wanted:
        return Wanted.of(request.old_properties, self._kind, self._model)

    def _is_replacement(self, request: Request) -> bool:
        return request.verb == "Update" and self._wanted(request).name != self._before(request).name

    def _is_in_place(self, request: Request) -> bool:
        return request.verb == "Update" and not self._is_replacement(request)

    def _find(self, name: str, request: Request) -> Description | None:
        return find_ours(name, self._wanted(request), self._api, request.arn_prefix)

    def _reason_to_wait(self, request: Request, error: Exception) -> str:
        return reason_to_wait(error, request.waited_seconds(self._now()))


def _noted(begun: Begun, name: str, found: Description | None) -> Begun:
    if found is None:
        return replace(begun, name=name)
    return replace(begun, name=name, attempt=found.attempt, failed=found.failed)


def _same_beginning(one: str, other: str) -> bool:
    """Whether two names differ only in the hash of their content."""
    return one.rpartition("-")[0] == other.rpartition("-")[0]


def _is_arn(physical_id: str) -> bool:
    return physical_id.startswith("arn:")
