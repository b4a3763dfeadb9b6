"""The states of a resource over time.

What will happen is written down when it becomes certain, with the moment it happens; the state at any moment is then
read off the clock. Nothing has to run for a resource to become ACTIVE, and nothing is lost when the server stops.
"""

from bisect import bisect_right
from dataclasses import dataclass

CREATE_PENDING = "CREATE PENDING"
CREATE_IN_PROGRESS = "CREATE IN_PROGRESS"
CREATE_FAILED = "CREATE FAILED"
CREATE_STOPPING = "CREATE STOPPING"
CREATE_STOPPED = "CREATE STOPPED"
ACTIVE = "ACTIVE"
STOP_PENDING = "STOP PENDING"
STOP_IN_PROGRESS = "STOP IN_PROGRESS"
INACTIVE = "INACTIVE"
START_PENDING = "START PENDING"
START_IN_PROGRESS = "START IN_PROGRESS"
DELETE_PENDING = "DELETE PENDING"
DELETE_IN_PROGRESS = "DELETE IN_PROGRESS"
GONE = "GONE"  # never shown: the resource no longer exists

FINISHED = frozenset({ACTIVE, INACTIVE, CREATE_FAILED, CREATE_STOPPED, GONE})

PENDING_SHARE = 0.2  # of a step's duration, before the work on it begins


@dataclass(frozen=True)
class Timeline:
    """The states a resource was, is and will be in: (since when, in epoch seconds; status), in order."""

    steps: tuple[tuple[float, str], ...]

    @classmethod
    def created(cls, at: float, seconds: float) -> "Timeline":
        """Become ACTIVE by itself after so many seconds."""
        return cls.started(at, seconds).then(at + seconds, ACTIVE)

    @classmethod
    def started(cls, at: float, seconds: float) -> "Timeline":
        """Wait, then be in progress, until the work behind it has an outcome."""
        return cls(((at, CREATE_PENDING), (at + PENDING_SHARE * seconds, CREATE_IN_PROGRESS)))

    def deleted(self, at: float, seconds: float) -> "Timeline":
        """Be deleted from now on, and gone after so many seconds."""
        in_progress = at + PENDING_SHARE * seconds
        return self.then(at, DELETE_PENDING).then(in_progress, DELETE_IN_PROGRESS).then(at + seconds, GONE)

    def stopped(self, at: float, seconds: float) -> "Timeline":
        """Be stopped from now on, and INACTIVE after so many seconds."""
        in_progress = at + PENDING_SHARE * seconds
        return self.then(at, STOP_PENDING).then(in_progress, STOP_IN_PROGRESS).then(at + seconds, INACTIVE)

    def restarted(self, at: float, seconds: float) -> "Timeline":
        """Be started again from now on, and ACTIVE after so many seconds."""
        in_progress = at + PENDING_SHARE * seconds
        return self.then(at, START_PENDING).then(in_progress, START_IN_PROGRESS).then(at + seconds, ACTIVE)

    def then(self, at: float, status: str) -> "Timeline":
        """Be in this state from then on, in place of whatever was to come later."""
        return Timeline((*(step for step in self.steps if step[0] <= at), (at, status)))

    def status(self, now: float) -> str:
        """The state at this moment."""
        return self._step(now)[1]

    def since(self, now: float) -> float:
        """When the state of this moment began."""
        return self._step(now)[0]

    @property
    def outcome(self) -> str:
        """The last state that is certain to come."""
        return self.steps[-1][1]

    def _step(self, now: float) -> tuple[float, str]:
        passed = bisect_right(self.steps, now, key=lambda step: step[0])
        return self.steps[max(passed, 1) - 1]


def is_busy(status: str) -> bool:
    """Whether the resource is on its way to another state."""
    return status not in FINISHED


def is_being_deleted(status: str) -> bool:
    """Whether a delete was accepted."""
    return status in {DELETE_PENDING, DELETE_IN_PROGRESS, GONE}
