"""Interactions as columns of numbers, so that ten million of them take hundreds of megabytes and not ten times that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.log import Integers, Log, Strings

AT_A_TIME = 100_000  # rows that are Python objects at one moment

Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Words:
    """A column of texts: each different one once, in their order, and its number in every row."""

    words: Strings
    numbers: Numbers

    @classmethod
    def of(cls, numbers: Numbers, known: Mapping[Any, int]) -> Words:
        """The column whose numbers were given in the order in which the words came."""
        words = np.array(list(known), dtype=object)
        order = sorted(range(len(words)), key=lambda number: words[number] or "")
        places = np.empty(len(words), dtype=np.int32)
        places[order] = np.arange(len(words), dtype=np.int32)
        return cls(words[order], places[numbers])

    def rows(self, chosen: Integers) -> Strings:
        """The texts of some rows; equal ones are one object."""
        texts: Strings = self.words[self.numbers[chosen]]
        return texts


@dataclass(frozen=True)
class Table:
    """Interactions by time, user and item, the same thing once.

    Shapes: (rows,) each; event values are NaN where missing.
    """

    users: Strings
    items: Strings
    timestamps: Integers
    event_types: Strings
    event_values: NDArray[np.float64]

    @classmethod
    def of(cls, records: Iterable[tuple[str, str, int, str | None, float | None]]) -> Table:
        """The table of (user, item, timestamp, event type, event value) in any order."""
        known: list[dict[Any, int]] = [defaultdict(count().__next__) for _ in range(3)]
        parts: list[list[NDArray[Any]]] = [[np.empty(0, dtype)] for dtype in (np.int32,) * 3 + (np.int64, np.float64)]
        remaining = iter(records)
        while batch := list(islice(remaining, AT_A_TIME)):
            users, items, timestamps, event_types, values = zip(*batch, strict=True)
            for number, texts in enumerate((users, items, event_types)):
                numbers = map(known[number].__getitem__, texts)
                parts[number].append(np.fromiter(numbers, dtype=np.int32, count=len(texts)))
            parts[3].append(np.array(timestamps, dtype=np.int64))
            parts[4].append(np.array(values, dtype=np.float64))
        columns = [np.concatenate(part) for part in parts]
        by_user, by_item, by_type = (Words.of(columns[number], known[number]) for number in range(3))
        keys = (columns[4], by_type.numbers, by_item.numbers, by_user.numbers, columns[3])
        order = np.lexsort(keys)
        is_new = np.full(len(order), False)
        is_new[:1] = True
        for key in keys:
            ordered = key[order]
            is_new[1:] |= (ordered[1:] != ordered[:-1]) & (
                (ordered[1:] == ordered[1:]) | (ordered[:-1] == ordered[:-1])
            )
        chosen = order[is_new]
        return cls(
            by_user.rows(chosen), by_item.rows(chosen), columns[3][chosen], by_type.rows(chosen), columns[4][chosen]
        )

    def __len__(self) -> int:
        return len(self.timestamps)


def log_of(tables: Sequence[Table], weights: Sequence[float] | None = None) -> Log:
    """The interactions of tables as the engine takes them, those of each with its weight."""
    tables = tables or [Table.of([])]
    types = np.concatenate([table.event_types for table in tables])
    values = np.concatenate([table.event_values for table in tables])
    each = None if weights is None else np.repeat(np.array(weights, np.float32), [len(table) for table in tables])
    return Log(
        users=np.concatenate([table.users for table in tables]),
        items=np.concatenate([table.items for table in tables]),
        timestamps=np.concatenate([table.timestamps for table in tables]),
        event_types=types if any(types) else None,
        event_values=None if np.isnan(values).all() else values.astype(np.float32),
        weights=each,
    )
