"""The recipe aws-hrnn as it is served: what `training.py` learned, run in numpy, so that torch is never loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from personalize_local.engine import files
from personalize_local.engine.blending import blend, scale_of_linear, softmax, spread
from personalize_local.engine.content import Content
from personalize_local.engine.contexts import ContextReader
from personalize_local.engine.features import Vocabulary
from personalize_local.engine.files import Array
from personalize_local.engine.histories import Histories
from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.linear import Linear
from personalize_local.engine.log import Event, Floats, Integers, Profile, User
from personalize_local.engine.model import Model
from personalize_local.engine.preference import Preference, Scored
from personalize_local.engine.reader import Reader, latest
from personalize_local.engine.sessions import GAP_BUCKETS, UNKNOWN_GAP, bucket_until
from personalize_local.engine.shortlist import Shortlist, Shortlisted

NETWORK, SHORTLIST, LINEAR, CONTENT = "network.", "shortlist.", "linear.", "content."
SHORTLIST_FROM = 30_000  # items; the scores of fewer are computed in less than half a millisecond
PROFILES = "profiles.vectors.weight"


class Known(NamedTuple):
    """What a model knows of a user who asks: events with items that it knows, oldest first.

    Shapes: numbers, types, times (T,), contexts (T, K).

    Args:
        asked: The gap between the last event and the request, as the number of its bucket.
        profile: What the user's metadata adds to what is wanted, shape (d,).
        context: Which parts of the state count more or less in the moment, and what it adds, shape (2d,).
    """

    numbers: Integers
    types: Integers
    times: Array
    contexts: Integers
    asked: int = UNKNOWN_GAP
    profile: Floats | None = None
    context: Floats | None = None

    @property
    def added(self) -> Floats | None:
        """What is wanted whatever the events were, shape (d,)."""
        of_moment = None if self.context is None else self.context[len(self.context) // 2 :]
        return of_moment if self.profile is None else self.profile if of_moment is None else self.profile + of_moment

    def some(self, events: Integers) -> Known:
        """The same user, with some of the events."""
        numbers, types, times, contexts = (column[events] for column in self[:4])
        return self._replace(numbers=numbers, types=types, times=times, contexts=contexts)

    @property
    def latest(self) -> Integers:
        """What the network reads of the events."""
        return latest(self.numbers, self.types, self.times, self.contexts)


class RecurrentModel(Model):
    """Scores items by the probability that the user takes them next.

    Args:
        network: The parameters of `Hrnn`, under its names.
        counts: Interactions of each item, shape (N,): the answer to users without a history.
        linear: The linear part.
        linear_share: What the linear part has to say, from 0 to 1.
        type_names: The event types that the network reads, in their order.
        profiles: What the network reads of users' metadata.
        contexts: What it reads of the moments in which they ask.
        content: What puts cold items in order, beside the network.
        shortlist: Finds the best items of a large catalogue.
    """

    gives_scores: ClassVar[bool] = True

    def __init__(
        self,
        item_ids: Sequence[str],
        network: Mapping[str, Floats],
        counts: Floats,
        linear: Linear,
        linear_share: float = 0.0,
        *,
        type_names: Sequence[str] = (),
        profiles: Vocabulary | None = None,
        contexts: Vocabulary | None = None,
        content: Content | None = None,
        shortlist: Shortlist | None = None,
    ) -> None:
        self.item_ids = ItemIds.of(item_ids)
        self.network = network
        self.counts = counts
        self.linear = linear
        self.linear_share = linear_share
        self.type_names = type_names
        self.profiles = profiles
        self.contexts = contexts
        self.content = content
        self.shortlist = shortlist
        self._types = {name: 1 + place for place, name in enumerate(type_names)}
        self._reader = Reader(network)
        self._contexts = ContextReader(contexts or Vocabulary({}))

    @property
    def width(self) -> int:
        """The length d of the items' vectors and of the state."""
        return int(self.network["items.weight"].shape[1])

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The probability of each item to be the next one; how popular it is for a user without known events."""
        return self._probabilities(self._known(User(history, profile), now))

    def preferences(self, users: Sequence[User], now: float) -> list[Preference]:
        """The same for several users at once; of a large catalogue, no more of it than is asked for."""
        known = [self._known(user, now) for user in users]
        events = [one for one in known if len(one.numbers)]
        if len(events) > 1:
            self._reader.read_together([one.latest for one in events])
        if len(events) < 2 or self.shortlist:
            return [self._preference(one) for one in known]
        logits = np.array([self.wanted(one) for one in events]) @ self.network["items.weight"].T  # (B, N)
        logits += self.network["bias"]
        found = map(self._preference, events, logits)
        return [next(found) if len(one.numbers) else self._preference(one) for one in known]

    def parts(self, known: Known) -> tuple[Floats, Floats]:
        """The network's logits and the linear part's scores, both of shape (N,)."""
        return self._logits(known), self.linear.scores(known.numbers, len(self.item_ids))

    def wanted(self, known: Known) -> Floats:
        """What the items' vectors are compared with, shape (d,).

        What a context changes is brought up to count in full beside the linear part, which knows nothing of it.
        """
        network = self.network
        state = self._reader.state(known.latest)
        wanted: Floats = network["out.weight"] @ (state * (1 + network["asked.weight"][known.asked]))
        wanted += network["out.bias"]
        if known.profile is not None:
            wanted += known.profile
        if known.context is not None:
            counting, added = np.split(known.context, 2)  # (d,) both
            wanted += (network["out.weight"] @ (state * counting) + added) / np.float32(1 - self.linear_share)
        return wanted

    def of_histories(self, histories: Histories, rows: slice, user: int) -> Known:
        """What is known of a user of the log at an unknown time."""
        types, moments = histories.event_types, histories.contexts
        numbers = histories.items[rows]
        return Known(
            numbers,
            np.zeros_like(numbers) if types is None else types[rows],
            histories.times[rows],
            np.zeros((len(numbers), 0), np.int64) if moments is None else moments.numbers[rows].astype(np.int64),
            profile=self._profile(histories.profile(user)),
        )

    def make_shortlist(self, users: Sequence[Known]) -> None:
        """Have the best items found faster, if there are many and that works for such users; some fifty are enough."""
        if len(self.item_ids) >= SHORTLIST_FROM and not self.content:
            vectors = np.column_stack([self.network["items.weight"], self.network["bias"]])
            wanted = np.array([np.append(self.wanted(user), np.float32(1)) for user in users])
            self.shortlist = Shortlist.of(vectors, self.linear.items, wanted)

    def _known(self, user: User, now: float) -> Known:
        number, types = self.item_ids.number, self._types
        known = [(item, event) for event in user.history if (item := number(event.item_id)) is not None]
        times = np.array([event.timestamp for _, event in known], np.float64)
        order = np.argsort(times, kind="stable")
        numbers = np.array([item for item, _ in known], np.int64)[order]
        of_types = np.array([types.get(event.event_type or "", 0) for _, event in known], np.int64)[order]
        asked = bucket_until(float(times.max()), now) if known else UNKNOWN_GAP
        context = None
        if self.contexts and user.context:
            features = self._contexts.read([user.context])[0]
            context = self.network["asked_contexts.weight"][features].sum(0)
        contexts = self._contexts.read([event.context for _, event in known])[order]
        return Known(numbers, of_types, times[order], contexts, asked, self._profile(user.profile), context)

    def _profile(self, profile: Profile | None) -> Floats | None:
        if not self.profiles or not profile:
            return None
        numbers, weights = self.profiles.read(profile)
        vector: Floats = np.array(weights, np.float32) @ self.network[PROFILES][numbers]
        return vector

    @cached_property
    def _popular(self) -> Scored:
        return Scored(lambda: softmax(self._popularity))

    @cached_property
    def _popularity(self) -> Floats:
        popularity: Floats = np.log(self.counts + np.float32(0.5))
        return popularity

    def _logits(self, known: Known) -> Floats:
        logits: Floats = self.network["items.weight"] @ self.wanted(known)
        logits += self.network["bias"]  # in place: of a million items, each copy counts
        return logits

    def _probabilities(self, known: Known, logits: Floats | None = None) -> Floats:
        """Shapes: logits (N,), of the network, if they are there already -> (N,)."""
        if not len(known.numbers):
            if known.added is None:
                return self._popular.scores
            return softmax(self._popularity + self.network["items.weight"] @ known.added)
        logits = self._logits(known) if logits is None else logits
        content, of_cold = self.content, None
        if content:
            personal = logits[content.cold] - self.network["bias"][content.cold]
            of_cold = content.scores(known.numbers, personal)
        if self.linear_share:
            logits = blend(logits, self.linear.scores(known.numbers, len(logits)), self.linear_share)
        if content and of_cold is not None:
            content.place(logits, of_cold)
        return softmax(logits)

    def _preference(self, known: Known, logits: Floats | None = None) -> Preference:
        if not len(known.numbers) and known.added is None:
            return self._popular
        if self.shortlist is None or not len(known.numbers):
            return Scored(partial(self._probabilities, known, logits))
        user, told = np.append(self.wanted(known), np.float32(1)), None
        if self.linear_share:
            told = self.linear.told(known.numbers)
            scale = scale_of_linear(self.shortlist.spread(user), spread(told, len(self.item_ids)), self.linear_share)
            user, told = (user * np.float32(1 - self.linear_share), told * scale) if scale else (user, None)
        return Shortlisted(self.shortlist, user, told)

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        linear: dict[str, Array] = {"items": self.linear.items, "weights": self.linear.weights.astype(np.float16)}
        arrays: dict[str, Array] = {"counts": self.counts} | _under(NETWORK, self.network) | _under(LINEAR, linear)
        if self.content:
            arrays |= _under(CONTENT, self.content.arrays)
        if self.shortlist:
            arrays |= _under(SHORTLIST, self.shortlist.arrays)
        description = {
            "recipe": "aws-hrnn",
            "item_ids": self.item_ids,
            "linear_share": self.linear_share,
            "type_names": list(self.type_names),
            "profiles": self.profiles and dict(self.profiles.columns),
            "contexts": self.contexts and dict(self.contexts.columns),
        }
        files.write(folder, description, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> RecurrentModel:
        """The model that was written."""
        if "ease_share" in description:
            description, arrays = _of_before(description, arrays)
        linear, content, shortlist = (_named(prefix, arrays) for prefix in (LINEAR, CONTENT, SHORTLIST))
        return cls(
            description["item_ids"],
            _named(NETWORK, arrays),
            arrays["counts"],
            Linear(linear["items"], linear["weights"].astype(np.float32)),
            description["linear_share"],
            type_names=description["type_names"],
            profiles=Vocabulary(description["profiles"]) if description["profiles"] else None,
            contexts=Vocabulary(description["contexts"]) if description.get("contexts") else None,
            content=Content(**content) if content else None,
            shortlist=Shortlist(**shortlist) if shortlist else None,
        )


def _of_before(description: Mapping[str, Any], arrays: Mapping[str, Array]) -> tuple[dict[str, Any], dict[str, Array]]:
    """A model of the time when networks read neither event types nor the moment of the request, as it is now."""
    nothing = np.zeros((GAP_BUCKETS, arrays["network.out.weight"].shape[1]), np.float32)
    added = {"network.types.weight": nothing[:1], "network.asked.weight": nothing}
    linear = {f"{LINEAR}{part}": arrays[f"ease.{part}"] for part in ("items", "weights")}
    share = description["ease_share"]
    return {**description, "linear_share": share, "type_names": [], "profiles": None}, {**arrays, **added, **linear}


def _under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {prefix + name: array for name, array in arrays.items()}


def _named(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
