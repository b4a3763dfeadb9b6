"""How a training runs, beside what it learns from."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[float, str], None]


def unheard(share: float, doing: str) -> None:
    """Progress that nobody wants to know."""


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        threads: Of torch. One gives the same model on every machine, and is the fastest beside other work: the steps of
            a small network are too short to be shared.
        progress: Is told the share that is done, 0 to 1, and what goes on.
    """

    seed: int = 0
    threads: int = 1
    progress: Progress = unheard
