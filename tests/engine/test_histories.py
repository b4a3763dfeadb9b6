"""The log, sorted into histories, and the offline split."""

import numpy as np
import pytest

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Event, Log
from personalize_local.engine.offline import requests, some_events, split


def strings(*values):
    return np.array(values, object)


def test_a_user_s_events_lie_together_oldest_first_and_ties_as_they_came():
    log = Log(strings("u", "v", "u", "u"), strings("b", "a", "c", "a"), np.array([20, 5, 10, 20]))
    histories = Histories.of(log)
    assert list(histories.events(histories.rows(0))) == [Event("c", 10.0), Event("b", 20.0), Event("a", 20.0)]
    assert list(histories.events(histories.rows(1))) == [Event("a", 5.0)]


def test_items_of_the_catalogue_are_known_before_anyone_took_them():
    log = Log(strings("u"), strings("b"), np.array([1]))
    assert Histories.of(log, Catalogue(strings("c", "b", "a"))).item_ids == ["a", "b", "c"]


def test_some_of_the_users_keep_their_events_and_item_numbers(log_of):
    histories = Histories.of(log_of(["ab", "cd", "ea"]))
    some = histories.of_users(np.array([0, 2]))
    assert [some.item_ids[item] for item in some.items] == ["a", "b", "e", "a"]
    assert some.item_ids == histories.item_ids


@pytest.mark.parametrize(("sequences", "repeats"), [(["abc", "abd"], False), (["aba", "abc"], True)])
def test_a_log_in_which_users_take_items_again_is_recognised(log_of, sequences, repeats):
    assert Histories.of(log_of(sequences)).repeats_items() is repeats


def test_one_user_in_ten_is_tested_on_the_newest_tenth(log_of):
    histories = Histories.of(log_of([[f"i{place}" for place in range(25)]] * 40))
    test, train = split(histories, 0.1, np.random.default_rng(0))
    assert (len(test), len(train)) == (4, 36)
    for request in requests(test):
        assert request.past.stop - request.past.start == 23
        assert [test.item_ids[item] for item in request.truth] == ["i23", "i24"]


def test_a_user_with_one_event_asks_for_nothing(log_of):
    assert list(requests(Histories.of(log_of(["a"])))) == []


def test_types_of_events_are_numbered_by_name_and_none_is_zero():
    types = strings("view", None, "buy")
    histories = Histories.of(Log(strings("u", "v", "u"), strings("a", "b", "a"), np.array([2, 1, 1]), types))
    assert (histories.type_names, histories.event_types.tolist()) == (["buy", "view"], [1, 2, 0])
    assert [event.event_type for event in histories.events(slice(0, 3))] == ["buy", "view", None]
    assert histories.of_users(np.array([1])).event_types.tolist() == [0]


def test_what_is_known_of_moments_stays_with_the_events():
    contexts = {"DEVICE": strings("tv", None, "phone"), "HOUR": np.array([20.0, 8.0, np.nan])}
    log = Log(strings("u", "v", "u"), strings("a", "b", "a"), np.array([2, 1, 1]), contexts=contexts)
    histories = Histories.of(log)
    phone, tv, none = (event.context for event in histories.events(slice(0, 3)))
    assert (phone, tv["DEVICE"], list(none)) == ({"DEVICE": "phone"}, "tv", ["HOUR"])
    assert next(histories.of_users(np.array([1])).events(slice(0, 1))).context == none
    assert [event.context for event in histories.of_rows(np.array([False, True, True])).events(slice(0, 2))] == [
        tv,
        none,
    ]


def test_what_is_known_of_users_stays_with_them(log_of):
    users = Catalogue(strings("user2", "stranger", "user0"), {"AGE": strings(20, 30, 40)})
    histories = Histories.of(log_of(["ab", "cd", "ea"]), users=users)
    assert [histories.profile(user) for user in range(3)] == [{"AGE": 40}, {}, {"AGE": 20}]
    assert histories.of_users(np.array([2, 1])).profile(0) == {"AGE": 20}
    assert Histories.of(log_of(["ab"])).profile(0) is None


def test_events_asked_for_one_by_one_have_all_before_them_as_their_past(log_of):
    histories = Histories.of(log_of(["abc", "d", "ef"]))
    asked = [
        (request.past.start, request.past.stop, request.truth.tolist())
        for request in some_events(histories, 100, np.random.default_rng(0))
    ]
    firsts = histories.starts[:-1].tolist()
    assert [past for past in asked if past[0] not in firsts] == []
    assert [stop for _, stop, _ in asked] == [row for row in range(len(histories.items)) if row not in firsts]
    assert all(truth == [histories.items[stop]] for _, stop, truth in asked)
    assert len(list(some_events(histories, 2, np.random.default_rng(0)))) == 2
