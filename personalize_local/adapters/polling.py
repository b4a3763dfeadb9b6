"""Keeps a polling state machine polling as long as it would on AWS, though each of its waits is shortened here.

The CDK's waiter looks again every ten seconds for 55 minutes, as so many attempts of a Retry. With shortened waits the
attempts would be used up within minutes; a training that takes longer would fail.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.services import stepfunctions

Retrier = Mapping[str, Any]
Find = Callable[[Sequence[Retrier], str, Mapping[int, int]], tuple[Retrier | None, int]]


def install() -> None:
    """Replace ministack's function, which it looks up in its module at each use."""
    scale = stepfunctions._SFN_WAIT_SCALE
    stepfunctions._find_matching_retrier = _lasting(stepfunctions._find_matching_retrier, scale)


def _lasting(find: Find, scale: float) -> Find:
    def found(retriers: Sequence[Retrier], error: str, counts: Mapping[int, int]) -> tuple[Retrier | None, int]:
        return find([_lengthened(retrier, scale) for retrier in retriers], error, counts)

    return found


def _lengthened(retrier: Retrier, scale: float) -> Retrier:
    """More attempts where the interval stays the same, that is, where something is polled."""
    if retrier.get("BackoffRate", 2.0) != 1:
        return retrier
    return {**retrier, "MaxAttempts": math.ceil(retrier.get("MaxAttempts", 3) / scale)}
