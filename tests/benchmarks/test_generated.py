"""Generated data has the statistics of what it stands for, and is the same each time."""

import numpy as np
import pytest
from generated.clicks import clicks
from generated.interests import OF_TOPIC, interests
from generated.order import ITEMS, STEPS, order
from generated.ratings import ratings
from generated.scale import scale

from personalize_local.engine.histories import Histories


def counted(values):
    return np.unique(values.astype(str), return_counts=True)[1]


def inequality(counts):
    """Gini's coefficient."""
    return 1 - 2 * (np.cumsum(np.sort(counts)) / counts.sum()).mean()


@pytest.fixture(scope="module")
def rated():
    return ratings(seed=3, users=1000)


@pytest.mark.parametrize(
    "log_of",
    [
        lambda seed: ratings(seed, users=60, items=200)[0],
        lambda seed: clicks(seed, sessions=500, items=300, categories=20),
        lambda seed: interests(seed, users=40),
        lambda seed: order(seed, users=40),
        lambda seed: scale(2000, 100, seed)[0],
    ],
    ids=["ratings", "clicks", "interests", "order", "scale"],
)
def test_a_seed_decides_everything(log_of):
    log, again, other = log_of(5), log_of(5), log_of(6)

    for column in ("users", "items", "timestamps"):
        np.testing.assert_array_equal(getattr(log, column), getattr(again, column))
    assert len(log) != len(other) or (log.items != other.items).any()


def test_ratings_have_long_histories_without_repeats(rated):
    log, catalogue = rated
    lengths = counted(log.users)

    assert lengths.min() >= 20
    assert np.median(lengths) == pytest.approx(96, rel=0.1)
    assert lengths.mean() == pytest.approx(165, rel=0.1)
    assert not Histories.of(log, catalogue).repeats_items()


def test_few_films_have_most_of_the_ratings(rated):
    assert 0.5 < inequality(counted(rated[0].items)) < 0.7


def test_ratings_of_a_page_share_their_time(rated):
    histories = Histories.of(rated[0])
    gaps = np.diff(histories.times)[np.diff(histories.users) == 0]

    assert 0.4 < (gaps == 0).mean() < 0.65
    assert (gaps > 1800).mean() < 0.03


def test_every_film_has_genres_and_a_year(rated):
    columns = rated[1].columns

    assert all(columns["GENRES"])
    assert min(columns["YEAR"]) >= 1920
    assert max(columns["YEAR"]) == 2000


def test_clicks_come_in_short_sessions_that_return_to_items():
    log = clicks(seed=1, sessions=20_000, items=5_000, categories=150)
    lengths = counted(log.users)
    histories = Histories.of(log)

    assert (lengths.min(), lengths.max()) == (2, 15)
    assert lengths.mean() == pytest.approx(5, rel=0.05)
    assert histories.repeats_items()
    assert np.diff(histories.times)[np.diff(histories.users) == 0].max() < 1800


def test_a_session_begins_with_the_last_interest_and_turns_to_the_other():
    log = interests(seed=1, users=300)
    histories = Histories.of(log)
    opens = np.diff(histories.times, prepend=0) > 1800
    topics = np.array([int(item_id[1:]) // OF_TOPIC for item_id in histories.item_ids])[histories.items]

    for user in range(len(histories)):
        assert len(np.unique(topics[histories.rows(user)])) <= 2
    starts = np.flatnonzero(opens[:-1])
    turns = topics[starts + 1] != topics[starts]
    assert turns.mean() > 0.7
    others = np.flatnonzero(~opens[:-2] & ~opens[1:-1])
    assert (topics[others + 1] != topics[others]).mean() < 0.35


def test_the_start_of_a_session_follows_from_the_end_and_the_way_of_the_one_before():
    histories = Histories.of(order(seed=1, users=600))
    sessions = histories.items.reshape(len(histories), -1, STEPS)
    end, before, following = sessions[:, :-1, -1], sessions[:, :-1, -2], sessions[:, 1:, 0]

    def shares_of_the_most_frequent(keys):
        pairs, counts = np.unique(np.stack([keys.ravel(), following.ravel()]), axis=1, return_counts=True)
        most = np.zeros(keys.max() + 1)
        np.maximum.at(most, pairs[0], counts)
        return most.sum() / keys.size

    assert shares_of_the_most_frequent(end * ITEMS + before) > 0.88
    assert shares_of_the_most_frequent(end) < 0.6


def test_scale_gives_as_many_events_as_asked_for():
    log, catalogue = scale(50_000, 1_000)

    assert len(log) == 50_000
    assert len(catalogue.item_ids) == 1_000
    assert len(counted(log.users)) == 500
