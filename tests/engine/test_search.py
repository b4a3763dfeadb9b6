"""The search for hyperparameters."""

import numpy as np

from personalize_local.engine.search import Range, Search

WIDTH, SHARE, MASK = Range("width", 32, 256, whole=True), Range("share", 0, 1), Range("mask", texts=["True", "False"])
USUAL = {"width": "43", "share": "0.5", "mask": "True", "fixed": "3"}


def worth(values):
    """The best is at a width of 200 and a share of 0.2, without the mask."""
    return (
        -(((int(values["width"]) - 200) / 224) ** 2) - (float(values["share"]) - 0.2) ** 2 + (values["mask"] == "False")
    )


def tried(ranges, count, usual=USUAL, seed=0):
    search, sets = Search(usual, ranges, seed), []
    while len(sets) < count and (values := search.ask()):
        search.tell(worth(values))
        sets.append(values)
    return sets


def test_the_usual_values_come_first_and_what_has_no_range_stays():
    sets = tried([WIDTH, SHARE, MASK], 8)
    assert sets[0] == USUAL
    assert {values["fixed"] for values in sets} == {"3"}
    assert all(32 <= int(values["width"]) <= 256 and 0 <= float(values["share"]) <= 1 for values in sets)


def test_usual_values_out_of_the_range_are_moved_into_it():
    (first,) = tried([Range("width", 100, 120, whole=True), Range("mask", texts=["False"])], 1)
    assert (first["width"], first["mask"]) == ("100", "False")


def test_the_search_ends_nearer_to_the_best_than_as_many_draws():
    ranges = [WIDTH, SHARE, MASK]

    def drawn(seed):
        rng = np.random.default_rng(seed)
        return [{one.name: one.text(rng.random()) for one in ranges} for _ in range(15)]

    found = [max(map(worth, tried(ranges, 15, seed=seed))) for seed in range(5)]
    by_chance = [max(map(worth, drawn(seed))) for seed in range(5)]
    assert 1 - np.mean(found) < (1 - np.mean(by_chance)) / 4


def test_the_same_results_lead_to_the_same_search():
    assert tried([WIDTH, SHARE], 10) == tried([WIDTH, SHARE], 10)


def test_nothing_is_tried_twice():
    assert [values["mask"] for values in tried([MASK], 5)] == ["True", "False"]
