"""What is known of moments, as features."""

import numpy as np

from personalize_local.engine.contexts import MOST_OF_MOMENT, ContextReader, Contexts


def contexts():
    columns = {
        "DEVICE": np.array(["tv", "phone", None, "phone|tv"], object),
        "HOUR": np.array([20.0, np.nan, 8.0, 20.0]),
        "UNUSED": np.array([None] * 4, object),
    }
    return Contexts.of(columns)


def test_events_and_requests_are_read_alike():
    found = contexts()
    reader = ContextReader(found.vocabulary)
    given = [{"DEVICE": "tv", "HOUR": 20}, {"DEVICE": "phone"}, {"HOUR": "8"}, {"HOUR": 20.0, "DEVICE": "tv|phone"}]
    read = reader.read(given)
    assert read.shape == (4, MOST_OF_MOMENT)
    assert [sorted(row[row > 0]) for row in read] == [sorted(row[row > 0]) for row in found.numbers]
    assert list(found.vocabulary.columns) == ["DEVICE", "HOUR"]


def test_what_no_event_had_is_not_known_of_a_request():
    reader = ContextReader(contexts().vocabulary)
    assert not reader.read([None, {}, {"DEVICE": "watch"}, {"HOUR": "late"}, {"WEATHER": "rain"}]).any()


def test_contexts_are_told_as_far_as_features_do():
    found = contexts()
    tv, phone, early, both = found.told(slice(0, 4))
    assert (tv["DEVICE"], phone, both["DEVICE"]) == ("tv", {"DEVICE": "phone"}, "phone|tv")
    assert tv["HOUR"] == both["HOUR"] > early["HOUR"]
    again = ContextReader(found.vocabulary).read([tv, phone, early, both])
    assert [row[row > 0].tolist() for row in again] == [row[row > 0].tolist() for row in found.numbers]
    assert found.rows(np.array([3, 1])).told(slice(0, 2)) == [both, phone]


def test_without_anything_known_there_are_none():
    assert Contexts.of({}) is None
    assert Contexts.of({"CREATION_TIMESTAMP": np.array([1.0, 2.0])}) is None  # of items; no model reads it
    assert Contexts.of({"DEVICE": np.array([None, None], object), "HOUR": np.array([np.nan, np.nan])}) is None
