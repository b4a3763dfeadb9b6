"""How far a preparation is: which step of which dataset, and how much of it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

# The steps of a dataset in their order, and what share of its time each takes, as measured on large logs.
STEPS = {"reading": 0.15, "judging": 0.45, "comparing": 0.1, "looking": 0.1, "writing": 0.2, "uploading": 0.0}
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Moment:
    """Where a preparation is.

    Attributes:
        share: how much of the dataset's work is done, from 0 to 1.
        rows: how many rows the dataset has; None while they are not yet known.
    """

    dataset: str
    step: str
    share: float
    rows: int | None


class Progress:
    """Tells again and again how far a preparation is, from a thread of its own.

    Args:
        tell: is called with each moment.
    """

    def __init__(self, tell: Callable[[Moment], None]) -> None:
        self._tell = tell
        self._now = Moment("", next(iter(STEPS)), 0, None)
        self._percent: Callable[[], float] | None = None
        self._asking = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def follow(self, percent: Callable[[], float] | None) -> None:
        """Ask this how far a step is, in percent, less than 0 when it does not know; None: ask no more."""
        with self._asking:
            self._percent = percent

    def step(self, step: str, dataset: str | None = None, rows: int | None = None) -> None:
        """A step begins; with the name of a dataset, another dataset does."""
        before = sum(share for name, share in list(STEPS.items())[: list(STEPS).index(step)])
        known = rows if rows is not None or dataset else self._now.rows
        self._now = Moment(dataset or self._now.dataset, step, before, known)
        self._tell(self._now)

    def _follow(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            with self._asking:
                now, percent = self._now, self._percent() if self._percent else 0
            done = STEPS[now.step] * min(max(percent, 0), 100) / 100
            self._tell(Moment(now.dataset, now.step, now.share + done, now.rows))
