"""The offline test of a model: users kept out of training, whose next interactions are to be predicted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from personalize_local.engine.histories import Histories
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.metrics import LIST_LENGTH, REWARDED_LENGTH, of_request, of_weighted_request, reward_share
from personalize_local.engine.model import Ranker


class Request(NamedTuple):
    """Where a user's past lies in the histories, the numbers of what came next, its worth, and who it is."""

    past: slice
    truth: Integers
    gains: Floats
    user: int


def split(histories: Histories, share: float, rng: Generator) -> tuple[Histories, Histories]:
    """The histories of a random share of the users, at least one, and those of the others."""
    users = rng.permutation(len(histories))
    chosen = max(1, round(share * len(users)))
    return histories.of_users(np.sort(users[:chosen])), histories.of_users(np.sort(users[chosen:]))


def split_by_id(histories: Histories, share: float, seed: int) -> tuple[Histories, Histories]:
    """The same by the users' IDs: whoever is chosen from one log is chosen from a later one, too.

    So a model that goes on from a former one (training mode UPDATE) is tested by users that neither was taught.
    """
    if histories.user_ids is None:
        return split(histories, share, np.random.default_rng(seed))
    places = np.array([crc32(f"{seed} {user_id}".encode()) for user_id in histories.user_ids])
    chosen = places < share * 2**32
    if not chosen.any():
        chosen = places == places.min()
    return histories.of_users(np.flatnonzero(chosen)), histories.of_users(np.flatnonzero(~chosen))


def requests(histories: Histories, tenths_back: int = 1) -> Iterator[Request]:
    """Cut every history some tenths before its end; the truth is the tenth after the cut.

    One tenth back is the service's own test: the oldest 90 % are input, the newest 10 % truth [developer guide].
    """
    for user in range(len(histories)):
        rows = histories.rows(user)
        tenth = max(1, (rows.stop - rows.start) // 10)
        cut = rows.stop - tenths_back * tenth
        if cut > rows.start:
            truth, places = np.unique(histories.items[cut : cut + tenth], return_inverse=True)
            gains = np.ones(len(truth), dtype=np.float32)
            if histories.weights is not None:
                gains[:] = 0
                np.maximum.at(gains, places, histories.weights[cut : cut + tenth])
            yield Request(slice(rows.start, cut), truth, gains, user)


def some_events(histories: Histories, count: int, rng: Generator) -> Iterator[Request]:
    """At most so many events, of which each is the truth, and all that its user did before it the past."""
    after_first = np.setdiff1d(np.arange(len(histories.items)), histories.starts[:-1])
    for row in np.sort(rng.permutation(after_first)[:count]).tolist():
        user = int(histories.users[row])
        past = slice(histories.rows(user).start, row)
        yield Request(past, histories.items[row : row + 1], np.ones(1, dtype=np.float32), user)


def last_events(histories: Histories) -> Iterator[Request]:
    """The last event of every user is the truth, and all before it the past: leave-last-out."""
    for user in range(len(histories)):
        rows = histories.rows(user)
        if rows.stop - rows.start > 1:
            truth = histories.items[rows.stop - 1 : rows.stop]
            yield Request(slice(rows.start, rows.stop - 1), truth, np.ones(1, dtype=np.float32), user)


def ranking(scores: Floats, seen: Integers | None, length: int = LIST_LENGTH) -> Integers:
    """The items of a list, best first, without those seen. Equal scores keep the order of the items."""
    if seen is not None:
        scores = scores.copy()
        scores[seen] = -np.inf
    return descending(scores, length)


def _reward_share(scores: Floats, seen: Integers | None, truth: Integers, rewards: Floats) -> float | None:
    items = ranking(scores, seen, REWARDED_LENGTH)
    return reward_share(np.where(np.isin(items, truth), rewards[items], 0))


@dataclass(frozen=True)
class Evaluation:
    """What a model's lists are worth.

    Args:
        coverage: The share of the items that some list has.
        by_request: Metrics by the service's names, one value for each request: shapes (R,).
    """

    coverage: float
    by_request: Mapping[str, NDArray[np.float64]]

    @property
    def metrics(self) -> dict[str, float]:
        """The service's metrics: the coverage, and the means over the requests."""
        return {"coverage": self.coverage} | {name: float(values.mean()) for name, values in self.by_request.items()}


def evaluate(
    model: Ranker,
    histories: Histories,
    *,
    repeats: bool,
    rewards: Floats | None = None,
    asked: Callable[[Histories], Iterator[Request]] = requests,
) -> Evaluation:
    """Ask a model about what it was not trained on.

    Args:
        asked: Cuts the histories. Default: as the service does.
        repeats: Whether a list may have items that the user already had.
        rewards: What an interaction with each item earns, shape (N,), if that is to be looked at.
    """
    results: dict[str, list[float]] = defaultdict(list)
    recommended: set[int] = set()
    for request in asked(histories):
        events = list(histories.events(request.past))
        scores = model.scores(events, events[-1].timestamp, histories.profile(request.user))
        items = ranking(scores, None if repeats else histories.items[request.past])
        recommended.update(items.tolist())
        values = of_request(np.isin(items, request.truth), len(request.truth))
        if histories.weights is not None:
            worth = dict(zip(request.truth.tolist(), request.gains.tolist(), strict=True))
            gains = np.array([worth.get(item, 0.0) for item in items.tolist()], np.float32)
            values |= of_weighted_request(gains, request.gains)
        if rewards is not None:
            seen = None if repeats else histories.items[request.past]
            share = _reward_share(scores, seen, request.truth, rewards)
            values |= {} if share is None else {"average_rewards_at_k": share}
        for name, value in values.items():
            results[name].append(value)
    by_request = {name: np.array(values, np.float64) for name, values in results.items()}
    return Evaluation(len(recommended) / len(model.item_ids), by_request)
