"""The time that the service lives by, so that hours can pass in a test."""

import time
from pathlib import Path
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


class ShiftedClock:
    """The machine's time and what it was moved on; it can only be moved on, and stays so.

    Args:
        file: Keeps by how much it was moved on, in seconds.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._shift = float(file.read_text()) if file.exists() else 0.0

    @property
    def ahead(self) -> float:
        """By how many seconds it was moved on."""
        return self._shift

    def now(self) -> float:
        """Seconds since the Unix epoch, in this clock's own time."""
        return time.time() + self._shift

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        with self._lock:
            new = self._file.with_suffix(".new")
            new.write_text(repr(self._shift + seconds))
            new.replace(self._file)
            self._shift += seconds
