"""The offline test of a model: users kept out of training, whose newest interactions are to be predicted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event, Integers
from personalize_local.engine.metrics import LIST_LENGTH, summarise
from personalize_local.engine.model import Model

TEST_USERS = 0.1
TRUTH = 0.1


class Request(NamedTuple):
    """What a test user did, and the numbers of the items that came next."""

    history: list[Event]
    seen: Integers
    truth: Integers


def split(histories: Histories, rng: Generator) -> tuple[Histories, Histories]:
    """Users to train on and users to test with: nine tenths and one tenth [developer guide: metrics]."""
    users = rng.permutation(len(histories))
    tested = max(1, round(TEST_USERS * len(users)))
    return histories.of_users(np.sort(users[tested:])), histories.of_users(np.sort(users[:tested]))


def requests(test: Histories) -> Iterator[Request]:
    """Each test user's oldest nine tenths as the history, the newest tenth as the truth."""
    for user in range(len(test)):
        rows = test.rows(user)
        cut = rows.stop - max(1, int(TRUTH * (rows.stop - rows.start)))
        if cut > rows.start:
            past = slice(rows.start, cut)
            yield Request(list(test.events(past)), test.items[past], np.unique(test.items[cut : rows.stop]))


def evaluate(model: Model, test: Histories, *, repeats: bool) -> dict[str, float]:
    """The service's metrics of a model, by the service's names.

    Args:
        repeats: Whether a list may have items that the user already had.
    """
    results = []
    recommended: set[int] = set()
    for request in requests(test):
        scores = np.array(model.scores(request.history, now=request.history[-1].timestamp), dtype=np.float64)
        if not repeats:
            scores[request.seen] = -np.inf
        ranking = np.argsort(-scores, kind="stable")[:LIST_LENGTH]
        recommended.update(ranking.tolist())
        results.append((np.isin(ranking, request.truth), len(request.truth)))
    return {"coverage": len(recommended) / len(model.item_ids), **summarise(results)}
