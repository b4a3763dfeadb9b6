"""A resource as it is kept: what was asked for and what will become of it; what a client sees depends on the time."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from personalize_local.service.timeline import ACTIVE, Timeline, is_being_deleted, is_busy

Members = dict[str, Any]  # named as the API names them


@dataclass
class Update:
    """The latest change of a resource: it counts from the moment its timeline is ACTIVE.

    Args:
        failure: Why it fails, if it does.
    """

    changes: Members
    timeline: Timeline
    failure: str | None = None


@dataclass
class Resource:
    """One resource.

    Args:
        kind: The stem of its operations: "SolutionVersion".
        number: Counts the resources of the region; lists are in this order.
        members: What Describe shows but for state and dates, and what belongs to it unseen: the ARNs of all that it
            belongs to, the place of its data.
        failure: Why it failed; shown once it has.
    """

    kind: str
    arn: str
    number: int
    members: Members
    timeline: Timeline
    failure: str | None = None
    update: Update | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def status(self, now: float) -> str:
        """Its state at this moment."""
        return self.timeline.status(now)

    def update_status(self, now: float) -> str | None:
        """The state of its latest update, if there was one."""
        return self.update.timeline.status(now) if self.update else None

    def is_active(self, now: float) -> bool:
        """Whether it can be used."""
        return self.status(now) == ACTIVE

    def is_busy(self, now: float) -> bool:
        """Whether it is being created, updated, stopped or deleted."""
        return is_busy(self.status(now)) or (self.update is not None and is_busy(self.update.timeline.status(now)))

    def is_being_deleted(self, now: float) -> bool:
        """Whether a delete was accepted."""
        return is_being_deleted(self.status(now))

    def current(self, now: float) -> Members:
        """The members in force: those of the latest update once that is ACTIVE."""
        if self.update and self.update.timeline.status(now) == ACTIVE:
            return self.members | self.update.changes
        return self.members

    def begin_update(self, update: Update, now: float) -> None:
        """Change members from the moment its timeline is ACTIVE; the update before this one must have ended."""
        self.members = self.current(now)
        self.update = update

    def to_json(self) -> str:
        """The resource as text, for the store."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Resource":
        """The resource that `to_json` wrote."""
        values = json.loads(text)
        update = values.pop("update")
        return cls(
            **values | {"timeline": _timeline(values["timeline"])},
            update=Update(**update | {"timeline": _timeline(update["timeline"])}) if update else None,
        )


def _timeline(values: dict[str, Any]) -> Timeline:
    return Timeline(tuple((at, status) for at, status in values["steps"]))
