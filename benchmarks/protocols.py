"""What a model is asked in a benchmark, and what its answers are worth.

Each protocol makes an `Exam` of histories: what is learned from, and requests that each have a past and a truth. How
the truth is kept out: the arrays that a contender is fitted on are cut before it sees them; it is asked with the events
of the past alone; and "now" is the time of the last of those, as in the service's offline test, so that neither what
came next nor when it came can be read off. What the truth leaves behind is the list of item IDs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Integers
from personalize_local.engine.metrics import LIST_LENGTH, of_request
from personalize_local.engine.model import Ranker
from personalize_local.engine.offline import ranking, requests, split

TEST_USERS = 0.1
SESSION_GAP_SECONDS = 30 * 60
LONG = "normalized_discounted_cumulative_gain_at_"
METRICS = ("NDCG@5", "NDCG@10", "NDCG@25", "P@10", "P@25", "MRR@25", "HR@10", "R@20", "MRR@20")


class Request(NamedTuple):
    """Where the past lies in the asked histories, and the numbers of the items that came next."""

    past: slice
    truth: Integers


@dataclass(frozen=True)
class Exam:
    """What is learned from, and what is asked.

    Args:
        asked: The histories of those who are asked about; of each request the past alone is shown.
        repeats: Whether a list may have items of the past.
        among: The items that are ranked. None: all.
    """

    learned: Histories
    asked: Histories
    requests: list[Request]
    repeats: bool
    among: Integers | None = None


@dataclass(frozen=True)
class Marks:
    """Shapes: of each metric (R,), a value for each request; coverage: the share of the items that some list has."""

    by_request: Mapping[str, NDArray[np.float64]]
    coverage: float


def service(histories: Histories, seed: int) -> Exam:
    """The service's test: a tenth of the users; their oldest 90 % are the past, their newest 10 % the truth."""
    test, train = split(histories, TEST_USERS, np.random.default_rng(seed))
    return Exam(train, test, [Request(past, truth) for past, truth, *_ in requests(test)], histories.repeats_items())


def last_out(histories: Histories, seed: int, most: int = 6_040) -> Exam:
    """All users are learned from, without their last event; it is the truth. At most so many are asked."""
    rows = np.ones(len(histories.items), dtype=bool)
    rows[histories.starts[1:][histories.lengths > 1] - 1] = False
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(histories.lengths > 1))[:most]
    asked = [
        Request(
            slice(int(histories.starts[user]), last := int(histories.starts[user + 1]) - 1), histories.items[last:][:1]
        )
        for user in np.sort(drawn)
    ]
    return Exam(histories.of_rows(rows), histories, asked, repeats=False)


def next_click(
    histories: Histories, seed: int, share: float = 0.01, since: int | None = None, within: bool = False
) -> Exam:
    """Of a share of the users (sessions, where those are anonymous), each event after the first is asked for.

    Args:
        since: Only the last so many events of a history.
        within: Only events of a session that has begun: nobody knows beforehand that another one will.
    """
    test, train = split(histories, share, np.random.default_rng(seed))
    asked = []
    for user in range(len(test)):
        rows = test.rows(user)
        for row in range(max(rows.start + 1, rows.stop - (since or len(test.items))), rows.stop):
            if not within or test.times[row] - test.times[row - 1] <= SESSION_GAP_SECONDS:
                asked.append(Request(slice(rows.start, row), test.items[row : row + 1]))
    return Exam(train, test, asked, repeats=True)


def cold(histories: Histories, seed: int, share: float = 0.1, fewest: int = 5) -> Exam:
    """A share of the items loses all interactions and is ranked for other users by what the catalogue says alone.

    Of each test user, the first half of the history, without those items, is the past; those of the second half are
    the truth.
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(histories.items, minlength=len(histories.item_ids))
    known = np.flatnonzero(counts >= fewest)
    hidden = np.sort(rng.permutation(known)[: round(share * len(known))])
    test, train = split(histories, TEST_USERS, rng)
    learned = train.of_rows(~np.isin(train.items, hidden))
    learned = learned.of_users(np.flatnonzero(learned.lengths))
    test_hidden, asked = np.isin(test.items, hidden), []
    shown = test.of_rows(~test_hidden)
    for user in range(len(test)):
        rows = test.rows(user)
        middle = (rows.start + rows.stop) // 2
        truth = np.unique(test.items[middle : rows.stop][test_hidden[middle : rows.stop]])
        start = int(shown.starts[user])
        past = slice(start, start + int(np.count_nonzero(~test_hidden[rows.start : middle])))
        if len(truth) and past.stop > past.start:
            asked.append(Request(past, truth))
    return Exam(learned, shown, asked, repeats=True, among=hidden)


def marks(model: Ranker, exam: Exam) -> Marks:
    """Ask, and compare the lists with the truth."""
    found: dict[str, list[float]] = {name: [] for name in METRICS}
    listed = np.zeros(len(model.item_ids), dtype=bool)
    outside = np.ones(len(model.item_ids), dtype=bool)
    outside[exam.among if exam.among is not None else slice(None)] = False
    for request in exam.requests:
        events = list(exam.asked.events(request.past))
        scores = np.array(model.scores(events, now=events[-1].timestamp), dtype=np.float32)
        scores[outside] = -np.inf
        items = ranking(scores, None if exam.repeats else exam.asked.items[request.past])
        listed[items] = True
        hits = np.isin(items, request.truth)
        for name, value in _values(hits, len(request.truth)):
            found[name].append(value)
    ranked = len(model.item_ids) if exam.among is None else len(exam.among)
    return Marks({name: np.array(values) for name, values in found.items()}, float(listed.sum() / ranked))


def _values(hits: NDArray[np.bool_], relevant: int) -> Iterator[tuple[str, float]]:
    """The metrics of one list of 25."""
    of_service = of_request(hits, relevant)
    for k in (5, 10, LIST_LENGTH):
        yield f"NDCG@{k}", of_service[f"{LONG}{k}"]
    for k in (10, LIST_LENGTH):
        yield f"P@{k}", of_service[f"precision_at_{k}"]
    first = int(hits.argmax()) if hits.any() else LIST_LENGTH
    yield "MRR@25", 1 / (1 + first) if first < LIST_LENGTH else 0.0
    yield "HR@10", float(first < 10)
    yield "R@20", float(hits[:20].sum() / relevant)
    yield "MRR@20", 1 / (1 + first) if first < 20 else 0.0
