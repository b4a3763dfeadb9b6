"""How a training runs, beside what it learns from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # commands that only look how long things take need not wait for numpy
    from personalize_local.engine.model import Model

MOST_PASSES, QUICK_PASSES = 50, 12  # over the log; a small one is learned nearly as well with the few

Progress = Callable[[float, str], None]


def unheard(share: float, doing: str) -> None:
    """Progress that nobody wants to know."""


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        threads: Of torch. One gives the same model on every machine, and is as fast as several: the steps of a small
            network are too short to be shared.
        passes: How often an event may be learned from. With MOST_PASSES, a small log takes as long as a large one.
        former: A model to go on from, with a fifth of the updates (training mode UPDATE).
        progress: Is told the share that is done, 0 to 1, and what goes on.
    """

    seed: int = 0
    threads: int = 1
    passes: int = MOST_PASSES
    former: Model | None = None
    progress: Progress = unheard
