"""Logs made for a test."""

import numpy as np
import pytest
import torch

from personalize_local.engine.log import Log


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """The same results on every machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def log_of():
    """A log of one sequence of items a user, in order, a minute apart."""

    def build(sequences):
        users = [f"user{number}" for number, sequence in enumerate(sequences) for _ in sequence]
        items = [item for sequence in sequences for item in sequence]
        times = [1_500_000_000 + 60 * place for sequence in sequences for place in range(len(sequence))]
        return Log(np.array(users, object), np.array(items, object), np.array(times, np.int64))

    return build


@pytest.fixture(scope="session")
def chain_log(log_of):
    """60 users walk through 40 equally popular items: 7i + 3 comes after item i, and one time in ten any item."""
    rng = np.random.default_rng(0)
    sequences = []
    for _ in range(60):
        walk = [int(rng.integers(40))]
        while len(walk) < 40:
            walk.append(int(rng.integers(40)) if rng.random() < 0.1 else (7 * walk[-1] + 3) % 40)
        sequences.append([f"item{place}" for place in walk])
    return log_of(sequences)
