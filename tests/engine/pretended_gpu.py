"""A program: trains on a device that only pretends to be one, and fails where tensors of two devices meet.

Its tensors wrap tensors of the processor, which compute; so all but speed is seen without a GPU.
"""

from typing import Any

import numpy as np
import torch
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from personalize_local.engine import learning, softmax
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Log
from personalize_local.engine.run import Run
from personalize_local.engine.training import Settings, fit

NAME = "pretended"
COPIES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)


class Pretended(torch.Tensor):
    """A tensor of the pretended device."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "Pretended":
        shape = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        return torch.Tensor._make_wrapper_subclass(cls, inner.size(), **shape, device=f"{NAME}:0")

    def __init__(self, inner: torch.Tensor) -> None:
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, operation, types, arguments=(), named=None):
        return compute(operation, arguments, named or {})


class Computing(TorchDispatchMode):
    """Sees to it that tensors are made where they are wanted."""

    def __torch_dispatch__(self, operation, types, arguments=(), named=None):
        return compute(operation, arguments, named or {})


computed = 0


def compute(operation: Any, arguments: Any, named: dict[str, Any]) -> Any:
    """Do an operation on what the tensors wrap, and wrap what comes out."""
    global computed  # noqa: PLW0603
    tensors = [one for one in tree_flatten((arguments, named))[0] if isinstance(one, torch.Tensor)]
    there = {id(one.inner): one for one in tensors if isinstance(one, Pretended)}
    here = [one for one in tensors if one.dim() and not isinstance(one, Pretended)]
    if there and here and operation not in COPIES:
        raise RuntimeError(f"{operation} of tensors of two devices")
    wanted = named.get("device")
    on_device = bool(there) if wanted is None else torch.device(wanted).type == NAME
    if operation is COPIES[1]:
        on_device = isinstance(tensors[0], Pretended)
    computed += on_device

    def unwrapped(one: Any) -> Any:
        return one.inner if isinstance(one, Pretended) else one

    def wrapped(one: Any) -> Any:
        if not on_device or not isinstance(one, torch.Tensor):
            return one
        return there[id(one)] if id(one) in there else Pretended(one)

    given = {name: unwrapped(one) for name, one in named.items() if name not in ("device", "pin_memory")}
    if wanted is not None:
        given["device"] = "cpu"
    return tree_map(wrapped, operation(*tree_map(unwrapped, arguments), **tree_map(unwrapped, given)))


class Gru(torch.nn.GRU):
    """The same step by step: torch's own has a kernel for each kind of real device."""

    def forward(self, inputs):
        """Shapes: (B, T, d) -> (B, T, d), (B, d)."""
        state, states = inputs.new_zeros(len(inputs), self.hidden_size), []
        for now in inputs.unbind(1):
            of_input = torch.addmm(self.bias_ih_l0, now, self.weight_ih_l0.T).chunk(3, 1)
            of_state = torch.addmm(self.bias_hh_l0, state, self.weight_hh_l0.T).chunk(3, 1)
            reset, update = (torch.sigmoid(of_input[gate] + of_state[gate]) for gate in (0, 1))
            new = torch.tanh(of_input[2] + reset * of_state[2])
            state = new + update * (state - new)
            states.append(state)
        return torch.stack(states, 1), state


class Backend(backend_registration._DummyBackendModule):
    """What torch asks of a device."""

    def get_rng_state(self, *_):
        """Nothing: random numbers are those of the processor."""

    def set_rng_state(self, *_):
        """Nothing, too."""


def main() -> None:
    """Train on the processor and on the pretended device; both have to come to the same."""
    rng = np.random.default_rng(0)
    users, items, kinds = np.repeat(np.arange(60), 20), rng.integers(0, 40, 1200), np.array(["a", "b"], object)
    ids = [np.array([f"{letter}{one}" for one in numbers], object) for letter, numbers in (("u", users), ("i", items))]
    contexts = {"DEVICE": kinds[rng.integers(0, 2, 1200)]}
    log = Log(*ids, 60 * np.arange(1200), kinds[rng.integers(0, 2, 1200)], contexts=contexts)
    catalogue, people = (
        Catalogue(np.unique(known), {"KIND": kinds[np.arange(len(np.unique(known))) % 2]}) for known in ids[::-1]
    )
    histories = Histories.of(log, catalogue, people)
    settings = Settings(hidden_dimension=32, bptt=8, recency_mask=True, reads_metadata=True)
    torch.nn.GRU = Gru
    backend_registration._setup_privateuseone_for_python_backend(NAME, backend_module=Backend())
    learning.FEWEST_UPDATES = 60
    for full in (softmax.FULL, 20):  # items to compare targets with: the whole catalogue, or draws from it
        softmax.FULL = full
        learning.best_device = lambda: torch.device("cpu")
        usual = fit(histories, settings, Run(passes=1))
        learning.best_device = lambda: torch.device(f"{NAME}:0")
        before = computed
        with Computing():
            there = fit(histories, settings, Run(passes=1))
        assert computed > before + 1000
        assert all(np.allclose(array, there.network[name], atol=1e-5) for name, array in usual.network.items())


if __name__ == "__main__":
    main()
