"""Distributions from how many things have how many interactions: exact, and small whatever there is."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from data_prep.summary.model import Bin, Popularity, Spread

MAX_PERIODS = 120
_LORENZ_POINTS = 50
_HOUR, _DAY = 3600, 86400
_PERIODS = (_HOUR, 3 * _HOUR, 12 * _HOUR, _DAY, 7 * _DAY, 28 * _DAY, 91 * _DAY, 364 * _DAY)


def period_seconds(first: int, last: int) -> int:
    """A length of periods by which a time is cut in at most `MAX_PERIODS`."""
    longest = _PERIODS[-1]
    longest *= 1 + (last - first) // longest // (MAX_PERIODS - 2)  # as of times that are not what they are said to be
    return next((length for length in _PERIODS if (last - first) / length < MAX_PERIODS - 1), longest)


def spread(counts: Mapping[int, int]) -> Spread:
    """Sum up how many things have how many interactions: number of interactions -> things."""
    if not counts:
        return Spread(bins=(), mean=0, median=0, p90=0, max=0)
    sizes = sorted(counts)
    up_to = list(accumulate(counts[size] for size in sizes))
    total = up_to[-1]

    def quantile(share: float) -> int:
        return sizes[bisect_left(up_to, share * total)]

    interactions = sum(size * count for size, count in counts.items())
    return Spread(
        bins=tuple(_bins(counts, sizes[-1])),
        mean=round(interactions / total, 3),
        median=quantile(0.5),
        p90=quantile(0.9),
        max=sizes[-1],
    )


def _bins(counts: Mapping[int, int], greatest: int) -> Iterator[Bin]:
    low = 1
    while low <= greatest:
        high = 2 * (low - 1) or 1  # 1, 2, 3-4, 5-8, 9-16
        yield Bin(low=low, high=high, count=sum(count for size, count in counts.items() if low <= size <= high))
        low = high + 1


def popularity(counts: Mapping[int, int], top: Sequence[tuple[Any, ...]]) -> Popularity:
    """How unequal items are: number of interactions -> items, and the most popular items with theirs."""
    items = sum(counts.values())
    interactions = sum(size * count for size, count in counts.items())
    # Walk from the least popular to the most; within one size the curve is a straight line.
    share_of_items, share, area = 0.0, 0.0, 0.0
    corners = [(0.0, 0.0)]
    for size in sorted(counts):
        width, height = counts[size] / items, size * counts[size] / interactions
        area += width * (share + height / 2)
        share_of_items, share = share_of_items + width, share + height
        corners.append((share_of_items, share))
    points = [step / _LORENZ_POINTS for step in range(_LORENZ_POINTS)] + [0.99, 1.0]
    lorenz = tuple((round(point, 4), round(_at(corners, point), 4)) for point in points)
    return Popularity(
        lorenz=lorenz,
        gini=round(max(0.0, 1 - 2 * area), 4),
        top_percent=round(1 - _at(corners, 0.99), 4),
        top=tuple((str(item), int(count)) for item, count in top),
    )


def _at(corners: Sequence[tuple[float, float]], x: float) -> float:
    """The height of a line through corners, whose x go up, at a place."""
    place = min(max(bisect_left(corners, x, key=lambda corner: corner[0]), 1), len(corners) - 1)
    (x1, y1), (x2, y2) = corners[place - 1], corners[place]
    return y2 if x2 == x1 or x >= x2 else y1 + (y2 - y1) * (x - x1) / (x2 - x1)
