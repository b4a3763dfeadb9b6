"""Interactions as columns."""

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


def test_a_log_has_only_the_columns_that_the_interactions_have():
    log = log_of([Table.of([("u", "a", 1, None, None)]), Table.of([])], [0.5, 1.5])

    assert (log.event_types, log.event_values) == (None, None)
    assert log.weights.tolist() == [0.5]
    assert len(log_of([])) == 0
