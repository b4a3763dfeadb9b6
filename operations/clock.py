"""The time that operations wait by, so that hours can pass in a test."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""

    def sleep(self, seconds: float) -> None:
        """Return once so many seconds have passed."""


class SystemClock:
    """The machine's time."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Return once so many seconds have passed."""
        time.sleep(seconds)
