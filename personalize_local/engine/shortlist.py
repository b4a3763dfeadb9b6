"""The best of a large catalogue without a look at all of it.

Items with similar vectors lie in clusters (an inverted file), and only those clusters are looked at whose items can be
expected to score highest. How much of the catalogue that has to be is measured when the clusters are made, so that the
lists are almost always those that all scores would give; where this cannot be had, there is no shortlist.

The vectors lie in memory cluster after cluster: what is looked at is read in long stretches, at the speed of the
memory, which is what limits this.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.files import Array
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.preference import Mask, Places

MEMBERS = 500  # items of a cluster, on the average
MOST_MEMBERS = 4 * MEMBERS  # a larger cluster is cut: nobody has taken most of its items, and they are all alike
LEARNED_FROM = 64  # items of each cluster, to find the centres
ROUNDS = 8
AT_A_TIME = 4096  # items that are assigned to their clusters
DEVIATIONS = 2.5  # how far above its mean a cluster's best item is expected to be
SHARES = (0.05, 0.1, 0.2, 0.35)  # of the catalogue, to look at; the least that is enough is taken
ENOUGH = 0.995  # of the items of exact lists, in the lists of sample queries
LIST = 25
SAMPLE = 16_384  # items; they tell what those that are not looked at add up to
FEWEST = 16_384  # allowed items: if there are fewer, all are looked at
FILTERED = 2  # times the share of what a filter leaves: it may lie where no sample query was
FOR_EACH = 40  # items looked at for each place of the list, at least


@dataclass(frozen=True)
class Shortlist:
    """The clusters of a catalogue; an item's score is the product of its vector and the user's.

    Args:
        items: The items, cluster after cluster. The first cluster is always looked at.
        rows: Where each item is among them.
        vectors: Theirs, in that order; the last value of each is the item's bias, that of a user is 1.
        sample: Some of them.
        starts: Where each of the C clusters begins, and the last one ends.
        means, variances: Of each cluster's vectors.
        products: The means of the products of any two values of a vector, over all items.
        share: How much of the catalogue is looked at.

    Shapes: items, rows (N,); vectors (N, d); sample (S, d); starts (C + 1,); means, variances (C, d);
    products (d, d); share ().
    """

    items: NDArray[np.int32]
    rows: NDArray[np.int32]
    vectors: Floats
    sample: Floats
    starts: Integers
    means: Floats
    variances: Floats
    products: Floats
    share: Floats

    @classmethod
    def of(cls, vectors: Floats, first: Integers, users: Floats) -> Shortlist | None:
        """Make the clusters; None: too many of them would have to be looked at.

        Args:
            first: The items of the first cluster.
            users: Vectors of some users, to try it with.

        Shapes: vectors (N, d), first (H,), users (U, d).
        """
        labels = 1 + _in_parts(_clusters(vectors))
        labels[first] = 0
        sizes = np.bincount(labels)
        means, squares = (_sums(values, labels) / np.maximum(sizes, 1)[:, None] for values in (vectors, vectors**2))
        items = np.argsort(labels, kind="stable").astype(np.int32)
        rows = np.empty_like(items)
        rows[items] = np.arange(len(items), dtype=np.int32)
        made = cls(
            items=items,
            rows=rows,
            vectors=vectors[items],
            sample=vectors[items[_sampled(len(items))]],
            starts=np.concatenate([[0], np.cumsum(sizes)]),
            means=means.astype(np.float32),
            variances=np.maximum(squares - means**2, 0).astype(np.float32),
            products=vectors.T @ vectors / np.float32(len(vectors)),
            share=np.array(0.0, dtype=np.float32),
        )
        tried = (replace(made, share=np.array(share, dtype=np.float32)) for share in SHARES)
        return next((one for one in tried if one.finds(users) >= ENOUGH), None)

    def finds(self, users: Floats) -> float:
        """The share of the items of exact lists that are in the lists of some users. Shapes: (U, d)."""
        found = 0
        for user in users:
            exact = self.items[descending(self.vectors @ user, LIST)]
            found += np.isin(exact, Shortlisted(self, user).best(LIST)).sum()
        return float(found / (LIST * max(len(users), 1)))

    def spread(self, user: Floats) -> float:
        """The standard deviation of all scores."""
        mean = float(self._mean @ user)
        return math.sqrt(max(float(user @ self.products @ user) - mean * mean, 0.0))

    @cached_property
    def _mean(self) -> Floats:
        """Of all vectors."""
        mean: Floats = (np.diff(self.starts) @ self.means / len(self.items)).astype(np.float32)
        return mean

    @property
    def arrays(self) -> Mapping[str, Array]:
        """What it is made of, by the names of the arguments."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def bounds(self) -> list[int]:
        """The starts, as Python reads them fastest."""
        return [int(start) for start in self.starts]

    @cached_property
    def clusters_of_sample(self) -> Integers:
        """The cluster of each item of the sample."""
        return np.searchsorted(self.starts, _sampled(len(self.items)), side="right") - 1


class Shortlisted:
    """A user's preference as probabilities: the exact ones, but for what all scores add up to, which is estimated.

    Args:
        user: Their vector, shape (d,).
        added: To the scores of the items of the first cluster, shape (H,). None: nothing.
    """

    def __init__(self, shortlist: Shortlist, user: Floats, added: Floats | None = None) -> None:
        self._shortlist, self._user, self._added = shortlist, user, added
        expected = shortlist.means @ user + DEVIATIONS * np.sqrt(shortlist.variances @ (user * user))  # (C,)
        expected[0] = np.inf
        self._order = np.argsort(-expected, kind="stable")
        self._looked_at = 0  # clusters
        self._end = 0  # of the items that were looked at
        self._items = np.empty(len(shortlist.items), dtype=np.int32)
        self._logits = np.empty(len(shortlist.items), dtype=np.float32)
        self._look(int(shortlist.share * len(shortlist.items)))
        self._usual = self._looked_at, self._end

    def best(self, size: int, allowed: Mask | None = None) -> Places:
        """The places of the best items; equal ones in the order of the catalogue."""
        if allowed is not None and (count := np.count_nonzero(allowed)) < len(allowed):
            if count <= max(FEWEST, FOR_EACH * size):
                few: Places = np.flatnonzero(allowed)
                return few[descending(self._logits_of(few), size)]
            counted = min(FILTERED * int(count), len(allowed))  # all, if hardly any is missing
            enough = max(int(float(self._shortlist.share) * counted), FOR_EACH * size)
        else:
            allowed, enough = None, FOR_EACH * size
        self._look(enough, allowed)
        items = self._items[: self._end]
        items = items[descending(self._logits[: self._end], size, None if allowed is None else allowed[items])]
        return items[np.lexsort((items, -self._logits_of(items)))]  # rounded as `of` does it

    def of(self, places: Places) -> Floats:
        """The probabilities of some items."""
        powers: Floats = np.exp(self._logits_of(places) - self._log_sum)
        return powers

    def _look(self, enough: int, allowed: Mask | None = None) -> None:
        """Look at clusters, the most promising first, until so many items that are allowed have been seen."""
        one, bounds = self._shortlist, self._shortlist.bounds
        seen = self._end if allowed is None else int(np.count_nonzero(allowed[self._items[: self._end]]))
        for cluster in self._order[self._looked_at :].tolist():
            if seen >= enough:
                break
            start, stop = bounds[cluster], bounds[cluster + 1]
            end = self._end + stop - start
            items = one.items[start:stop]
            self._items[self._end : end] = items
            np.dot(one.vectors[start:stop], self._user, out=self._logits[self._end : end])
            if cluster == 0 and self._added is not None:
                self._logits[self._end : end] += self._added
            self._end = end
            self._looked_at += 1
            seen += stop - start if allowed is None else int(np.count_nonzero(allowed[items]))

    def _logits_of(self, items: Places) -> Floats:
        rows = self._shortlist.rows[items]
        logits: Floats = self._shortlist.vectors[rows] @ self._user
        if self._added is not None:
            first = rows < len(self._added)
            logits[first] += self._added[rows[first]]
        return logits

    @cached_property
    def _log_sum(self) -> float:
        """The logarithm of what all exp(logit) add up to: those usually looked at, and the others by the sample."""
        clusters, end = self._usual
        logits, one = self._logits[:end], self._shortlist
        highest = float(logits.max())
        total = float(np.exp(logits - highest).sum())
        is_rest = np.full(len(one.means), True)
        is_rest[self._order[:clusters]] = False
        sampled = (one.sample @ self._user)[is_rest[one.clusters_of_sample]]
        if len(sampled):
            total += float(np.exp(sampled - highest).mean()) * (len(one.items) - end)
        return highest + math.log(total)


def _sampled(size: int) -> Integers:
    """The rows of the sample: evenly over all clusters."""
    step = max(1, size // SAMPLE)
    return np.arange(step // 2, size, step)


def _clusters(vectors: Floats) -> Integers:
    """The number of each vector's cluster, by k-means. The same for the same vectors."""
    rng, count = np.random.default_rng(0), max(1, len(vectors) // MEMBERS)
    some = vectors[np.sort(rng.choice(len(vectors), min(len(vectors), LEARNED_FROM * count), replace=False))]
    centres = some[rng.choice(len(some), count, replace=False)]
    for _ in range(ROUNDS):
        labels = _nearest(some, centres)
        sizes = np.bincount(labels, minlength=count)[:, None]
        centres = np.where(sizes > 0, _sums(some, labels, count) / np.maximum(sizes, 1), centres).astype(np.float32)
    return _nearest(vectors, centres)


def _in_parts(labels: Integers) -> Integers:
    """The number of each item's cluster, if all are cut into parts of MOST_MEMBERS. Shapes: (N,) -> (N,)."""
    sizes = np.bincount(labels)
    place = np.empty_like(labels)  # of an item in its cluster
    place[np.argsort(labels, kind="stable")] = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    parts = -(-sizes // MOST_MEMBERS)
    numbers: Integers = (np.cumsum(parts) - parts)[labels] + place // MOST_MEMBERS
    return numbers


def _nearest(vectors: Floats, centres: Floats) -> Integers:
    """The number of the centre that is nearest to each vector. Shapes: (M, d), (C, d) -> (M,)."""
    halves = (centres * centres).sum(1) / 2
    blocks = (vectors[first : first + AT_A_TIME] for first in range(0, len(vectors), AT_A_TIME))
    return np.concatenate([(block @ centres.T - halves).argmax(1) for block in blocks])


def _sums(vectors: Floats, labels: Integers, count: int = 0) -> NDArray[np.float64]:
    """The sum of the vectors of each label. Shapes: (M, d), (M,) -> (C, d)."""
    return np.stack([np.bincount(labels, column, count) for column in vectors.T], axis=1)
