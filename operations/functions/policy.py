"""How many requests a second a campaign reserves next: the autoscaling policy, a pure function of what was measured.

What is reserved (the minimum) is billed whether it is used or not, and the service scales above it by itself, some
minutes late (developer guide, "minimum provisioned transactions per second and auto-scaling"). So the minimum is needed
where use grows faster than the service follows: it has to cover what comes until another minimum could be in force.

* It looks ahead along the trend, and adds the headroom, and what use varies by chance from minute to minute.
* It is changed rarely: while an update is under way, a surge cannot be answered.
* A surge, that is, minutes beyond all chance, is answered at once, and amply: how far it goes is not known yet, and too
  much for half an hour costs less than a second update that comes too late.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

MINUTE = timedelta(minutes=1)
"""What use is averaged over: the shortest period that CloudWatch has."""
WARM_UP_MINUTES = 25
"""An update takes 10 to 20 minutes, and may have to wait for a moment."""
LOOK_AHEAD_MINUTES = 30
"""Until an update is in force, and one more could be."""
LEVEL_MINUTES, TREND_MINUTES = 5, 15
"""Over how many minutes the use, and each end of its trend, are averaged."""
CHANCE = 1.0
"""How many deviations of single minutes are covered."""
MOST_CHANCE = 0.25
"""The most that is added for them, as a share of the use."""
SURGE_MINUTES, SURGE_CHANCE, SURGE_SHARE = 2, 4.5, 0.1
"""A surge are so many minutes by so many deviations above those before, and by such a share."""
SURGE_FACTOR = 3.0
"""How much of its use is reserved when a surge begins."""
UP_BAND, DOWN_BAND = 0.10, 0.15
"""Changes below these shares of the minimum are not worth an update."""
SEEN_MINUTES = 60
"""How many minutes of use decide, without a cooldown."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOMENT = re.compile(
    rf"(?:(?P<date>\d{{4}}-\d\d-\d\d) |(?P<day>{'|'.join(_DAYS)}) )?(?P<time>(?:[01]\d|2[0-3]):[0-5]\d)"
)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Window:
    """A time for which more is reserved beforehand, in UTC.

    Args:
        start: "18:00" each day, "fri 18:00" each week, or "2026-11-27 06:00" once.
        end: The same kind of time; one that is not after the start is on the next day, or in the next week.
        tps: Requests a second, at least.

    Raises:
        ValueError: The times are malformed, or not of one kind.
    """

    start: str
    end: str
    tps: int

    def __post_init__(self) -> None:
        if _kind(self.start) != _kind(self.end):
            raise ValueError(f"both times should be of one kind, {MOMENTS}; not '{self.start}' and '{self.end}'")
        if _kind(self.start) == "date" and self.start >= self.end:
            raise ValueError(f"should end after it begins; not '{self.start}' to '{self.end}'")

    def touches(self, begin: datetime, end: datetime) -> bool:
        """Whether any of it lies between two moments."""
        every = {"date": None, "day": _WEEK, "time": _DAY}[_kind(self.start)]
        starts, ends = _at(self.start, begin), _at(self.end, begin)
        if every is None:
            return starts < end and ends > begin
        ends = ends if ends > starts else ends + every
        return any(starts + shift < end and ends + shift > begin for shift in (-every, 0 * every, every))


MOMENTS = "'18:00', 'fri 18:00' or '2026-11-27 06:00', in UTC"


@dataclass(frozen=True)
class Policy:
    """What bounds the minimum, and how it follows the use.

    Args:
        min_tps: The least that is reserved, at least 1, as the service wants it.
        max_tps: The most that is reserved; the service itself may scale above it.
        headroom: How much more than the use is reserved, as a share of it, besides what it varies by chance.
        cooldown_minutes: How long use must have been lower before the minimum is lowered.
        prewarm: When more is reserved, whatever the use.
    """

    min_tps: int = 1
    max_tps: int = 100
    headroom: float = 0.08
    cooldown_minutes: int = 5
    prewarm: tuple[Window, ...] = ()

    def decide(self, now: datetime, use: Sequence[float], minimum: int) -> "Decision":
        """Return what the minimum should be.

        Args:
            now: An aware moment.
            use: Requests a second, averages of the minutes up to now, oldest first: those of an hour and the cooldown.
            minimum: What is reserved now.
        """
        foreseen = now + timedelta(minutes=WARM_UP_MINUTES)
        warmed = max((window.tps for window in self.prewarm if window.touches(now, foreseen)), default=0)
        needed = max(self._wanted(use), warmed)
        surge = _surge(use)
        ample = self._bounded(math.ceil(SURGE_FACTOR * surge))
        if surge and ample > minimum:
            return Decision(ample, f"use surges to {use[-1]:.1f} TPS", is_limited=needed > self.max_tps)
        wanted = self._bounded(needed)
        if wanted > minimum and (wanted - minimum >= UP_BAND * minimum or minimum < self.min_tps):
            return Decision(wanted, _because(use, warmed, wanted), is_limited=needed > self.max_tps)
        if wanted < minimum and not surge:
            calm = self._bounded(max(self._wanted_lately(use), warmed))
            if minimum - calm >= DOWN_BAND * minimum:
                return Decision(calm, _because(use, warmed, calm))
        return Decision(minimum, "it fits")

    def _wanted(self, use: Sequence[float]) -> int:
        """For what is to be expected while an update comes in force."""
        if not use:
            return self.min_tps
        expected = max(0.0, _mean(use[-LEVEL_MINUTES:]) + _growth(use) * LOOK_AHEAD_MINUTES)
        return math.ceil(expected * (1 + self.headroom) + min(CHANCE * _chance(use), MOST_CHANCE * expected))

    def _wanted_lately(self, use: Sequence[float]) -> int:
        """The most that was wanted within the cooldown."""
        agos = range(0, min(self.cooldown_minutes, len(use) - 1) + 1, LEVEL_MINUTES) if use else range(1)
        return max(self._wanted(use[: len(use) - ago]) for ago in agos)

    def _bounded(self, tps: int) -> int:
        return max(self.min_tps, min(self.max_tps, tps))


@dataclass(frozen=True)
class Decision:
    """What the minimum should be, and why.

    Args:
        is_limited: Whether it would be more without `max_tps`.
    """

    min_tps: int
    reason: str
    is_limited: bool = False


def _because(use: Sequence[float], warmed: int, wanted: int) -> str:
    if warmed and wanted == warmed:
        return f"a pre-warm window of {warmed} TPS is near"
    return f"the use is {_mean(use[-LEVEL_MINUTES:]) if use else 0:.1f} TPS"


def _growth(use: Sequence[float]) -> float:
    """By how much use grows a minute: steadily, and still so of late, since a step that is over goes no further."""
    steady, late = (_slope(use, minutes) for minutes in (TREND_MINUTES, 2 * LEVEL_MINUTES))
    return min(steady, late) if steady > 0 else steady


def _slope(use: Sequence[float], minutes: int) -> float:
    """Between the averages of so many minutes and of as many before; none where there are not so many."""
    before, after = use[-2 * minutes : -minutes], use[-minutes:]
    return (_mean(after) - _mean(before)) / minutes if len(before) == minutes else 0.0


def _chance(use: Sequence[float]) -> float:
    """By how much a minute differs from what its neighbours let expect (the deviation, from successive differences)."""
    late = use[-2 * TREND_MINUTES :]
    steps = [after - before for before, after in pairwise(late)]
    return math.sqrt(_mean([step**2 for step in steps]) / 2) if steps else 0.0


def _surge(use: Sequence[float]) -> float:
    """The use of the latest minutes if no chance explains it, else 0."""
    before = use[:-SURGE_MINUTES]
    if len(before) < 2 * TREND_MINUTES:
        return 0.0
    level, now = _mean(before[-TREND_MINUTES:]), _mean(use[-SURGE_MINUTES:])
    chance = SURGE_CHANCE * _chance(before) / math.sqrt(SURGE_MINUTES)
    return now if now > level + chance and now > level * (1 + SURGE_SHARE) else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _kind(moment: str) -> str:
    match = _MOMENT.fullmatch(moment)
    try:
        if match is None or not datetime.fromisoformat(match["date"] or "2000-01-01"):
            raise ValueError
    except ValueError:
        raise ValueError(f"times should be like {MOMENTS}; not '{moment}'") from None
    return "date" if match["date"] else "day" if match["day"] else "time"


def _at(moment: str, near: datetime) -> datetime:
    """A moment of this kind: on its date, in the week or on the day of another moment."""
    match = _MOMENT.fullmatch(moment)
    assert match is not None, "checked when the window was made"
    hour, minute = map(int, match["time"].split(":"))
    day = near.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if match["date"]:
        day = datetime.strptime(match["date"], "%Y-%m-%d").replace(tzinfo=UTC)
    elif match["day"]:
        day += timedelta(days=_DAYS.index(match["day"]) - day.weekday())
    return day + timedelta(hours=hour, minutes=minute)
