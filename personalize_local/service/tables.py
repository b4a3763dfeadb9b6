"""Interactions as columns of numbers, so that ten million of them take hundreds of megabytes and not ten times that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_prep.schemas import DATASET_TYPES, Field
from personalize_local.engine.log import Integers, Log, Strings

AT_A_TIME = 100_000  # rows that are Python objects at one moment
OF_INTERACTION = (str, str, np.int64, str, np.float64)  # user, item, timestamp, event type, event value

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

    Shapes: (rows,) each; numbers are NaN where missing.

    Args:
        contexts: The columns of their metadata that are learned from.
    """

    users: Strings
    items: Strings
    timestamps: Integers
    event_types: Strings
    event_values: NDArray[np.float64]
    contexts: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Sequence[Any]], contexts: Mapping[str, str] = MappingProxyType({})) -> Table:
        """The table of records in any order.

        Args:
            records: User, item, timestamp, event type, event value, and the values of each of `contexts`.
            contexts: The types of these columns, by name, as in a schema.
        """
        kinds = (*OF_INTERACTION, *(str if kind == "string" else np.float64 for kind in contexts.values()))
        known: list[dict[Any, int]] = [defaultdict(count().__next__) for _ in kinds]
        parts: list[list[NDArray[Any]]] = [[np.empty(0, np.int32 if kind is str else kind)] for kind in kinds]
        remaining = iter(records)
        while batch := list(islice(remaining, AT_A_TIME)):
            for kind, values, numbers, part in zip(kinds, zip(*batch, strict=True), known, parts, strict=True):
                if kind is str:
                    part.append(np.fromiter(map(numbers.__getitem__, values), dtype=np.int32, count=len(values)))
                else:
                    part.append(np.array(values, dtype=kind))
        columns: list[Words | NDArray[Any]] = [
            Words.of(np.concatenate(part), numbers) if kind is str else np.concatenate(part)
            for kind, numbers, part in zip(kinds, known, parts, strict=True)
        ]
        by_user, by_item, by_time, *others = (one.numbers if isinstance(one, Words) else one for one in columns)
        keys = (*others[::-1], by_item, by_user, by_time)  # the last one counts most
        order = np.lexsort(keys)
        is_new = np.full(len(order), False)
        is_new[:1] = True
        for key in keys:
            ordered = key[order]
            is_new[1:] |= (ordered[1:] != ordered[:-1]) & (
                (ordered[1:] == ordered[1:]) | (ordered[:-1] == ordered[:-1])
            )
        chosen = order[is_new]
        found: list[Any] = [one.rows(chosen) if isinstance(one, Words) else one[chosen] for one in columns]
        users, items, timestamps, event_types, event_values, *more = found
        return cls(users, items, timestamps, event_types, event_values, dict(zip(contexts, more, strict=True)))

    def __len__(self) -> int:
        return len(self.timestamps)


def contexts_of(fields: Iterable[Field]) -> dict[str, str]:
    """The columns of interactions that tell in which moment one was, categories and numbers, and their types."""
    metadata = DATASET_TYPES[None]["interactions"].metadata(fields)
    return {one.name: one.type for one in metadata if one.is_learned}


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
        contexts={name: np.concatenate([table.contexts[name] for table in tables]) for name in tables[0].contexts},
    )
