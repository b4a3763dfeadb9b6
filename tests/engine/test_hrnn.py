"""The network alone."""

import numpy as np
import torch
from torch.nn import functional

from personalize_local.engine.features import Features
from personalize_local.engine.hrnn import Events, Hrnn
from personalize_local.engine.log import Catalogue

ITEMS, WIDTH, WINDOWS, EVENTS, TYPES, CONTEXTS = 11, 8, 3, 5, 2, 4
SHAPE = WINDOWS, EVENTS


def events(**changed):
    columns = {
        "users": torch.arange(WINDOWS),
        "items": torch.randint(ITEMS, SHAPE),
        "types": torch.randint(1 + TYPES, SHAPE),
        "gaps": torch.randint(22, SHAPE),
        "starts": torch.tensor([[1, 0, 0, 1, 0]] * WINDOWS),
        "contexts": torch.randint(CONTEXTS, (*SHAPE, 2)),
        "asked": torch.randint(1, 22, SHAPE),
        "asked_contexts": torch.randint(CONTEXTS, (*SHAPE, 2)),
    }
    return Events(**(columns | changed))


def features(count):
    kinds = np.array(["odd" if place % 2 else "even" for place in range(count)], object)
    ids = [str(place) for place in range(count)]
    return Features.of(ids, Catalogue(np.array(ids, object), {"KIND": kinds}))


def whole_network():
    kinds = {"features": features(ITEMS), "profiles": features(WINDOWS), "contexts": CONTEXTS}
    return Hrnn(ITEMS, WIDTH, types=TYPES, **kinds)


def logits(network, wanted):
    return wanted @ network.vectors().T + network.bias.weight[:, 0]


def test_every_event_gets_a_vector():
    assert whole_network()(events()).shape == (WINDOWS, EVENTS, WIDTH)


def test_gradients_reach_every_weight():
    torch.manual_seed(0)
    network = whole_network()
    scores = logits(network, network(events()).flatten(0, 1))
    functional.cross_entropy(scores, torch.arange(WINDOWS * EVENTS) % ITEMS).backward()
    assert [name for name, weight in network.named_parameters() if not weight.grad.abs().sum() > 0] == []


def test_what_comes_later_does_not_change_an_earlier_vector():
    network = Hrnn(ITEMS, WIDTH).eval()
    given = events(types=torch.zeros(SHAPE, dtype=torch.int64))
    changed = given.items.clone()
    changed[:, 3:] = (changed[:, 3:] + 1) % ITEMS
    before, after = network(given), network(given._replace(items=changed))
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_users_types_contexts_and_the_time_of_the_request_change_what_is_wanted():
    torch.manual_seed(0)
    network = whole_network().eval()
    for at_first_zero in (network.asked, network.contexts, network.asked_contexts):
        torch.nn.init.normal_(at_first_zero.weight)
    given = events()
    for name in ("users", "types", "contexts", "asked", "asked_contexts"):
        other = given._replace(**{name: (getattr(given, name) + 1) % 3})
        assert not torch.allclose(network(given), network(other)), name


def test_of_an_item_without_a_vector_of_its_own_its_features_tell():
    network = whole_network().eval()
    with torch.no_grad():
        network.items.weight.zero_()
    vectors = network.vectors()
    assert torch.allclose(vectors[0], vectors[2])
    assert not torch.allclose(vectors[0], vectors[1])
    assert torch.allclose(network.vectors(torch.tensor([[4, 1]])), vectors[torch.tensor([[4, 1]])])
