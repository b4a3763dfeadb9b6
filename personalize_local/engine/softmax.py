"""What an update compares its targets with, and the cross-entropy of it, fused so that no table of scores is kept.

Up to FULL items, that is the whole catalogue. Above, it is DRAWS items, more frequent ones more often; a drawn item
stands for all those that could have been drawn in its place, so it counts one over how often it is expected (logQ
correction, Bengio and Senécal 2008). The gradient is made together with the loss, AT_ONCE scores at a time, which stay
in the cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from personalize_local.engine.log import Integers

FULL = 5000
DRAWS = 3072
POWER = 0.75  # of an item's frequency, that its chance to be drawn follows
NEVER = -1e4  # a score whose power is 0
MOST_ABOVE = 70.0  # that a score counts above the best target's: the power of more would have no room in a float
AT_ONCE = 1_500_000  # scores: more are quicker until they, 3 megabytes in bfloat16, leave the caches


class Candidates(NamedTuple):
    """What all rows of an update are compared with.

    Args:
        items: Their numbers, shape (C,); None: all.
        corrections: What is taken off their scores, shape (C,): how often each is expected to be drawn, as a logarithm.
    """

    items: Tensor | None
    corrections: Tensor | None

    def places(self, targets: Tensor) -> Tensor:
        """Where targets are among them; behind the last, where they are not. Shapes: (...) -> (...)."""
        if self.items is None:
            return targets
        places = torch.searchsorted(self.items, targets).clamp_max(len(self.items) - 1)
        return torch.where(self.items[places] == targets, places, len(self.items))


class Contrast:
    """Draws the candidates of each update.

    Args:
        counts: How often each item was interacted with, shape (N,).
    """

    def __init__(self, counts: Integers, rng: Generator, device: torch.device) -> None:
        self._rng, self._device = rng, device
        self.is_full = len(counts) <= FULL
        chances = np.maximum(counts, 0.5) ** POWER
        self._chances = chances / chances.sum()
        self._until = np.cumsum(self._chances)

    def draw(self) -> Candidates:
        """The candidates of the next update, in the order of their numbers."""
        if self.is_full:
            return Candidates(None, None)
        drawn = np.searchsorted(self._until, self._rng.random(DRAWS) * self._until[-1], side="right")
        items, times = np.unique(np.minimum(drawn, len(self._until) - 1), return_counts=True)
        corrections = np.log(DRAWS * self._chances[items] / times)
        return Candidates(
            torch.from_numpy(items).to(self._device), torch.from_numpy(corrections).float().to(self._device)
        )


def cross_entropy(
    wanted: Tensor, candidates: Tensor, scores: Tensor, right: Tensor, *, hits: Tensor, say: Tensor
) -> Tensor:
    """The cross-entropy of the rows, summed: how surprising their targets are among the candidates.

    Shapes: wanted (M, d), candidates (C, d), scores (C,), right (M, K), hits (M, K) int, say (M, K) -> ().

    Args:
        scores: What a candidate has whatever is wanted: bias and correction.
        right: The scores of each row's targets.
        hits: Where the targets are among the candidates, or C: there they do not count a second time.
        say: What each target has to say, 0 for one that is not there.
    """
    loss: Tensor = _Fused.apply(wanted, candidates, scores, right, hits, say)  # type: ignore[no-untyped-call]
    return loss


def quick_type(device: torch.device) -> torch.dtype:
    """The type of numbers that the products of an update are fastest in."""
    has_bfloat16 = device.type == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.bfloat16 if has_bfloat16 else torch.float32


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx, wanted, candidates, scores, right, hits, say):  # type: ignore[no-untyped-def] # noqa: PLR0917
        kind, width = quick_type(wanted.device), wanted.shape[1]
        top = right.amax(1, keepdim=True).to(kind).float()  # (M, 1)
        # Rows are [vector, score, 1], queries [wanted, 1, -top]: so one product gives how far the scores are above the
        # best target's, another one gradients and sums. One candidate more, which nobody chooses, stands for the
        # targets that are not among the others.
        rows = wanted.new_zeros(len(candidates) + 1, width + 2, dtype=kind)  # (C + 1, d + 2)
        rows[:-1, :width], rows[:-1, width], rows[-1, width], rows[:, width + 1] = candidates, scores, NEVER, 1
        queries = torch.cat([wanted, torch.ones_like(top), -top], 1)  # (M, d + 2)
        quick = queries.to(kind)
        of_targets, total_say = (right - top).exp(), say.sum(1)  # (M, K), (M,)
        of_rows = torch.zeros_like(rows, dtype=torch.float32)
        of_wanted, of_right, loss = torch.empty_like(wanted), torch.empty_like(right), wanted.new_zeros(())
        size = max(1, AT_ONCE // len(rows))
        room = rows.new_empty(min(size, len(wanted)), len(rows))
        for first in range(0, len(wanted), size):
            some = slice(first, first + size)
            table = torch.mm(quick[some], rows.T, out=room[: len(quick[some])])  # (m, C + 1)
            places = hits[some] + len(rows) * torch.arange(len(table), device=table.device)[:, None]  # (m, K)
            table.view(-1).index_fill_(0, places.view(-1), NEVER)  # scatter_ would convert all of the table
            powers = table.clamp_max_(MOST_ABOVE).exp_()
            sums = (powers @ rows).float()  # (m, d + 2)
            total = sums[:, width + 1] + of_targets[some].sum(1)  # (m,)
            loss += (total_say[some] * (total.log() + top[some, 0])).sum() - (say[some] * right[some]).sum()
            scale = (total_say[some] / total)[:, None]  # (m, 1)
            of_wanted[some] = sums[:, :width] * scale
            of_rows += powers.T @ (queries[some] * scale).to(kind)
            of_right[some] = of_targets[some] * scale - say[some]
        ctx.save_for_backward(of_wanted, of_rows[:-1, :width], of_rows[:-1, width], of_right)
        return loss

    @staticmethod
    def backward(ctx, upstream):  # type: ignore[no-untyped-def]
        of_wanted, of_rows, of_scores, of_right = ctx.saved_tensors
        return of_wanted * upstream, of_rows * upstream, of_scores * upstream, of_right * upstream, None, None
