"""The time that the service lives by, so that hours can pass in a test."""

import time
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""


class SystemClock:
    """The machine's time."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()


class VirtualClock:
    """A time that starts where it is told, runs at its own speed and can be moved on.

    Args:
        start: Seconds since the Unix epoch. Default: the machine's time.
        speed: Seconds that pass here while one passes outside. Default: 0, only `advance` moves the clock.
    """

    def __init__(self, start: float | None = None, *, speed: float = 0.0) -> None:
        self._speed = speed
        self._started = time.monotonic()
        self._base = time.time() if start is None else start
        self._lock = Lock()

    def now(self) -> float:
        """Seconds since the Unix epoch, in this clock's own time."""
        return self._base + self._speed * (time.monotonic() - self._started)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        with self._lock:
            self._base += seconds
