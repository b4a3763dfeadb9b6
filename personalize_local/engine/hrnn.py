"""The hierarchical recurrent network, in torch; `recurrent_model.py` runs what it learned, without torch.

One GRU reads a user's events, each as the sum of its item, the gap before it and whether it opens a session (Ma et al.
2020, "Temporal-contextual recommendation in real-time"). The items' input vectors also score what comes next.
"""

import torch
from torch import Tensor, nn

from personalize_local.engine.features import Features
from personalize_local.engine.sessions import GAP_BUCKETS

WITHOUT_OWN = 0.3  # of the items of an update


class Hrnn(nn.Module):
    """Scores the next item after every event.

    Args:
        items: Number of items, N.
        width: Length d of the items' vectors and of the GRU's state.
        dropout: Of the embedded events and of the states.
        features: What the items are. Then an item's vector is one of its own plus those of its features, and while the
            network learns, some items lack their own: so it learns what features tell of an item that nobody knows.
    """

    def __init__(
        self, items: int, width: int, dropout: tuple[float, float] = (0.3, 0.4), features: Features | None = None
    ) -> None:
        super().__init__()
        self.items = nn.Embedding(items, width)
        self.gaps = nn.Embedding(GAP_BUCKETS, width)
        self.starts = nn.Embedding(2, width)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros(items))
        self.drop_event, self.drop_state = nn.Dropout(dropout[0]), nn.Dropout(dropout[1])
        for embedding in (self.items, self.gaps, self.starts):
            nn.init.normal_(embedding.weight, std=0.05)
        self.features_of_items = features
        self.features = nn.Embedding(features.count, width) if features else None
        if features and self.features:
            nn.init.normal_(self.features.weight, std=0.05)
            self.numbers = torch.from_numpy(features.numbers)  # (N, K)
            self.weights = torch.from_numpy(features.weights)  # (N, K)

    def forward(self, items: Tensor, gaps: Tensor, starts: Tensor) -> Tensor:
        """Read B windows of T events; the vector after each event is what the next item is compared with.

        Shapes: items, gaps, starts (B, T) int -> (B, T, d).
        """
        events = self.vectors(items) + self.gaps(gaps) + self.starts(starts)  # (B, T, d)
        states, _ = self.gru(self.drop_event(events))  # (B, T, d)
        wanted: Tensor = self.out(self.drop_state(states))  # (B, T, d)
        return wanted

    def vectors(self, items: Tensor) -> Tensor:
        """The vectors of items. Shapes: (...) int -> (..., d)."""
        own: Tensor = self.items(items)
        if self.features is None:
            return own
        if self.training:
            own = own * (torch.rand(items.shape) >= WITHOUT_OWN)[..., None]
        return own + self.told(items)

    def told(self, items: Tensor) -> Tensor:
        """What the features alone say of items. Shapes: (...) int -> (..., d)."""
        assert self.features is not None
        different, places = torch.unique(items, return_inverse=True)
        of_features = self.features(self.numbers[different])  # (M, K, d)
        summed: Tensor = (of_features * self.weights[different][..., None]).sum(1)  # (M, d)
        return summed[places]

    def logits(self, wanted: Tensor) -> Tensor:
        """Score every item. Shapes: (M, d) -> (M, N)."""
        return torch.addmm(self.bias, wanted, self.vectors(torch.arange(len(self.bias))).T)

    def logits_of(self, wanted: Tensor, candidates: Tensor) -> Tensor:
        """Score some items, the same for every row. Shapes: (M, d), (K,) int -> (M, K)."""
        return torch.addmm(self.bias[candidates], wanted, self.vectors(candidates).T)
