"""What the engine learns from: a log of interactions, a catalogue of items, the events of one user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Strings = NDArray[np.object_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
Profile = Mapping[str, Any]  # what is known of a user, by column


@dataclass(frozen=True)
class Log:
    """Interactions, one row each, in any order.

    Args:
        users, items: IDs.
        timestamps: Seconds since 1970.
        weights: How much each is worth to learn, 1 on the average. Default: all the same.
        contexts: Columns of their metadata: texts, None where missing, or numbers, NaN where missing.
    """

    users: Strings
    items: Strings
    timestamps: Integers
    event_types: Strings | None = None
    event_values: Floats | None = None
    weights: Floats | None = None
    contexts: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.timestamps)

    def rows(self, places: NDArray[np.integer[Any]]) -> "Log":
        """Some of the rows, in this order."""
        return Log(
            self.users[places],
            self.items[places],
            self.timestamps[places],
            None if self.event_types is None else self.event_types[places],
            None if self.event_values is None else self.event_values[places],
            None if self.weights is None else self.weights[places],
            {name: values[places] for name, values in self.contexts.items()},
        )


@dataclass(frozen=True)
class Catalogue:
    """What is known of items, or of users: in a catalogue of users, `item_ids` are theirs.

    Items may be in it before anyone has interacted with them.

    Args:
        columns: Values by column, None where one is missing.
        texts: The columns whose words tell what an item is.
    """

    item_ids: Strings
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    texts: Sequence[str] = ()

    def rows(self, places: NDArray[np.integer[Any]]) -> "Catalogue":
        """Some of the rows, in this order."""
        columns = {name: values[places] for name, values in self.columns.items()}
        return Catalogue(self.item_ids[places], columns, self.texts)

    def of(self, ids: Sequence[str]) -> "Catalogue":
        """A row for each of these IDs, in their order; one of which nothing is known has no values."""
        place = {str(known): number for number, known in enumerate(self.item_ids)}
        places = np.array([place.get(one, -1) for one in ids], dtype=np.int64)
        columns = {}
        for name, values in self.columns.items():
            columns[name] = np.full(len(ids), None, dtype=object)
            columns[name][places >= 0] = values[places[places >= 0]]
        return Catalogue(np.array(ids, dtype=object), columns, self.texts)


class User(NamedTuple):
    """Who asks: what they did, in any order, what is known of them, and of the moment they ask in."""

    history: Sequence["Event"]
    profile: Profile | None = None
    context: Profile | None = None


class Event(NamedTuple):
    """One interaction of the user who asks.

    Args:
        timestamp: Seconds since 1970.
        context: What is known of the moment, by column of the Interactions dataset.
    """

    item_id: str
    timestamp: float
    event_type: str | None = None
    event_value: float | None = None
    context: Profile | None = None
