"""Take a dataset group away with everything in it.

Each round looks at whatever nothing else needs any more, asks the service to delete it, and notes why that cannot be
yet. So independent resources go side by side, an interrupted removal leaves nothing that would not work without what
is gone, and a second run goes on where the first one stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from custom_resources.api import Api
from custom_resources.errors import explain
from custom_resources.patience import SERVICE_ERRORS, is_transient
from custom_resources.removal import Removal
from operations.aws import Aws
from operations.clock import Clock
from operations.errors import OperationError
from operations.teardown.group import DATASET, GROUP, SCHEMA, Contents, GroupReader, Item

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, SLOWER = 0.5, 20.0, 1.5
# The slowest single step is a recommender's creation, which has to end before its deletion can begin.
PATIENCE_SECONDS = 3 * 3600


@dataclass(frozen=True)
class Step:
    """What has just become of a resource.

    Args:
        note: What was done, or what is waited for.
        is_over: Whether nothing more is done about it: it is gone, or stays.
    """

    item: Item
    note: str
    is_over: bool = False


class GroupRemoval:
    """The removal of one dataset group.

    Args:
        tell: Called whenever something becomes of a resource.
    """

    def __init__(self, aws: Aws, contents: Contents, clock: Clock, tell: Callable[[Step], None]) -> None:
        self._client = aws.client("personalize")
        self._reader = GroupReader(aws)
        self._contents = contents
        self._clock = clock
        self._tell = tell
        self._left = {item.arn: item for item in contents.all_items}
        self._notes: dict[str, dict[str, None]] = {arn: {} for arn in self._left}  # in order, each once
        self._failed: dict[str, str] = {}

    def run(self) -> None:
        """Remove everything, and return once it is gone.

        Raises:
            OperationError: Something cannot be removed, or nothing has changed for hours; says what and why.
        """
        pause, changed_at = FIRST_PAUSE_SECONDS, self._clock.now()
        while free := [item for item in self._left.values() if self._is_free(item)]:
            changes = [self._advance(item) for item in free]
            if any(changes):
                pause, changed_at = FIRST_PAUSE_SECONDS, self._clock.now()
            elif self._clock.now() - changed_at > PATIENCE_SECONDS:
                break
            if self._left:
                self._clock.sleep(pause)
                pause = min(pause * SLOWER, LONGEST_PAUSE_SECONDS)
        if self._left:
            raise OperationError(self._what_blocks())

    def _is_free(self, item: Item) -> bool:
        """Whether it can go now: nothing belongs to it, or is built on it, any more."""
        if item.arn in self._failed:
            return False
        others = [other for other in self._left.values() if other is not item]
        if item.kind is GROUP:
            return not others
        if item.kind is SCHEMA:
            return not any(other.kind is DATASET for other in others)
        if item.kind is DATASET:  # solutions and campaigns are built on it, though it does not hold them
            return all(other.kind in (DATASET, GROUP, SCHEMA) for other in others)
        return not any(other.parent == item.arn for other in others)

    def _advance(self, item: Item) -> bool:
        """Take the next step for a resource; return whether anything has changed."""
        api = Api(item.kind, self._client)
        try:
            found = api.describe(item.arn)
            note = Removal(item.kind, api).step(iter([found] if found else []))
            if note and item.kind is SCHEMA and (user := self._reader.user_of(item.arn)):
                return self._over(item, f"stays: {user} uses it")
        except SERVICE_ERRORS as error:
            if not is_transient(error):
                return self._fail(item, error)
            note = explain(error)
        if note is None:
            return self._over(item, "gone" if item.kind.deletable else "ended")
        # What comes to and fro, as a deletion that fails and is tried again, is no progress.
        is_new = note not in self._notes[item.arn]
        self._notes[item.arn][note] = None
        if is_new:
            self._tell(Step(item, note))
        return is_new

    def _fail(self, item: Item, error: Exception) -> bool:
        self._failed[item.arn] = explain(error)
        self._tell(Step(item, self._failed[item.arn]))
        return True

    def _over(self, item: Item, note: str) -> bool:
        del self._left[item.arn]
        self._tell(Step(item, note, is_over=True))
        return True

    def _what_blocks(self) -> str:
        reasons = self._failed or {arn: list(self._notes[arn])[-1] for arn in self._left if self._notes[arn]}
        lines = [
            f"  {item} ({arn}): {reason}{Removal(item.kind, Api(item.kind, self._client)).blockers(arn)}"
            for arn, reason in reasons.items()
            for item in [self._left[arn]]
        ]
        return "\n".join(
            [
                f"{self._contents.group} is not gone; of {len(self._contents.all_items)} resources "
                f"{len(self._left)} are left, because of:",
                *lines,
                "run the same command again to go on",
            ]
        )
