"""The log as the models read it: numbered items, one history a user, oldest event first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from personalize_local.engine.log import Catalogue, Event, Floats, Integers, Log, Strings

REPEATING_SHARE = 0.01


@dataclass(frozen=True)
class Histories:
    """All users' events behind one another; user u has the rows `starts[u]` to `starts[u + 1]`.

    Shapes: items, times, weights (events,); starts (users + 1,).

    Args:
        catalogue: What the items are, if that is known.
    """

    item_ids: Sequence[str]  # N of them; an item's number is its position
    items: Integers
    times: Integers  # seconds
    starts: Integers
    weights: Floats | None = None  # how much each event is worth to learn; None: all the same
    catalogue: Catalogue | None = None

    @classmethod
    def of(cls, log: Log, catalogue: Catalogue | None = None) -> Histories:
        """Sort the log by user and time; events of the same second stay in the order of the log."""
        known = log.items if catalogue is None else np.concatenate([log.items, catalogue.item_ids])
        item_ids, numbers = numbered(known)
        _, users = numbered(log.users)
        order = np.lexsort((log.timestamps, users))
        starts = np.concatenate([[0], np.cumsum(np.bincount(users))])
        weights = None if log.weights is None else log.weights[order]
        return cls(item_ids, numbers[order], log.timestamps[order], starts, weights, catalogue)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Integers:
        """How many events each user has."""
        return np.diff(self.starts)

    @property
    def users(self) -> Integers:
        """The user's number of every event."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def rows(self, user: int) -> slice:
        """Where the user's events lie."""
        return slice(int(self.starts[user]), int(self.starts[user + 1]))

    def of_users(self, users: Integers) -> Histories:
        """The same items, some of the users."""
        rows = np.concatenate([np.arange(self.starts[user], self.starts[user + 1]) for user in users])
        starts = np.concatenate([[0], np.cumsum(self.lengths[users])])
        weights = None if self.weights is None else self.weights[rows]
        return Histories(self.item_ids, self.items[rows], self.times[rows], starts, weights, self.catalogue)

    def renumbered(self, item_ids: Sequence[str]) -> Histories:
        """The same users, with the numbers of other items; events with items that are not among them are left out."""
        numbers = {item_id: number for number, item_id in enumerate(item_ids)}
        items = np.array([numbers.get(item_id, -1) for item_id in self.item_ids], dtype=np.int64)[self.items]
        known = items >= 0
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.users[known], minlength=len(self)))])
        return Histories(item_ids, items[known], self.times[known], starts)

    def repeats_items(self) -> bool:
        """Whether users take an item again: more than REPEATING_SHARE of the events do."""
        pairs = np.unique(self.users * len(self.item_ids) + self.items)
        return 1 - len(pairs) / len(self.items) > REPEATING_SHARE

    def events(self, rows: slice) -> Iterator[Event]:
        """The rows as the events of a request."""
        for item, time in zip(self.items[rows], self.times[rows], strict=True):
            yield Event(self.item_ids[item], float(time))


def numbered(ids: Strings) -> tuple[list[str], Integers]:
    """The different IDs in their order, and the number of each one given: faster than sorting all of them."""
    different = sorted(set(map(str, ids)))
    number = {text: place for place, text in enumerate(different)}
    return different, np.fromiter(map(number.__getitem__, map(str, ids)), dtype=np.int64, count=len(ids))
