"""The hierarchical recurrent network, in torch; `recurrent_model.py` runs what it learned, without torch.

One GRU reads a user's events, each as the sum of its item, its type, the gap before it and whether it opens a session
(Ma et al. 2020, "Temporal-contextual recommendation in real-time": the hierarchy of user and session lies in the
input), and of its context, if something is known of it. The gap between the last event and the moment of the request
decides which parts of the state count, and so does the context of that moment: what a new session begins with is
another thing than what goes on. The items' input vectors also score what comes next.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from personalize_local.engine.features import NONE, Features
from personalize_local.engine.sessions import GAP_BUCKETS, UNKNOWN_GAP

WITHOUT_OWN = 0.3  # of the items of an update
WITHOUT_GAP = 0.5  # of the requests of an update: they are asked at an unknown time
WITHOUT_CONTEXT = 0.5  # of them: nothing else is known of their moment either
FIRST_SPREAD = 0.05  # of vectors


class Events(NamedTuple):
    """Windows of users' events side by side; what comes next is asked after each.

    Shapes: users (B,), contexts, asked_contexts (B, T, K), all others (B, T); int.

    Args:
        contexts: The features of the event's moment.
        asked: The gap between the event and the request, as the number of its bucket.
        asked_contexts: The features of the request's moment.
    """

    users: Tensor
    items: Tensor
    types: Tensor
    gaps: Tensor
    starts: Tensor
    contexts: Tensor
    asked: Tensor
    asked_contexts: Tensor


class Told(nn.Module):
    """What features say of items or users: the weighted sum of their vectors."""

    def __init__(self, features: Features, width: int) -> None:
        super().__init__()
        self.features = features
        self.vectors = nn.EmbeddingBag(features.count, width, mode="sum")
        nn.init.normal_(self.vectors.weight, std=FIRST_SPREAD)
        self.register_buffer("numbers", torch.from_numpy(features.numbers), persistent=False)  # (N, K)
        self.register_buffer("weights", torch.from_numpy(features.weights), persistent=False)  # (N, K)

    def forward(self, which: Tensor | None = None) -> Tensor:
        """Of all without any. Shapes: (...) int -> (..., d)."""
        assert isinstance(self.numbers, Tensor)
        assert isinstance(self.weights, Tensor)
        if which is None:
            every: Tensor = self.vectors(self.numbers, per_sample_weights=self.weights)  # (N, d)
            return every
        different, places = torch.unique(which, return_inverse=True)
        vectors: Tensor = self.vectors(self.numbers[different], per_sample_weights=self.weights[different])  # (M, d)
        return vectors[places]


class Hrnn(nn.Module):
    """Scores the next item after every event.

    Args:
        items: Number of items, N.
        width: Length d of the items' vectors and of the GRU's state.
        types: Number of event types; none is type 0.
        features: What the items are. Then an item's vector is one of its own plus those of its features, and while the
            network learns, some items lack their own: so it learns what features tell of an item that nobody knows.
        profiles: What the users are.
        contexts: Number of features of moments, NONE among them.
        dropout: Of the embedded events and of the states.
        sparse: Whether an update changes the vectors of the items that it meets alone, as it must with many items.
    """

    def __init__(
        self,
        items: int,
        width: int,
        *,
        types: int = 0,
        features: Features | None = None,
        profiles: Features | None = None,
        contexts: int = 0,
        dropout: tuple[float, float] = (0.0, 0.0),
        sparse: bool = False,
    ) -> None:
        super().__init__()
        self.items = nn.Embedding(items, width, sparse=sparse)
        self.bias = nn.Embedding(items, 1, sparse=sparse)
        self.types = nn.Embedding(1 + types, width)
        self.gaps = nn.Embedding(GAP_BUCKETS, width)
        self.starts = nn.Embedding(2, width)
        for embedding in (self.items, self.types, self.gaps, self.starts):
            nn.init.normal_(embedding.weight, std=FIRST_SPREAD)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.asked = nn.Embedding(GAP_BUCKETS, width)
        self.out = nn.Linear(width, width)
        self.told = Told(features, width) if features else None
        self.profiles = Told(profiles, width) if profiles else None
        self.contexts = nn.Embedding(contexts, width, padding_idx=NONE) if contexts else None
        self.asked_contexts = nn.Embedding(contexts, 2 * width, padding_idx=NONE) if contexts else None
        for at_first_zero in (self.bias, self.asked, self.contexts, self.asked_contexts):
            if at_first_zero:
                nn.init.zeros_(at_first_zero.weight)
        self.drop_event, self.drop_state = nn.Dropout(dropout[0]), nn.Dropout(dropout[1])

    def forward(self, events: Events) -> Tensor:
        """Read windows; the vector after each event is what the next item is compared with. Shape: (B, T, d)."""
        asked = events.asked
        if self.training:
            unknown = torch.rand(asked.shape, device=asked.device) < WITHOUT_GAP
            asked = asked.masked_fill(unknown, UNKNOWN_GAP)
        counting = self.asked(asked)  # (B, T, d)
        if self.asked_contexts:
            told = self.asked_contexts(events.asked_contexts).sum(2)  # (B, T, 2d)
            if self.training:
                told = told * (torch.rand(asked.shape, device=asked.device) >= WITHOUT_CONTEXT)[..., None]
            of_state, of_answer = told.chunk(2, dim=-1)  # (B, T, d) both
            counting = counting + of_state
        inputs = self.vectors(events.items) + self.types(events.types)
        inputs = inputs + self.gaps(events.gaps) + self.starts(events.starts)  # (B, T, d)
        if self.contexts:
            inputs = inputs + self.contexts(events.contexts).sum(2)
        states, _ = self.gru(self.drop_event(inputs))  # (B, T, d)
        states = states * (1 + counting)  # (B, T, d)
        wanted: Tensor = self.out(self.drop_state(states))  # (B, T, d)
        if self.asked_contexts:
            wanted = wanted + of_answer
        if self.profiles:
            wanted = wanted + self.profiles(events.users)[:, None]
        return wanted

    def vectors(self, items: Tensor | None = None) -> Tensor:
        """The vectors of items; of all without any. Shapes: (...) int -> (..., d)."""
        own: Tensor = self.items.weight if items is None else self.items(items)
        if self.told is None:
            return own
        if self.training:
            own = own * (torch.rand(own.shape[:-1], device=own.device) >= WITHOUT_OWN)[..., None]
        told: Tensor = self.told(items)
        return own + told
