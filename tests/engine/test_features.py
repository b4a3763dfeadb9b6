"""What a catalogue says of items, as numbered features."""

import numpy as np

from personalize_local.engine.features import MOST_OF_ITEM, Features
from personalize_local.engine.log import Catalogue

IDS = ["a", "b", "c", "d"]


def features(texts=(), **columns):
    catalogue = Catalogue(
        np.array(["c", "a", "b"], object), {name: np.array(values, object) for name, values in columns.items()}, texts
    )
    return Features.of(IDS, catalogue)


def of_item(found, item):
    row = IDS.index(item)
    return {
        number: float(weight)
        for number, weight in zip(found.numbers[row].tolist(), found.weights[row].tolist(), strict=True)
        if weight
    }


def test_categories_share_the_weight_of_an_item():
    found = features(GENRES=["Drama", "Comedy|Drama", None])
    assert of_item(found, "c") == {2: 1.0}
    assert of_item(found, "a") == {1: 0.5, 2: 0.5}
    assert of_item(found, "b") == of_item(found, "d") == {}
    assert found.count == 3


def test_numbers_fall_into_buckets_and_missing_ones_into_none():
    found = features(YEAR=[1950, 2020, None])
    (old,), (new,) = of_item(found, "c"), of_item(found, "a")
    assert old != new
    assert of_item(found, "b") == {}


def test_columns_have_features_of_their_own_and_texts_and_births_none():
    found = features(["TEXT"], A=["x", "y", "x"], B=["x", "x", "y"], TEXT=["t"] * 3, CREATION_TIMESTAMP=[1, 2, 3])
    assert found.count == 5
    assert of_item(found, "c") == {1: 1.0, 3: 1.0}
    assert of_item(found, "b") == {1: 1.0, 4: 1.0}


def test_an_item_has_so_many_features_at_most():
    found = features(TAGS=["|".join(f"t{number:02}" for number in range(30)), "t00", None])
    assert len(of_item(found, "c")) == MOST_OF_ITEM
