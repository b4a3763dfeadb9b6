"""The operations of one kind, called by the names that its stem gives them; nothing is decided here."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from custom_resources.kinds import Kind, Parameters
from custom_resources.parameters import value_at, without

if TYPE_CHECKING:
    from mypy_boto3_personalize import PersonalizeClient
    from mypy_boto3_personalize.type_defs import TagTypeDef

_CREATE_FAILED = frozenset({"CREATE FAILED", "CREATE STOPPING", "CREATE STOPPED", "FAILED"})
_RESTING = frozenset({"ACTIVE", "INACTIVE", "COMPLETED"})


@dataclass(frozen=True)
class Description:
    """What Describe says of a resource."""

    kind: Kind
    values: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.values[self.kind.arn_key])

    @property
    def name(self) -> str:
        """Its name; a solution version's may stand behind the solution's."""
        return str(self.values.get(self.kind.name_key, "")).rpartition("/")[2]

    @property
    def status(self) -> str:
        """Its state, or that of its latest update while this is not ACTIVE."""
        own = _status(self.values)
        update = _status(self._update)
        return own if own not in _RESTING or update == "ACTIVE" else f"UPDATE {update.partition(' ')[2]}"

    @property
    def is_being_deleted(self) -> bool:
        """Whether a delete was accepted."""
        return self.status.startswith("DELETE")

    @property
    def create_failed(self) -> bool:
        """Whether it will never be ACTIVE; a training that was stopped cannot go on either."""
        return self.status in _CREATE_FAILED

    @property
    def failed(self) -> bool:
        """Whether its creation or its latest update failed."""
        return self.create_failed or self.status == "UPDATE FAILED"

    @property
    def is_busy(self) -> bool:
        """Whether the service works on it."""
        return self.status not in _RESTING and not self.failed

    @property
    def is_on(self) -> bool:
        """Whether what can be stopped and started is not stopped."""
        return self.status != "INACTIVE"

    @property
    def failure_reason(self) -> str:
        """Why it failed, in the service's words."""
        failed = self.values if self.create_failed or not self._update else self._update
        return str(failed.get("failureReason") or "the service gives no reason")

    @property
    def attempt(self) -> str:
        """A mark of the latest attempt to create or update it."""
        which, values = ("update", self._update) if self._update else ("create", self.values)
        return f"{which} {_iso(values.get('creationDateTime'))}"

    def has_content(self, parameters: Parameters) -> bool:
        """Whether it is what these parameters make, as far as it cannot change; texts are compared as JSON."""
        immutable = without(parameters, self.kind.mutable)
        return all(_content(self.values.get(key)) == _content(value) for key, value in immutable.items())

    def attribute(self, member: str) -> str:
        """A member as text, dates in ISO 8601."""
        return _iso(self.values.get(member))

    def effective(self, path: str, update_path: str) -> Any:
        """A parameter's value: the one in force, or the one that a running update brings."""
        if self.is_busy and (coming := value_at(self._update, update_path)) is not None:
            return coming
        return value_at(self.values, path)

    @property
    def _update(self) -> Mapping[str, Any]:
        update: Mapping[str, Any] = self.values.get(self.kind.update_key) or {}
        return update


class Api:
    """The operations of one kind."""

    def __init__(self, kind: Kind, client: "PersonalizeClient") -> None:
        self._kind = kind
        self._client = client
        self.already_exists = client.exceptions.ResourceAlreadyExistsException

    def describe(self, arn: str) -> Description | None:
        """Describe a resource; None if there is none."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            answer = self._call(f"describe_{self._kind.stem}", **{self._kind.arn_key: arn})
            return Description(self._kind, {**answer[self._kind.describe_key], **self._entries(arn)})
        return None

    def find(self, name: str, parameters: Parameters, arn_prefix: str) -> Description | None:
        """Describe the resource of that name, or the one that has the only place there is; None if there is none."""
        if not self._kind.is_found_by_listing:
            return self.describe(arn_prefix + self._kind.arn_suffix(name, parameters))
        assert self._kind.parent is not None, "what is found by listing is listed under a parent"
        for summary in self.list(self._kind, parameters[self._kind.parent]):
            found = self.describe(summary[self._kind.arn_key])
            if found and (self._kind.singleton or found.name == name):
                return found
        return None

    def siblings(self, description: Description) -> Iterator[Mapping[str, Any]]:
        """The summaries of what belongs to the same parent, itself included."""
        assert self._kind.parent is not None, "siblings have a parent"
        return self.list(self._kind, description.values[self._kind.parent])

    def list(self, kind: Kind, parent_arn: str | None = None) -> Iterator[Mapping[str, Any]]:
        """The summaries of a kind, of all or under a parent; nothing under a parent that does not exist."""
        under = {kind.parent: parent_arn} if kind.parent and parent_arn else {}
        with suppress(self._client.exceptions.ResourceNotFoundException):
            for page in self._pages(f"list_{kind.stem}s", under):
                yield from page[kind.list_key]

    def naming(self, kind: Kind, arn: str) -> Iterator[Mapping[str, Any]]:
        """The descriptions of a kind that name one of ours: a schema, a filter."""
        for summary in self.list(kind):
            found = Api(kind, self._client).describe(summary[kind.arn_key])
            if found and found.values.get(self._kind.arn_key) == arn:
                yield found.values

    def create(self, name: str, parameters: Parameters, tags: Mapping[str, str]) -> str:
        """Create a resource and return its ARN."""
        tagging = {"tags": _as_list(tags)} if self._kind.taggable else {}
        answer = self._call(f"create_{self._kind.stem}", **{self._kind.name_key: name}, **parameters, **tagging)
        return str(answer[self._kind.arn_key])

    def update(self, arn: str, changes: Parameters) -> None:
        """Send changes in the update operation's own spelling."""
        self._call(f"update_{self._kind.stem}", **{self._kind.arn_key: arn}, **changes)

    def delete(self, arn: str) -> None:
        """Delete a resource; one already gone counts as deleted."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._call(f"delete_{self._kind.stem}", **{self._kind.arn_key: arn})

    def stop(self, kind: Kind, arn: str) -> None:
        """Stop a creation; one that just ended needs no stopping."""
        with suppress(
            self._client.exceptions.ResourceNotFoundException, self._client.exceptions.ResourceInUseException
        ):
            self._call(f"stop_{kind.stem}_creation", **{kind.arn_key: arn})

    def switch(self, arn: str, *, on: bool) -> None:
        """Start or stop what is there."""
        self._call(f"{'start' if on else 'stop'}_{self._kind.stem}", **{self._kind.arn_key: arn})

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a resource."""
        tags = self._client.list_tags_for_resource(resourceArn=arn)["tags"]
        return {tag["tagKey"]: tag["tagValue"] for tag in tags}

    def retag(self, arn: str, wanted: Mapping[str, str], dropped: set[str]) -> None:
        """Set tags and drop tags; those of others stay."""
        actual = self.tags(arn)
        if missing := {key: value for key, value in wanted.items() if actual.get(key) != value}:
            self._client.tag_resource(resourceArn=arn, tags=_as_list(missing))
        if surplus := sorted(dropped & actual.keys()):
            self._client.untag_resource(resourceArn=arn, tagKeys=surplus)

    def _entries(self, arn: str) -> dict[str, Any]:
        """The parameters that Describe leaves out, and an operation of their own lists."""
        return {
            name: [entry for page in self._pages(entries.listed_by, {self._kind.arn_key: arn}) for entry in page[name]]
            for name, entries in self._kind.entries.items()
        }

    def _pages(self, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """All pages of a list; botocore has no paginator for some of them."""
        token: dict[str, str] = {}
        while True:
            page = self._call(operation, **parameters, **token)
            yield page
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}

    def _call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(self._client, operation)(**parameters)
        return answer


def is_busy(summary: Mapping[str, Any]) -> bool:
    """Whether the service works on what a list shows."""
    return _status(summary).endswith(("PENDING", "IN PROGRESS", "STOPPING"))


def has_failed(summary: Mapping[str, Any]) -> bool:
    """Whether what a list shows will never be ACTIVE."""
    return _status(summary) in _CREATE_FAILED


def _status(values: Mapping[str, Any]) -> str:
    """A state, spelled in one way; what has none, as schemas, is ready once it exists."""
    return str(values.get("status", "ACTIVE")).replace("_", " ")


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")


def _content(value: Any) -> Any:
    with suppress(TypeError, ValueError):
        return json.loads(value)
    return value


def _as_list(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"tagKey": key, "tagValue": value} for key, value in tags.items()]
