"""Lets ministack's EventBridge Scheduler live by the local cloud's clock, so that a week can pass at once.

* A schedule begins what is due by that clock; one that was due several times in what passed at once begins it once.
* What was due while the local cloud was down is left out, as nothing of AWS would have run then.
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, scheduler

from personalize_local.service.clock import Clock

LOOKS_EVERY = 1.0  # seconds


class _Time:
    """The module `time`, but for what time it is."""

    def __init__(self, clock: Clock) -> None:
        self.time = clock.now

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def install(clock: Clock) -> None:
    """Replace the module's time, and what looks for schedules that are due."""
    scheduler.time = _Time(clock)
    scheduler._SCHEDULE_TICK_INTERVAL = LOOKS_EVERY
    scheduler._tick_schedules = _without_missed(scheduler._tick_schedules, clock.now())


def _without_missed(tick: Callable[[], None], started: float) -> Callable[[], None]:
    """Count rates on from the last time that was due before the local cloud started."""

    def ticked() -> None:
        for key, schedule in list(scheduler._schedules._data.items()):
            interval = eventbridge._parse_rate_seconds(schedule.get("ScheduleExpression", ""))
            made = schedule.get("CreationDate", started)
            if interval and key not in scheduler._schedule_last_fired:
                scheduler._schedule_last_fired[key] = made + max(0.0, started - made) // interval * interval
        tick()

    return ticked
