"""A benchmark shows a model nothing of what it is asked for."""

from functools import partial

import numpy as np
import pytest
from generated.ratings import ratings
from protocols import cold, last_out, marks, next_click, service

from personalize_local.engine.histories import Histories


@pytest.fixture(scope="module")
def histories():
    return Histories.of(*ratings(seed=1, users=80, items=300))


class Witness:
    """Remembers what it was asked."""

    def __init__(self, item_ids):
        self.item_ids = item_ids
        self.asked = []

    def scores(self, history, now, profile=None):
        self.asked.append((history, now))
        return np.arange(len(self.item_ids), dtype=np.float32)


@pytest.mark.parametrize("protocol", [service, last_out, partial(next_click, since=3), cold])
def test_a_model_is_shown_the_past_and_the_time_of_its_last_event(protocol, histories):
    exam = protocol(histories, 0)
    witness = Witness(histories.item_ids)

    marks(witness, exam)

    assert len(witness.asked) == len(exam.requests)
    for request, (history, now) in zip(exam.requests, witness.asked, strict=True):
        shown = [(event.item_id, event.timestamp) for event in history]
        items, times = exam.asked.items[request.past], exam.asked.times[request.past]
        assert shown == [(histories.item_ids[item], time) for item, time in zip(items, times, strict=True)]
        assert now == times[-1]
        assert not {histories.item_ids[item] for item in request.truth} & {item for item, _ in shown}


def test_what_is_learned_from_lacks_the_last_events(histories):
    exam = last_out(histories, 0)

    assert len(exam.learned.items) == len(histories.items) - len(histories)
    for user, request in enumerate(exam.requests):
        assert request.truth[0] not in exam.learned.items[exam.learned.rows(user)]
        assert request.truth[0] == histories.items[histories.rows(user)][-1]


def test_test_users_are_not_learned_from(histories):
    exam = service(histories, 0)

    assert len(exam.learned) + len(exam.asked) == len(histories)
    assert len(exam.learned.items) + len(exam.asked.items) == len(histories.items)


def test_hidden_items_have_no_interactions_and_are_all_that_is_ranked(histories):
    exam = cold(histories, 0)

    assert not np.isin(exam.learned.items, exam.among).any()
    assert not np.isin(exam.asked.items, exam.among).any()
    assert all(np.isin(request.truth, exam.among).all() for request in exam.requests)


def test_a_model_that_knows_everything_gets_full_marks(histories):
    exam = last_out(histories, 0)
    truths = iter(exam.requests)

    class Oracle(Witness):
        def scores(self, history, now, profile=None):
            scores = np.zeros(len(self.item_ids), np.float32)
            scores[next(truths).truth] = 1
            return scores

    found = marks(Oracle(histories.item_ids), exam)

    for metric in ("NDCG@10", "MRR@25", "HR@10", "R@20", "MRR@20"):
        assert found.by_request[metric].min() == 1
