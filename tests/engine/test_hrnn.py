"""The network alone."""

import torch
from torch.nn import functional

from personalize_local.engine.hrnn import Hrnn

ITEMS, WIDTH, WINDOWS, EVENTS = 11, 8, 3, 5


def events():
    shape = WINDOWS, EVENTS
    return torch.randint(ITEMS, shape), torch.randint(22, shape), torch.ones(shape, dtype=torch.int64)


def test_every_event_gets_a_vector_and_every_item_a_score():
    network = Hrnn(ITEMS, WIDTH)
    wanted = network(*events())
    assert wanted.shape == (WINDOWS, EVENTS, WIDTH)
    assert network.logits(wanted.flatten(0, 1)).shape == (WINDOWS * EVENTS, ITEMS)


def test_scores_of_some_items_are_those_among_all():
    network = Hrnn(ITEMS, WIDTH).eval()
    wanted = network(*events())[:, -1]
    chosen = torch.tensor([7, 2])
    assert torch.allclose(network.logits_of(wanted, chosen), network.logits(wanted)[:, chosen])


def test_gradients_reach_every_weight():
    torch.manual_seed(0)
    network = Hrnn(ITEMS, WIDTH)
    items, gaps, _ = events()
    starts = torch.tensor([[1, 0, 0, 1, 0]] * WINDOWS)
    scores = network.logits(network(items, gaps, starts).flatten(0, 1))
    functional.cross_entropy(scores, torch.arange(WINDOWS * EVENTS) % ITEMS).backward()
    assert [name for name, weight in network.named_parameters() if not weight.grad.abs().sum() > 0] == []


def test_what_comes_later_does_not_change_an_earlier_vector():
    network = Hrnn(ITEMS, WIDTH).eval()
    items, gaps, starts = events()
    changed = items.clone()
    changed[:, 3:] = (changed[:, 3:] + 1) % ITEMS
    before, after = network(items, gaps, starts), network(changed, gaps, starts)
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])
