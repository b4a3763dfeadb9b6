"""Interactions as columns."""

import numpy as np

from personalize_local.service.tables import Table, log_of


def test_rows_are_ordered_and_the_same_thing_counts_once():
    table = Table.of(
        [
            ("v", "b", 20, "watch", None),
            ("u", "b", 20, None, 1.5),
            ("u", "a", 10, "watch", None),
            ("v", "b", 20, "watch", None),
            ("u", "b", 20, None, 2.5),
            ("u", "b", 20, None, 1.5),
        ]
    )

    assert table.timestamps.tolist() == [10, 20, 20, 20]
    assert table.users.tolist() == ["u", "u", "u", "v"]
    assert table.items.tolist() == ["a", "b", "b", "b"]
    assert table.event_types.tolist() == ["watch", None, None, "watch"]
    assert [str(value) for value in table.event_values] == ["nan", "1.5", "2.5", "nan"]


def test_columns_of_metadata_are_texts_or_numbers_and_tell_rows_apart():
    rows = [("u", "a", 1, None, None, *context) for context in (("tv", 20), ("phone", None), ("tv", 20), (None, 8.5))]
    table = Table.of(rows, {"DEVICE": "string", "HOUR": "int"})

    log = log_of([table, Table.of([], {"DEVICE": "string", "HOUR": "int"})])
    assert log.contexts["DEVICE"].tolist() == [None, "phone", "tv"]
    assert [str(hour) for hour in log.contexts["HOUR"]] == ["8.5", "nan", "20.0"]
    assert log.rows(np.array([2])).contexts["DEVICE"].tolist() == ["tv"]


def test_a_log_has_only_the_columns_that_the_interactions_have():
    log = log_of([Table.of([("u", "a", 1, None, None)]), Table.of([])], [0.5, 1.5])

    assert (log.event_types, log.event_values) == (None, None)
    assert log.weights.tolist() == [0.5]
    assert len(log_of([])) == 0
