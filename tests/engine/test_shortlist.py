"""The best of a large catalogue, found without a look at all of it."""

import numpy as np
import pytest

from personalize_local.engine.lists import descending
from personalize_local.engine.shortlist import FEWEST, Shortlist, Shortlisted

ITEMS, WIDTH, KINDS, LIST = 40_000, 24, 60, 25
FIRST = np.arange(0, 8000, 4)


@pytest.fixture(scope="module")
def vectors():
    """A catalogue as a training makes it: items of a kind have similar vectors, a few are very popular."""
    rng = np.random.default_rng(1)
    kinds = rng.normal(size=(KINDS, WIDTH))
    items = kinds[rng.integers(0, KINDS, ITEMS)] + 0.4 * rng.normal(size=(ITEMS, WIDTH))
    return np.column_stack([items, rng.exponential(0.5, ITEMS)]).astype(np.float32)


@pytest.fixture(scope="module")
def users(vectors):
    """Users who like some kind of items, and something else."""
    rng = np.random.default_rng(2)
    liked = vectors[rng.integers(0, ITEMS, 100), :WIDTH] + 0.4 * rng.normal(size=(100, WIDTH))
    return np.column_stack([liked, np.ones(100)]).astype(np.float32)


@pytest.fixture(scope="module")
def shortlist(vectors, users):
    return Shortlist.of(vectors, FIRST, users[70:])


def recall(found, scores, allowed=None):
    exact = descending(scores, LIST, allowed)
    return np.isin(exact, found).mean()


def test_nearly_all_of_the_exact_lists_is_found_and_the_order_is_exact(vectors, users, shortlist):
    recalls = []
    for user in users[:70]:
        scores, found = vectors @ user, Shortlisted(shortlist, user).best(LIST)
        assert len(set(found.tolist())) == LIST
        assert (np.diff(scores[found]) <= 1e-4).all()
        recalls.append(recall(found, scores))
    assert np.mean(recalls) >= 0.98
    assert shortlist.share < 0.2


def test_probabilities_add_up_over_the_catalogue_but_for_a_small_error(vectors, users, shortlist):
    errors = []
    for user in users[:20]:
        logits = (vectors @ user).astype(np.float64)
        exact = np.exp(logits - logits.max())
        found = Shortlisted(shortlist, user).of(np.arange(ITEMS))
        errors.append(np.abs(found / (exact / exact.sum()) - 1).max())
    assert np.mean(errors) < 0.02
    assert max(errors) < 0.08


@pytest.mark.parametrize("share", [0.01, FEWEST / ITEMS + 0.05, 0.95])
def test_what_is_not_allowed_is_not_found_and_the_best_of_the_rest_is(vectors, users, shortlist, share):
    allowed = vectors[:, 0] > np.quantile(vectors[:, 0], 1 - share)  # on one side: clusters lose nothing or nearly all
    recalls = []
    for user in users[:20]:
        found = Shortlisted(shortlist, user).best(LIST, allowed)
        assert allowed[found].all()
        assert len(found) == LIST
        recalls.append(recall(found, vectors @ user, allowed))
    assert np.mean(recalls) >= 0.98


def test_few_allowed_items_are_all_looked_at(vectors, users, shortlist):
    allowed = np.zeros(ITEMS, dtype=bool)
    allowed[[5, 17, 39_999]] = True
    expected = descending(vectors @ users[0], LIST, allowed).tolist()
    assert Shortlisted(shortlist, users[0]).best(LIST, allowed).tolist() == expected
    assert Shortlisted(shortlist, users[0]).best(LIST, np.zeros(ITEMS, dtype=bool)).tolist() == []


def test_probabilities_are_the_same_whatever_was_asked_for_before(vectors, users, shortlist):
    places, allowed = np.arange(100), vectors[:, 0] > 0
    fresh, asked = Shortlisted(shortlist, users[0]), Shortlisted(shortlist, users[0])
    asked.best(500, allowed)
    assert np.array_equal(fresh.of(places), asked.of(places))


def test_what_is_added_to_some_items_counts(vectors, users, shortlist):
    added = np.zeros(len(FIRST), dtype=np.float32)
    added[7] = 100.0
    liked = Shortlisted(shortlist, users[0], added)
    assert liked.best(LIST)[0] == FIRST[7]
    assert liked.of(FIRST[7:8]).tolist() == pytest.approx([1.0])


def test_a_list_may_be_long(vectors, users, shortlist):
    found = Shortlisted(shortlist, users[0]).best(500)
    exact = descending(vectors @ users[0], 500)
    assert len(found) == 500
    assert np.isin(exact, found).mean() >= 0.95


def test_where_items_lie_anyhow_there_is_no_shortlist():
    rng = np.random.default_rng(3)
    vectors, users = (rng.normal(size=(size, 32)).astype(np.float32) for size in (20_000, 10))
    assert Shortlist.of(vectors, FIRST[:0], users) is None


def test_items_that_nobody_has_taken_and_that_are_all_alike_are_not_all_looked_at(vectors, users):
    alike = np.concatenate([vectors, np.zeros((6 * ITEMS, WIDTH + 1), np.float32)])
    shortlist = Shortlist.of(alike, FIRST, users[70:])
    assert np.diff(shortlist.starts)[1:].max() < len(alike) / 100
    for user in users[:20]:
        assert recall(Shortlisted(shortlist, user).best(LIST), alike @ user) >= 0.9


def test_the_same_catalogue_gets_the_same_shortlist_which_its_arrays_make_again(vectors, users, shortlist):
    again = Shortlist.of(vectors, FIRST, users[70:])
    assert all(np.array_equal(array, again.arrays[name]) for name, array in shortlist.arrays.items())
    restored = Shortlist(**shortlist.arrays)
    assert np.array_equal(Shortlisted(restored, users[0]).best(9), Shortlisted(shortlist, users[0]).best(9))
