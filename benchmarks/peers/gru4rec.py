"""A network in the style of GRU4Rec [Hidasi, Karatzoglou 2018]: histories side by side, an update for each step.

Some histories run in parallel, one event an update; the state goes on from one update to the next, and a history that
ends gives its place to another. The others' next items and drawn ones are the negatives of a softmax; input and output
share the items' vectors; Adagrad.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from peers.networks import Budget, Schedule, rate, seeded
from peers.peer import Peer
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.model import Ranker

WIDTH, PARALLEL, NEGATIVES, ALPHA = 100, 64, 2048, 0.5
DROPOUT, HIGHEST_RATE = 0.2, 0.08
LATEST = 100  # events that a history is read from


class Gru4Rec(nn.Module):
    """One GRU; the items' input vectors score what comes next."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items, WIDTH, sparse=True)
        self.bias = nn.Embedding(items, 1, sparse=True)
        self.gru, self.drop = nn.GRU(WIDTH, WIDTH, batch_first=True), nn.Dropout(DROPOUT)
        nn.init.uniform_(self.items.weight, -((6 / (items + WIDTH)) ** 0.5), (6 / (items + WIDTH)) ** 0.5)
        nn.init.zeros_(self.bias.weight)

    def forward(self, items: Tensor, state: Tensor) -> Tensor:
        """Read T events of B histories. Shapes: (B, T) int, (B, d) -> (B, d)."""
        _, after = self.gru(self.drop(self.items(items)), state[None])
        last: Tensor = after[0]
        return last

    def loss(self, state: Tensor, targets: Tensor, drawn: Tensor, popularity: Tensor) -> Tensor:
        """The cross-entropy of the targets among one another and the drawn items. Shapes: (B, d), (B,), (K,) -> ()."""
        candidates = torch.cat([targets, drawn])  # (B + K,)
        offset = self.bias(candidates)[:, 0] - popularity[candidates]  # the more often drawn, the less each counts
        logits = torch.addmm(offset, self.drop(state), self.items(candidates).T)  # (B, B + K)
        same = targets[:, None] == candidates
        same[torch.arange(len(targets)), torch.arange(len(targets))] = False
        return nn.functional.cross_entropy(logits.masked_fill(same, -torch.inf), torch.arange(len(targets)))


def gru4rec(histories: Histories, seed: int, budget: Budget) -> Mapping[str, Ranker]:
    """Train, and answer from the last LATEST items of a history."""
    rng, size = np.random.default_rng(seed), len(histories.item_ids)
    counts = np.bincount(histories.items, minlength=size) + 1e-9
    weights = torch.from_numpy(counts**ALPHA / (counts**ALPHA).sum()).float()
    popularity = weights.log()
    with seeded(seed), torch.sparse.check_sparse_tensor_invariants(False):
        network = Gru4Rec(size).train()
        optimizer = torch.optim.Adagrad(network.parameters(), lr=HIGHEST_RATE)
        schedule = Schedule(budget, len(histories.items) - len(histories))
        state = torch.zeros(PARALLEL, WIDTH)
        for items, targets, begins in _steps(histories, rng):
            for group in optimizer.param_groups:
                group["lr"] = HIGHEST_RATE * rate(schedule.share)
            state = network(items[:, None], state.detach() * ~begins[:, None])
            drawn = torch.multinomial(weights, NEGATIVES, replacement=True)
            loss = network.loss(state, targets, drawn, popularity)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.learned(len(targets))
            if schedule.share >= 1:
                break
        network.eval()
    vectors, bias = network.items.weight.detach().numpy(), network.bias.weight.detach().numpy()[:, 0]

    def scores(numbers: Integers) -> Floats:
        with torch.inference_mode():
            after = network(torch.from_numpy(numbers[-LATEST:])[None], torch.zeros(1, WIDTH))
        of_items: Floats = vectors @ after[0].numpy() + bias
        return of_items

    return {"GRU4Rec-style": Peer(histories.item_ids, scores)}


def _steps(histories: Histories, rng: Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Items, those that follow, and whether a history begins; over and over. Shapes: (B,) int, (B,) int, (B,) bool."""
    long = np.flatnonzero(histories.lengths > 1)
    row, end = np.zeros(PARALLEL, dtype=np.int64), np.zeros(PARALLEL, dtype=np.int64)
    waiting: list[int] = []
    while True:
        begins = row >= end
        for lane in np.flatnonzero(begins):
            if not waiting:
                waiting = rng.permutation(long).tolist()
            user = waiting.pop()
            row[lane], end[lane] = histories.starts[user], histories.starts[user + 1] - 1
        yield (
            torch.from_numpy(histories.items[row]),
            torch.from_numpy(histories.items[row + 1]),
            torch.from_numpy(begins),
        )
        row = row + 1
