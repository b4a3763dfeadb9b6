"""Windows and batches."""

from itertools import islice

import numpy as np

from personalize_local.engine.batches import batches
from personalize_local.engine.histories import Histories


def test_a_pass_has_every_event_that_another_one_follows_once(log_of):
    histories = Histories.of(log_of(["abcdefghij", "a", "bc", "cdefg"]))
    followed = [row for row in range(len(histories.items)) if row + 1 not in histories.starts]
    stream = batches(histories, window=4, targets=5, rng=np.random.default_rng(0))
    for _ in range(3):
        rows = []
        while len(rows) < len(followed):
            batch = next(stream)
            rows += batch.rows[batch.real].tolist()
        assert sorted(rows) == followed


def test_a_window_has_at_most_its_length_and_stays_with_one_user(log_of):
    histories = Histories.of(log_of(["abcdefghij", "bcadefg"]))
    users = histories.users
    for batch in islice(batches(histories, window=4, targets=8, rng=np.random.default_rng(0)), 20):
        assert batch.rows.shape == batch.real.shape
        assert batch.rows.shape[1] <= 4
        assert all(len(set(users[row])) == 1 for row in batch.rows)
