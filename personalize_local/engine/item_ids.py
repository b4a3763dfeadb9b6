"""The IDs of a catalogue without a Python object for each: a million are there at once when their arrays are."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IN_BUCKET = 2  # IDs, on the average


class ItemIds(Sequence[str]):
    """Item IDs in the order of their numbers; asking for the number of one takes the same time however many there are.

    All IDs stand behind one another as UTF-8. A hash of an ID tells the bucket in which its number is.

    Shapes: text (bytes,) uint8; ends (N + 1,), where each begins and the last one ends; numbers (N,), bucket after
    bucket; buckets (B + 1,), where each begins, B a power of two.
    """

    def __init__(self, *, text: NDArray[Any], ends: NDArray[Any], numbers: NDArray[Any], buckets: NDArray[Any]) -> None:
        self._arrays = {"text": text, "ends": ends, "numbers": numbers, "buckets": buckets}
        # Faster than arrays where one value is read.
        self._text, self._ends, self._numbers, self._buckets = text.data, ends.data, numbers.data, buckets.data
        self._found: dict[str, int] = {}

    @classmethod
    def of(cls, item_ids: Sequence[str]) -> ItemIds:
        """The same IDs in this form."""
        if isinstance(item_ids, ItemIds):
            return item_ids
        encoded = [item_id.encode() for item_id in item_ids]
        ends = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in encoded], out=ends[1:])
        count = 1 << max(len(encoded) // IN_BUCKET, 1).bit_length()
        bucket = np.fromiter(map(zlib.crc32, encoded), dtype=np.uint32, count=len(encoded)) & np.uint32(count - 1)
        buckets = np.concatenate([[0], np.cumsum(np.bincount(bucket, minlength=count))])
        numbers = np.argsort(bucket, kind="stable").astype(np.uint32)
        text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(text=text, ends=ends, numbers=numbers, buckets=buckets.astype(np.uint32))

    @property
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What it is made of, by the names of the arguments."""
        return self._arrays

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of each ID."""
        return Numbers(self)

    def number(self, item_id: str) -> int | None:
        """The number of an item; None: it is none of these."""
        number = self._found.get(item_id)
        if number is None:
            wanted = item_id.encode()
            bucket = zlib.crc32(wanted) & (len(self._buckets) - 2)
            for candidate in self._numbers[self._buckets[bucket] : self._buckets[bucket + 1]]:
                if self._text[self._ends[candidate] : self._ends[candidate + 1]] == wanted:
                    number = self._found[item_id] = candidate
        return number

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, number: int) -> str: ...

    @overload
    def __getitem__(self, number: slice) -> list[str]: ...

    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return [self[place] for place in range(*number.indices(len(self)))]
        place = range(len(self))[number]
        return str(self._text[self._ends[place] : self._ends[place + 1]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        ends = self._ends.tolist()
        return (str(self._text[start:end], "utf-8") for start, end in pairwise(ends))

    def __contains__(self, item_id: object) -> bool:
        return isinstance(item_id, str) and self.number(item_id) is not None

    def index(self, item_id: str, start: int = 0, stop: int | None = None) -> int:
        """The number of an item.

        Raises:
            ValueError: It is none of these.
        """
        number = self.number(item_id)
        if number is None or number not in range(len(self))[start:stop]:
            raise ValueError(f"{item_id!r} is not among {len(self)} items")
        return number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(str.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]


class Numbers(Mapping[str, int]):
    """The number of each ID."""

    def __init__(self, item_ids: ItemIds) -> None:
        self._item_ids = item_ids

    def __getitem__(self, item_id: str) -> int:
        number = self._item_ids.number(item_id)
        if number is None:
            raise KeyError(item_id)
        return number

    def __iter__(self) -> Iterator[str]:
        return iter(self._item_ids)

    def __len__(self) -> int:
        return len(self._item_ids)
