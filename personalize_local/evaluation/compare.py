"""Train several models on the same users and ask them about the same others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from personalize_local.engine.errors import EngineError
from personalize_local.engine.histories import Histories
from personalize_local.engine.model import Ranker
from personalize_local.engine.offline import Evaluation, Request, evaluate, last_events, requests, split_by_id
from personalize_local.engine.recipes import TEST_USERS
from personalize_local.engine.run import QUICK_PASSES, Progress, Run, unheard

Told = Callable[[str], Progress]

RESAMPLED = 2000
MOST_ASKED = 10_000  # users, where all of them could be
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Contender:
    """What takes part.

    Args:
        fit: Trains on the histories of some users.
        recipe: The service's that it stands for. None: it is a baseline.
    """

    name: str
    fit: Callable[[Histories, Run], Ranker]
    recipe: str | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether it is there to be beaten."""
        return self.recipe is None


@dataclass(frozen=True)
class Estimate:
    """A mean over users, and between what it lies at CONFIDENCE: how much it hangs on which users were drawn."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Result:
    """What became of a contender.

    Args:
        seconds: Of the training, on the clock; cpu_seconds of all cores together.
        problem: Why there is nothing else, if so.
    """

    contender: Contender
    evaluation: Evaluation = field(default_factory=lambda: Evaluation(0.0, {}))
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    problem: str | None = None

    def estimate(self, metric: str) -> Estimate:
        """A metric with its uncertainty, by the bootstrap over the test users [Efron 1979]."""
        return bootstrap(self.evaluation.by_request[metric])

    def gain_over(self, other: Result, metric: str) -> Estimate:
        """How much better it is for the same users: the difference of a metric, user by user."""
        return bootstrap(self.evaluation.by_request[metric] - other.evaluation.by_request[metric])


@dataclass(frozen=True)
class Split:
    """The histories that are learned from, and those that are asked about.

    Args:
        asked: Cuts the latter into a past and what came next.
    """

    train: Histories
    test: Histories
    repeats: bool
    asked: Callable[[Histories], Iterator[Request]] = requests

    @classmethod
    def of(cls, histories: Histories, seed: int = 0) -> Split:
        """The service's split: a tenth of the users is kept out; a solution version of the same data and seed has the
        same one."""
        test, train = split_by_id(histories, TEST_USERS, seed)
        return cls(train, test, histories.repeats_items())

    @classmethod
    def leaving_last_out(cls, histories: Histories, seed: int = 0) -> Split:
        """What much of the literature has: all users are learned from but for their last event, which is asked about;
        of many users, MOST_ASKED."""
        is_last = np.zeros(len(histories.items), dtype=bool)
        is_last[(histories.starts[1:] - 1)[histories.lengths > 1]] = True
        users = np.random.default_rng(seed).permutation(len(histories))[:MOST_ASKED]
        test = histories.of_users(np.sort(users))
        return cls(histories.of_rows(~is_last), test, histories.repeats_items(), last_events)


def compare(
    contenders: Sequence[Contender], split: Split, *, seed: int = 0, told: Told = lambda name: unheard
) -> Iterator[Result]:
    """Train and test one after the other; what cannot be trained says why and keeps nobody else from it.

    They learn as long as in the local cloud's usual profile.

    Args:
        told: Gives what hears of a training's progress, by the contender's name.
    """
    for contender in contenders:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            model = contender.fit(split.train, Run(seed, passes=QUICK_PASSES, progress=told(contender.name)))
        except EngineError as problem:
            yield Result(contender, problem=str(problem))
            continue
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        evaluation = evaluate(model, split.test, repeats=split.repeats, asked=split.asked)
        yield Result(contender, evaluation, wall, cpu)


def bootstrap(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Estimate:
    """The mean, and the interval that the means of resampled values lie in."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(RESAMPLED)]
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(float(values.mean()), float(low), float(high))
