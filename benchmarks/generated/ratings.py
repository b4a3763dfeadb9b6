"""Film ratings like those of MovieLens-1M: long histories of films rated off lists, in a few sittings.

What is imitated:

- 6,040 users with at least 20 ratings each (median 96, mean 165), 3,706 films, a million ratings, nothing rated twice;
- few films take most of the ratings (median 123, mean 270, the most 3,400);
- users rate what lists show them: a list has films of one taste, users go down it and rate what they know. So the film
  that follows stands near to the last ones in some list, further down rather than up, and a model that knows the order
  knows more than one that only knows which films go together;
- the ratings of a page are sent together, so that about half have the timestamp of the one before, and within a page
  their order is lost; most users come once or twice;
- genres and years tell something of taste and popularity, not all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from generated.draws import Integers, Reals, by_weight, ids, places
from personalize_local.engine.log import Catalogue, Log

USERS, ITEMS = 6_040, 3_706
FEWEST, MEDIAN, SPREAD, LONGEST = 20, 76, 1.14, 2_300  # of histories: FEWEST and a lognormal of MEDIAN
TASTES = 10  # dimensions of what users like and films are
FAME_SPREAD = 1.35
LISTS, LIST_LENGTH = 150, 400
LIST_LIKING, LIST_FAME, LIST_NOISE = 2.5, 0.6, 0.7  # what puts a film on a list
LIKING = 1.3  # how much taste says which list a user opens
WALK = 60.0  # films that a user looks at in one list, on the average
KNOWN = -0.6  # log odds that a film looked at is rated
STRAY = 0.1  # of the ratings, of films met elsewhere
PAGE = 2.2  # ratings sent together, on the average
START, HOUR = 960_000_000, 3600
GENRES = tuple(
    "Drama Comedy Action Thriller Romance Horror Adventure Sci-Fi Children Crime War Documentary Musical Animation"  # noqa: SIM905 - to be read
    " Mystery Fantasy Western Film-Noir".split()
)


@dataclass(frozen=True)
class Films:
    """What the films are.

    Args:
        fame: How well known each is, on a logarithmic scale with a mean of 0.

    Shapes: tastes (N, TASTES); genres (N, G); years, fame (N,).
    """

    tastes: Reals
    genres: NDArray[np.bool_]
    years: Integers
    fame: Reals

    @classmethod
    def drawn(cls, count: int, rng: Generator) -> Films:
        """Films with one to three genres, that follow from their taste; genre and year say something of the fame."""
        tastes = rng.normal(size=(count, TASTES))
        fitting = tastes @ rng.normal(size=(TASTES, len(GENRES))) / np.sqrt(TASTES)
        fitting += np.linspace(1.2, -1.2, len(GENRES)) + 0.7 * rng.gumbel(size=fitting.shape)
        rank = np.argsort(np.argsort(-fitting, axis=1), axis=1)
        genres = rank < rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15], size=count)[:, None]
        years = 2000 - np.minimum(rng.exponential(14, count), 80).astype(np.int64)
        fame = genres @ rng.normal(0, 0.5, len(GENRES)) + 0.02 * (years - 1986) + rng.normal(size=count)
        return cls(tastes, genres, years, FAME_SPREAD * (fame - fame.mean()) / fame.std())

    def known(self, count: int, rng: Generator) -> Integers:
        """Films that anyone may have heard of, the well-known ones most."""
        weights = np.exp(1.2 * self.fame)
        return rng.choice(len(self.fame), count, p=weights / weights.sum())


def ratings(seed: int = 0, users: int = USERS, items: int = ITEMS) -> tuple[Log, Catalogue]:
    """The log, and what the films are."""
    rng = np.random.default_rng(seed)
    films, longest = Films.drawn(items, rng), min(LONGEST, items // 2)
    lengths = np.minimum(FEWEST + rng.lognormal(np.log(MEDIAN), SPREAD, users), longest).astype(np.int64)
    owner, item = _settled(*_walk(films, lengths, rng), lengths, items)
    times = _times(owner, users, rng)
    order = np.lexsort((rng.random(len(owner)), times))  # of equal times, the log keeps no order
    log = Log(ids("u", users)[owner[order]], ids("m", items)[item[order]], times[order])
    genres = np.array(["|".join(GENRES[genre] for genre in np.flatnonzero(row)) for row in films.genres], dtype=object)
    return log, Catalogue(ids("m", items), {"GENRES": genres, "YEAR": films.years.astype(object)})


def _walk(films: Films, lengths: Integers, rng: Generator) -> tuple[Integers, Integers]:
    """Users go down lists and rate some of what they see: more than they will, and films more than once.

    Gives the user and the film of each rating, in the order of users and what they did.
    """
    wanted = rng.normal(size=(LISTS, TASTES))  # what each list is for
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    worth = LIST_LIKING * wanted @ films.tastes.T + LIST_FAME * films.fame
    worth += LIST_NOISE * rng.gumbel(size=worth.shape)
    depth = min(LIST_LENGTH, len(films.fame) // 2)
    shown = np.argsort(-worth, axis=1)[:, :depth]  # from the top down
    tastes = rng.normal(size=(len(lengths), TASTES))
    owner = np.repeat(np.arange(len(lengths)), 3 + lengths * 12 // int(WALK))  # of each walk
    chosen = by_weight(np.exp(LIKING * tastes @ wanted.T), owner, rng)
    start = np.minimum(rng.exponential(depth / 4, len(owner)).astype(np.int64), depth - 5)
    steps = np.minimum(1 + rng.exponential(WALK, len(owner)).astype(np.int64), depth - start)
    walk = np.repeat(np.arange(len(owner)), steps)
    owner, item = owner[walk], shown[chosen[walk], start[walk] + places(steps)]
    liked = np.einsum("nd,nd->n", tastes[owner], films.tastes[item]) / np.sqrt(TASTES)
    rated = rng.random(len(item)) < 1 / (1 + np.exp(-(KNOWN + films.fame[item] + liked)))
    owner, item = owner[rated], item[rated]
    elsewhere = rng.random(len(item)) < STRAY
    item[elsewhere] = films.known(int(elsewhere.sum()), rng)
    spare = np.repeat(np.arange(len(lengths)), lengths)  # for those whose lists end too soon
    return np.concatenate([owner, spare]), np.concatenate([item, films.known(len(spare), rng)])


def _settled(owner: Integers, item: Integers, lengths: Integers, items: int) -> tuple[Integers, Integers]:
    """Each film once a user, and of each user as many as there are to be."""
    _, first = np.unique(owner * items + item, return_index=True)
    first = first[np.lexsort((first, owner[first]))]
    owner, item = owner[first], item[first]
    kept = places(np.bincount(owner, minlength=len(lengths))) < lengths[owner]
    return owner[kept], item[kept]


def _times(owner: Integers, users: int, rng: Generator) -> Integers:
    """Seconds: pages of ratings within sittings, for rows in the order of users and what they did."""
    new_page = rng.random(len(owner)) < 1 / PAGE
    gap = np.where(new_page, 5 + rng.exponential(40, len(owner)), 0)
    new_sitting = new_page & (rng.random(len(owner)) < 0.02)
    gap += np.where(new_sitting, rng.exponential(20 * 24 * HOUR, len(owner)), 0)
    joined = START + rng.integers(0, 200 * 24 * HOUR, users)
    total = np.cumsum(gap)
    begins = np.concatenate([[0], np.flatnonzero(np.diff(owner)) + 1])
    since = total - np.repeat(total[begins], np.diff(np.append(begins, len(owner))))
    return (joined[owner] + since).astype(np.int64)
