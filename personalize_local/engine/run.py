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
        threads: Of torch; None leaves it at its own choice, one a core.
        progress: Is told the share that is done, 0 to 1, and what goes on.
    """

    seed: int = 0
    threads: int | None = None
    progress: Progress = unheard
