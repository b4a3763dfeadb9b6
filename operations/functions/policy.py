"""How many requests a second a campaign reserves next: the autoscaling policy, a pure function of what was measured.

What is reserved (the minimum) is billed whether it is used or not, and the service scales above it by itself, some
minutes late (developer guide, "minimum provisioned transactions per second and auto-scaling"). So the minimum is needed
only where use grows: it has to cover what comes until a new minimum could be in force. It therefore follows the use
with some headroom, looks ahead along its growth, and never looks ahead along its fall.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PERIOD_MINUTES = 5
"""What use is averaged over, as the service's bill is for campaigns [API: CreateCampaign]."""
LOOK_AHEAD_MINUTES = 25
"""An update takes 10 to 20 minutes; the metrics come some minutes late, and until the next one could help as many
minutes pass again."""
TREND_PERIODS = 4
"""How many periods on each side show whether use grows steadily."""
LATE_PERIODS = 2
"""How many of the latest show whether it still does."""
DEAD_BAND = 0.05
"""Changes below this share of the minimum are not worth an update."""

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
        headroom: How much more than the use is reserved, as a share of it.
        cooldown_minutes: How long use must have been lower before the minimum is lowered.
        prewarm: When more is reserved, whatever the use.
    """

    min_tps: int = 1
    max_tps: int = 100
    headroom: float = 0.1
    cooldown_minutes: int = 20
    prewarm: tuple[Window, ...] = ()

    def decide(self, now: datetime, use: Sequence[float], minimum: int) -> "Decision":
        """Return what the minimum should be.

        Args:
            now: An aware moment.
            use: Requests a second, averages of the periods up to now, oldest first; a day of them is plenty.
            minimum: What is reserved now.
        """
        foreseen = now + timedelta(minutes=LOOK_AHEAD_MINUTES)
        warmed = max((window.tps for window in self.prewarm if window.touches(now, foreseen)), default=0)
        wanted = self._bounded(max(self._wanted(use), warmed))
        if wanted > minimum and (wanted - minimum >= DEAD_BAND * minimum or minimum < self.min_tps):
            return Decision(wanted, _because(use, warmed, wanted))
        if wanted < minimum:
            calm = self._bounded(max(self._wanted_lately(use), warmed))
            if minimum - calm >= DEAD_BAND * minimum:
                return Decision(calm, _because(use, warmed, calm))
        return Decision(minimum, "it fits")

    def _wanted(self, use: Sequence[float]) -> int:
        """For the latest period and what grows out of it until an update could be in force."""
        if not use:
            return self.min_tps
        level = use[-1]
        growth = _growth(use)
        if growth <= 0:
            return math.ceil(level)
        return math.ceil((level + growth * LOOK_AHEAD_MINUTES / PERIOD_MINUTES) * (1 + self.headroom))

    def _wanted_lately(self, use: Sequence[float]) -> int:
        """The most that was wanted within the cooldown."""
        periods = min(len(use), self.cooldown_minutes // PERIOD_MINUTES)
        return max(self._wanted(use[: len(use) - ago]) for ago in range(periods + 1))

    def _bounded(self, tps: int) -> int:
        return max(self.min_tps, min(self.max_tps, tps))


@dataclass(frozen=True)
class Decision:
    """What the minimum should be, and why."""

    min_tps: int
    reason: str


def _because(use: Sequence[float], warmed: int, wanted: int) -> str:
    if warmed and wanted == warmed:
        return f"a pre-warm window of {warmed} TPS is near"
    return f"the use is {use[-1] if use else 0:.1f} TPS"


def _growth(use: Sequence[float]) -> float:
    """By how much use grows a period: steadily, and still so of late, since a step that is over goes no further."""
    before, after, late = use[-2 * TREND_PERIODS : -TREND_PERIODS], use[-TREND_PERIODS:], use[-LATE_PERIODS - 1 :]
    if not before:
        return 0.0
    return min((_mean(after) - _mean(before)) / TREND_PERIODS, (late[-1] - late[0]) / LATE_PERIODS)


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
