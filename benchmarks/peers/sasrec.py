"""SASRec [Kang, McAuley 2018] with the full softmax, which is what makes it strong [Klenitskiy, Vasilev 2023].

Above FULL_SOFTMAX_ITEMS items the softmax is sampled. Settings are those of the papers, with d = 64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from peers.networks import Budget, Schedule, full_softmax, rate, sampled_softmax, seeded
from peers.peer import Peer
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.model import Ranker

WIDTH, BLOCKS, HEADS, WINDOW = 64, 2, 1, 100
DROPOUT, HIGHEST_RATE, TARGETS = 0.2, 2e-3, 1600
FULL_SOFTMAX_ITEMS, NEGATIVES = 10_000, 1024


class SasRec(nn.Module):
    """Self-attention over the last WINDOW items; the items' input vectors score what comes next."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items, WIDTH)
        self.positions = nn.Embedding(WINDOW, WIDTH)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                WIDTH, HEADS, WIDTH, DROPOUT, activation="relu", batch_first=True, norm_first=True
            )
            for _ in range(BLOCKS)
        )
        self.norm, self.drop = nn.LayerNorm(WIDTH), nn.Dropout(DROPOUT)
        self.bias = nn.Parameter(torch.zeros(items))
        for embedding in (self.items, self.positions):
            nn.init.normal_(embedding.weight, std=0.05)

    def forward(self, items: Tensor) -> Tensor:
        """Windows of one length, so that nothing is padding. Shapes: (B, T) int -> (B, T, d)."""
        length = items.shape[1]
        states = self.drop(self.items(items) + self.positions.weight[WINDOW - length :])  # (B, T, d)
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        for block in self.blocks:
            states = block(states, src_mask=mask, is_causal=True)
        wanted: Tensor = self.norm(states)
        return wanted


def sasrec(histories: Histories, seed: int, budget: Budget) -> Mapping[str, Ranker]:
    """Train, and answer from the last WINDOW items of a history."""
    rng, size = np.random.default_rng(seed), len(histories.item_ids)
    counts = np.bincount(histories.items, minlength=size)
    drawn = torch.from_numpy(counts**0.75 / (counts**0.75).sum()).float()
    with seeded(seed):
        network = SasRec(size).train()
        optimizer = torch.optim.Adam(network.parameters(), lr=HIGHEST_RATE, betas=(0.9, 0.98))
        schedule = Schedule(budget, len(histories.items) - len(histories))
        for window in _windows(histories, rng):
            for group in optimizer.param_groups:
                group["lr"] = HIGHEST_RATE * rate(schedule.share)
            wanted = network(window[:, :-1]).flatten(0, 1)
            targets = window[:, 1:].flatten()
            if size <= FULL_SOFTMAX_ITEMS:
                loss = full_softmax(wanted, network.items.weight, network.bias, targets)
            else:
                loss = sampled_softmax(
                    wanted, network.items.weight, network.bias, targets, drawn=drawn, negatives=NEGATIVES
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.learned(len(targets))
            if schedule.share >= 1:
                break
        network.eval()
    vectors, bias = network.items.weight.detach().numpy(), network.bias.detach().numpy()

    def scores(numbers: Integers) -> Floats:
        with torch.inference_mode():
            wanted = network(torch.from_numpy(numbers[-WINDOW:])[None])[0, -1].numpy()
        of_items: Floats = vectors @ wanted + bias
        return of_items

    return {"SASRec": Peer(histories.item_ids, scores)}


def _windows(histories: Histories, rng: Generator) -> Iterator[Tensor]:
    """Batches of windows of equal length, over and over, cut elsewhere in every pass. Shapes: (B, T + 1) int."""
    while True:
        firsts, lengths = [], []
        for start, length in zip(histories.starts, histories.lengths, strict=False):
            cuts = np.unique(np.append(np.arange(rng.integers(0, WINDOW), length - 1, WINDOW), [0, length - 1]))
            firsts.append(start + cuts[:-1])
            lengths.append(np.diff(cuts))
        first, length = np.concatenate(firsts), np.concatenate(lengths)
        groups = []
        for size in np.unique(length):
            alike = rng.permutation(np.flatnonzero(length == size))
            groups += np.array_split(alike, -(-len(alike) * size // TARGETS))
        for number in rng.permutation(len(groups)):
            rows = first[groups[number], None] + np.arange(length[groups[number][0]] + 1)
            yield torch.from_numpy(histories.items[rows])
