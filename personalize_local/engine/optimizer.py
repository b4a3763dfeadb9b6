"""How an update moves the network's parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim._functional import sparse_adam
from torch.optim.adamw import adamw

from personalize_local.engine.hrnn import Hrnn

BETA1, BETA2, EPSILON = 0.9, 0.98, 1e-8
WEIGHT_DECAY = 0.01
MOST_GRADIENT = 5.0


class Adam:
    """Adam with decoupled weight decay; of a sparse table, the rows alone that an update meets.

    These are torch's functions. Its optimizer classes are not used: they load torch's compiler, to be left alone by it,
    and that takes three seconds of CPU in every process that trains.
    """

    def __init__(self, network: Hrnn) -> None:
        self._parameters = list(network.parameters())
        self._means, self._squares = ([torch.zeros_like(one) for one in self._parameters] for _ in range(2))
        self._steps = [torch.zeros((), device=one.device) for one in self._parameters]

    def step(self, loss: Tensor, learning_rate: float) -> None:
        """Make one update, with the gradient of the dense parameters clipped."""
        for one in self._parameters:
            one.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        dense, sparse = list[int](), list[int]()
        for place, one in enumerate(self._parameters):
            if one.grad is not None:
                (sparse if one.grad.is_sparse else dense).append(place)
        nn.utils.clip_grad_norm_([self._parameters[place] for place in dense], MOST_GRADIENT)
        with torch.no_grad():
            parameters, gradients, means, squares, steps = self._state(dense)
            adamw(
                parameters,
                gradients,
                means,
                squares,
                [],
                steps,
                fused=True,
                amsgrad=False,
                beta1=BETA1,
                beta2=BETA2,
                lr=learning_rate,
                weight_decay=WEIGHT_DECAY,
                eps=EPSILON,
                maximize=False,
            )
            parameters, gradients, means, squares, steps = self._state(sparse)
            done = [int(one.add_(1)) for one in steps]
            sparse_adam(
                parameters,
                gradients,
                means,
                squares,
                done,
                eps=EPSILON,
                beta1=BETA1,
                beta2=BETA2,
                lr=learning_rate,
                maximize=False,
            )

    def _state(self, places: list[int]) -> tuple[list[Tensor], ...]:
        """Of some parameters: themselves, their gradients, the running means of these and of their squares, updates."""
        parameters: list[Tensor] = [self._parameters[place] for place in places]
        gradients = [one.grad for one in parameters if one.grad is not None]
        others = ([kept[place] for place in places] for kept in (self._means, self._squares, self._steps))
        return parameters, gradients, *others
