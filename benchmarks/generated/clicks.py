"""Clicks of an e-commerce shop, one short session a visitor: about 43,000 items, 190,000 sessions, a million clicks.

What is imitated: sessions of 2 to 15 clicks (mean 5); categories of very different size, within which few items take
most of the clicks; from an item, the shop leads to some others, mostly of its category and not back again; visitors
return to what they looked at, and now and then go elsewhere. Visitors are unknown: each session is a user of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from generated.draws import Integers, ids
from personalize_local.engine.log import Log

SESSIONS, ITEMS, CATEGORIES = 190_000, 43_000, 1_200
FEWEST, MOST, MEAN = 2, 15, 5.0  # clicks of a session
LEADS, BESIDE = 12, 0.15  # items that an item leads to, and the share of those in another category
FOLLOWED, BROWSED, AGAIN = 0.48, 0.24, 0.16  # what makes the next click; the rest begins anew
SKEW = 2.5  # of popularity within a category
START, DAYS, PAUSE = 1_560_000_000, 120, 45.0  # seconds between clicks


def clicks(seed: int = 0, sessions: int = SESSIONS, items: int = ITEMS, categories: int = CATEGORIES) -> Log:
    """The log; users are sessions."""
    rng = np.random.default_rng(seed)
    sizes = 1 + rng.multinomial(items - categories, rng.dirichlet(np.full(categories, 0.6)))
    first = np.cumsum(sizes) - sizes  # of each category, whose items lie side by side
    category = np.repeat(np.arange(categories), sizes)
    leads = _leads(category, first, sizes, rng)  # (N, LEADS)
    lengths = np.minimum(FEWEST + rng.geometric(1 / (MEAN - FEWEST + 1), sessions) - 1, MOST)
    path = np.zeros((sessions, MOST), dtype=np.int64)
    path[:, 0] = _popular(category[rng.integers(0, items, sessions)], first, sizes, rng)
    for step in range(1, MOST):
        now, kind = path[:, step - 1], rng.random(sessions)
        next_click = _popular(category[rng.integers(0, items, sessions)], first, sizes, rng)
        browsed = _popular(category[now], first, sizes, rng)
        followed = leads[now, (LEADS * rng.random(sessions) ** 2).astype(np.int64)]
        again = path[np.arange(sessions), (step * rng.random(sessions)).astype(np.int64)]
        for chosen, upto in ((again, FOLLOWED + BROWSED + AGAIN), (browsed, FOLLOWED + BROWSED), (followed, FOLLOWED)):
            next_click = np.where(kind < upto, chosen, next_click)
        path[:, step] = next_click
    real = np.arange(MOST) < lengths[:, None]
    pauses = np.cumsum(1 + rng.exponential(PAUSE, path.shape), axis=1)
    times = START + rng.integers(0, DAYS * 86_400, sessions)[:, None] + pauses.astype(np.int64)
    users = np.broadcast_to(np.arange(sessions)[:, None], path.shape)[real]
    return Log(ids("s", sessions)[users], ids("p", items)[path[real]], times[real])


def _popular(category: Integers, first: Integers, sizes: Integers, rng: Generator) -> Integers:
    """An item of each category given, the first ones more often."""
    place = (sizes[category] * rng.random(len(category)) ** SKEW).astype(np.int64)
    chosen: Integers = first[category] + place
    return chosen


def _leads(category: Integers, first: Integers, sizes: Integers, rng: Generator) -> Integers:
    """What each item leads to, the strongest first. Shapes: (N,) -> (N, LEADS)."""
    companion = rng.integers(0, len(sizes), len(sizes))  # what goes with a category, as bags with shoes
    wide = np.repeat(category, LEADS)
    wide = np.where(rng.random(len(wide)) < BESIDE, companion[wide], wide)
    return _popular(wide, first, sizes, rng).reshape(len(category), LEADS)
