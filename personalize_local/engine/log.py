"""What the engine learns from: a log of interactions, a catalogue of items, the events of one user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Strings = NDArray[np.object_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Log:
    """Interactions, one row each, in any order.

    Args:
        users, items: IDs.
        timestamps: Seconds since 1970.
        weights: How much each is worth to learn, 1 on the average. Default: all the same.
    """

    users: Strings
    items: Strings
    timestamps: Integers
    event_types: Strings | None = None
    event_values: Floats | None = None
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.timestamps)


@dataclass(frozen=True)
class Catalogue:
    """The items dataset: items may be in it before anyone has interacted with them.

    Args:
        texts: The columns whose words tell what an item is.
    """

    item_ids: Strings
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    texts: Sequence[str] = ()


class Event(NamedTuple):
    """One interaction of the user who asks.

    Args:
        timestamp: Seconds since 1970.
    """

    item_id: str
    timestamp: float
    event_type: str | None = None
    event_value: float | None = None
