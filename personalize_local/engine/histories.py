"""The log as the models read it: numbered items, one history a user, oldest event first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.contexts import Contexts
from personalize_local.engine.log import Catalogue, Event, Floats, Integers, Log, Profile, Strings

REPEATING_SHARE = 0.01


@dataclass(frozen=True)
class Histories:
    """All users' events behind one another; user u has the rows `starts[u]` to `starts[u + 1]`.

    Shapes: items, times, weights, event_types (events,); starts (users + 1,).

    Args:
        catalogue: What the items are, if that is known.
        event_types: The type of each event: 0 for one that has none, else 1 + its place in `type_names`.
        type_names: In their order.
        profiles: What the users are, if that is known: a row for each, in their order.
        user_ids: Of the users, in their order, if they are known.
        contexts: What is known of the events' moments.
    """

    item_ids: Sequence[str]  # N of them; an item's number is its position
    items: Integers
    times: Integers  # seconds
    starts: Integers
    weights: Floats | None = None  # how much each event is worth to learn; None: all the same
    catalogue: Catalogue | None = None
    event_types: Integers | None = None
    type_names: Sequence[str] = ()
    profiles: Catalogue | None = None
    user_ids: Strings | None = None
    contexts: Contexts | None = None

    @classmethod
    def of(cls, log: Log, catalogue: Catalogue | None = None, users: Catalogue | None = None) -> Histories:
        """Sort the log by user and time; events of the same second stay in the order of the log."""
        known = log.items if catalogue is None else np.concatenate([log.items, catalogue.item_ids])
        item_ids, numbers = numbered(known)
        user_ids, user_numbers = numbered(log.users)
        order = np.lexsort((log.timestamps, user_numbers))
        types, type_names = (None, ()) if log.event_types is None else _numbered_types(log.event_types[order])
        return cls(
            item_ids,
            items=numbers[order],
            times=log.timestamps[order],
            starts=np.concatenate([[0], np.cumsum(np.bincount(user_numbers))]),
            weights=None if log.weights is None else log.weights[order],
            catalogue=catalogue,
            event_types=types,
            type_names=type_names,
            profiles=users and users.of(user_ids),
            user_ids=np.array(user_ids, dtype=object),
            contexts=Contexts.of({name: values[order] for name, values in log.contexts.items()}),
        )

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
        return replace(
            self._some(rows, starts),
            profiles=self.profiles and self.profiles.rows(users),
            user_ids=None if self.user_ids is None else self.user_ids[users],
        )

    def of_rows(self, kept: NDArray[np.bool_]) -> Histories:
        """The same items and users, some of the events. Shape: (events,)."""
        counts = np.bincount(self.users[kept], minlength=len(self))
        return self._some(np.flatnonzero(kept), np.concatenate([[0], np.cumsum(counts)]))

    def _some(self, rows: Integers, starts: Integers) -> Histories:
        return replace(
            self,
            items=self.items[rows],
            times=self.times[rows],
            starts=starts,
            weights=None if self.weights is None else self.weights[rows],
            event_types=None if self.event_types is None else self.event_types[rows],
            contexts=self.contexts and self.contexts.rows(rows),
        )

    def renumbered(self, item_ids: Sequence[str]) -> Histories:
        """The same users, with the numbers of other items; events with items that are not among them are left out."""
        numbers = {item_id: number for number, item_id in enumerate(item_ids)}
        items = np.array([numbers.get(item_id, -1) for item_id in self.item_ids], dtype=np.int64)[self.items]
        return replace(self, item_ids=item_ids, items=items, catalogue=None).of_rows(items >= 0)

    def repeats_items(self) -> bool:
        """Whether users take an item again: more than REPEATING_SHARE of the events do."""
        pairs = np.sort(self.users * len(self.item_ids) + self.items)
        return int((pairs[1:] == pairs[:-1]).sum()) > REPEATING_SHARE * len(pairs)

    def events(self, rows: slice) -> Iterator[Event]:
        """The rows as the events of a request."""
        names = (None, *self.type_names)
        types = [0] * (rows.stop - rows.start) if self.event_types is None else self.event_types[rows]
        contexts = [None] * len(types) if self.contexts is None else self.contexts.told(rows)
        for item, time, kind, context in zip(self.items[rows], self.times[rows], types, contexts, strict=True):
            yield Event(self.item_ids[item], float(time), names[kind], context=context)

    def profile(self, user: int) -> Profile | None:
        """What is known of a user, by column; None where there are no profiles."""
        if self.profiles is None:
            return None
        return {name: values[user] for name, values in self.profiles.columns.items() if values[user] is not None}


def numbered(ids: Strings) -> tuple[list[str], Integers]:
    """The different IDs in their order, and the number of each one given: faster than sorting all of them."""
    different = sorted(set(map(str, ids)))
    number = {text: place for place, text in enumerate(different)}
    return different, np.fromiter(map(number.__getitem__, map(str, ids)), dtype=np.int64, count=len(ids))


def _numbered_types(types: Strings) -> tuple[Integers, Sequence[str]]:
    """The number of each type, and the names of all."""
    names = sorted({name for name in types if name is not None})
    number = {None: 0} | {name: 1 + place for place, name in enumerate(names)}
    return np.fromiter(map(number.__getitem__, types), dtype=np.int64, count=len(types)), names
