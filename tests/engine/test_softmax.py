"""What an update compares its targets with."""

import numpy as np
import pytest
import torch

from personalize_local.engine import softmax
from personalize_local.engine.softmax import Contrast, cross_entropy

CPU = torch.device("cpu")
ROWS, ITEMS, WIDTH, TARGETS = 300, 90, 8, 3


@pytest.fixture
def parts():
    """What a loss is made of: wanted, vectors, biases, targets, and what each target has to say."""
    torch.manual_seed(0)
    return (
        torch.randn(ROWS, WIDTH, requires_grad=True),
        torch.randn(ITEMS, WIDTH, requires_grad=True),
        torch.randn(ITEMS, requires_grad=True),
        torch.stack([torch.randperm(ITEMS)[:TARGETS] for _ in range(ROWS)]),
        torch.rand(ROWS, TARGETS),
    )


def plain(wanted, vectors, biases, targets, say):
    logarithms = torch.log_softmax(wanted @ vectors.T + biases, dim=1)
    return -(say * logarithms.gather(1, targets)).sum()


def fused(wanted, vectors, biases, targets, say):
    right = (wanted[:, None] * vectors[targets]).sum(2) + biases[targets]
    return cross_entropy(wanted, vectors, biases, right, hits=targets, say=say)


def gradients(loss, parts):
    for part in parts[:3]:
        part.grad = None
    loss(*parts).backward()
    return [part.grad.clone() for part in parts[:3]]


@pytest.mark.parametrize("scores_at_once", [1, 10_000, 1_000_000])
def test_the_fused_loss_and_its_gradients_are_those_of_the_plain_one(parts, monkeypatch, scores_at_once):
    monkeypatch.setattr(softmax, "quick_type", lambda device: torch.float32)
    monkeypatch.setattr(softmax, "AT_ONCE", scores_at_once)
    assert fused(*parts).item() == pytest.approx(plain(*parts).item(), rel=1e-5)
    for exact, found in zip(gradients(plain, parts), gradients(fused, parts), strict=True):
        assert torch.allclose(found, exact, atol=1e-4)


def test_in_bfloat16_the_gradients_differ_by_less_than_a_hundredth(parts, monkeypatch):
    monkeypatch.setattr(softmax, "quick_type", lambda device: torch.bfloat16)
    for exact, found in zip(gradients(plain, parts), gradients(fused, parts), strict=True):
        assert (found - exact).norm() < 0.01 * exact.norm()


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_targets_that_are_hopelessly_behind_leave_the_gradients_finite_and_pull_them_up(parts, monkeypatch, kind):
    monkeypatch.setattr(softmax, "quick_type", lambda device: kind)
    wanted, vectors, biases, targets, say = parts
    behind = biases.detach().clone()
    behind[targets[0]] = -500.0
    of_wanted, of_vectors, of_biases = gradients(fused, (wanted, vectors, behind.requires_grad_(), targets, say))
    assert all(torch.isfinite(one).all() for one in (of_wanted, of_vectors, of_biases))
    assert (of_biases[targets[0]] < 0).all()


def test_a_small_catalogue_is_compared_with_as_a_whole():
    candidates = Contrast(np.ones(ITEMS, np.int64), np.random.default_rng(0), CPU).draw()
    assert candidates.items is None
    assert candidates.places(torch.tensor([3, 5])).tolist() == [3, 5]


def test_the_loss_against_drawn_items_tends_to_that_against_all(parts, monkeypatch):
    monkeypatch.setattr(softmax, "FULL", 20)
    monkeypatch.setattr(softmax, "DRAWS", 400)
    wanted, vectors, biases, targets, say = (part.detach() for part in parts)
    counts = np.random.default_rng(1).integers(1, 50, ITEMS)
    contrast, losses = Contrast(counts, np.random.default_rng(0), CPU), []
    for _ in range(300):
        candidates = contrast.draw()
        scores = biases[candidates.items] - candidates.corrections
        right = (wanted[:, None] * vectors[targets]).sum(2) + biases[targets]
        hits = candidates.places(targets)
        losses.append(cross_entropy(wanted, vectors[candidates.items], scores, right, hits=hits, say=say).item())
    assert np.mean(losses) == pytest.approx(plain(*parts).item(), rel=0.03)


def test_targets_are_found_among_the_drawn_items_and_frequent_ones_are_drawn_more_often(monkeypatch):
    monkeypatch.setattr(softmax, "FULL", 20)
    monkeypatch.setattr(softmax, "DRAWS", 15)
    contrast, drawn = Contrast(np.arange(ITEMS), np.random.default_rng(0), CPU), np.zeros(ITEMS)
    for _ in range(200):
        candidates = contrast.draw()
        places = candidates.places(torch.arange(ITEMS))
        missing = len(candidates.items)
        assert all(candidates.items[place] == item for item, place in enumerate(places) if place < missing)
        assert (places < missing).sum() == missing
        drawn[candidates.items] += 1
    assert drawn[-ITEMS // 4 :].sum() > 2 * drawn[: ITEMS // 4].sum() > 0
