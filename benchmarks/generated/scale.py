"""Logs of any size: 100 events a user on the average, topics, and some order, for time and memory.

Users mostly go on from an item to one shortly after it in the same topic, else begin anew in one of their three topics.
"""

from __future__ import annotations

import numpy as np

from generated.draws import ids, places
from personalize_local.engine.log import Catalogue, Log

OF_USER, OF_TOPIC, TOPICS_OF_USER = 100, 200, 3
NEW, SKEW = 0.3, 1.5  # the share of events that begin anew, and how popularity falls within a topic
START, PAUSE = 1_500_000_000, 600.0


def scale(events: int, items: int, seed: int = 0) -> tuple[Log, Catalogue]:
    """A log of so many events, and a catalogue of so many items, of which some may be in no event."""
    rng = np.random.default_rng(seed)
    users = max(30, events // OF_USER)
    lengths = 2 + rng.multinomial(events - 2 * users, rng.dirichlet(np.full(users, 2.0)))
    user, place = np.repeat(np.arange(users), lengths), places(lengths)
    size = min(OF_TOPIC, items)
    topics = rng.integers(0, items // size, (users, TOPICS_OF_USER))
    begins = (rng.random(events) < NEW) | (place == 0)
    run = np.flatnonzero(begins)
    topic = topics[user[run], rng.integers(0, TOPICS_OF_USER, len(run))]
    first = (size * rng.random(len(run)) ** SKEW).astype(np.int64)
    lengths_of_runs = np.diff(np.append(run, events))
    steps = np.cumsum(rng.integers(1, 4, events))
    since = steps - np.repeat(steps[run], lengths_of_runs)
    item = np.repeat(topic, lengths_of_runs) * size + (np.repeat(first, lengths_of_runs) + since) % size
    times = START + (PAUSE * place + rng.integers(0, int(PAUSE), events)).astype(np.int64) + 1000 * (user % 1000)
    log = Log(ids("u", users)[user], ids("i", items)[item], times)
    return log, Catalogue(ids("i", items))
