"""What the network peers share: a budget, a learning rate that follows it, and a softmax that stays in the cache.

A peer trains for so many passes or so many CPU seconds, whichever ends first, and its learning rate falls over that, so
that no network is cut off half-way through its schedule.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

CHUNK = 128  # targets whose logits are held at once
WARM_UP, LAST_RATE = 0.05, 0.02


@dataclass(frozen=True)
class Budget:
    """How long a peer may learn."""

    cpu_seconds: float
    passes: float


class Schedule:
    """How much of a budget is used.

    Args:
        targets: Of a pass.
    """

    def __init__(self, budget: Budget, targets: int) -> None:
        self._budget, self._targets = budget, targets
        self._began, self._learned = time.process_time(), 0

    def learned(self, targets: int) -> None:
        """An update with so many targets is done."""
        self._learned += targets

    @property
    def share(self) -> float:
        """0 at the start; the end is reached at 1."""
        passes = self._learned / (self._budget.passes * self._targets)
        return max(passes, (time.process_time() - self._began) / self._budget.cpu_seconds)


def rate(share: float) -> float:
    """The learning rate, as a share of the highest: a short rise, then a straight fall."""
    return min(1.0, (share + 1e-3) / WARM_UP) * max(LAST_RATE, 1 - share)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The random numbers of a seed; afterwards they are as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


class _ChunkedSoftmax(torch.autograd.Function):
    """The mean cross-entropy against all items. The gradients are made on the way forward, chunk by chunk."""

    @staticmethod
    def forward(ctx, wanted, vectors, bias, targets):  # type: ignore[no-untyped-def]
        to_wanted, to_vectors, to_bias = torch.empty_like(wanted), torch.zeros_like(vectors), torch.zeros_like(bias)
        total = wanted.new_zeros(())
        for first in range(0, len(wanted), CHUNK):
            rows = slice(first, first + CHUNK)
            logits = torch.addmm(bias, wanted[rows], vectors.T)  # (C, N)
            places = torch.arange(len(logits))
            highest = logits.max(dim=1, keepdim=True).values
            right = logits[places, targets[rows]]
            powers = logits.sub_(highest).exp_()
            sums = powers.sum(dim=1, keepdim=True)
            total += (sums.log() + highest).sum() - right.sum()
            shares = powers.div_(sums)
            shares[places, targets[rows]] -= 1
            to_wanted[rows] = shares @ vectors
            to_vectors.addmm_(shares.T, wanted[rows])
            to_bias += shares.sum(dim=0)
        ctx.save_for_backward(to_wanted / len(wanted), to_vectors / len(wanted), to_bias / len(wanted))
        return total / len(wanted)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        return *(gradient * saved for saved in ctx.saved_tensors), None


full_softmax: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = _ChunkedSoftmax.apply
"""Shapes: wanted (M, d), vectors (N, d), bias (N,), targets (M,) -> ()."""


def sampled_softmax(
    wanted: Tensor, vectors: Tensor, bias: Tensor, targets: Tensor, *, drawn: Tensor, negatives: int
) -> Tensor:
    """The mean cross-entropy against shared negatives, corrected for how often each is drawn."""
    some = torch.multinomial(drawn, negatives, replacement=True)  # (K,)
    right = (wanted * vectors[targets]).sum(1) + bias[targets]  # (M,)
    wrong = torch.addmm(bias[some] - (negatives * drawn[some]).log(), wanted, vectors[some].T)  # (M, K)
    wrong = wrong.masked_fill(targets[:, None] == some, -torch.inf)
    return (torch.logsumexp(torch.cat([right[:, None], wrong], dim=1), dim=1) - right).mean()
