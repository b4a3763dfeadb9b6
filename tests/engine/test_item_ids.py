"""Item IDs in arrays behave like a list of them, whose numbers are found at once."""

import numpy as np
import pytest

from personalize_local.engine.item_ids import ItemIds

IDS = ["", "a", "alien: résurrection", "b" * 200, "日本", *(f"item-{number}" for number in range(3000))]


@pytest.fixture
def ids():
    return ItemIds.of(IDS)


def test_they_are_those_that_were_given_in_their_order(ids):
    assert list(ids) == IDS
    assert [ids[place] for place in range(len(ids))] == IDS
    assert ids == IDS
    assert ids != IDS[1:]
    assert (ids[-1], ids[3:5]) == (IDS[-1], IDS[3:5])
    assert ids[np.int32(2)] == IDS[2]
    with pytest.raises(IndexError):
        ids[len(IDS)]


def test_each_has_its_number_and_others_have_none(ids):
    for _ in range(2):
        assert [ids.number(item_id) for item_id in IDS] == list(range(len(IDS)))
    assert ids.number("item-3000") is None
    assert "item-7" in ids
    assert "item" not in ids
    assert 7 not in ids
    assert ids.index("a") == ids.numbers["a"] == 1
    assert dict(ids.numbers) == {item_id: number for number, item_id in enumerate(IDS)}
    assert ids.numbers.get("item") is None
    with pytest.raises(ValueError, match="'item' is not among 3005 items"):
        ids.index("item")


def test_there_may_be_none():
    assert list(ItemIds.of([])) == []
    assert ItemIds.of([]).number("a") is None


def test_they_can_be_made_of_their_arrays_again(ids):
    again = ItemIds(**ids.arrays)
    assert again == IDS
    assert again.number("日本") == 4
