"""The training loop."""

import dataclasses

import numpy as np
import pytest
import torch

from personalize_local.engine import training
from personalize_local.engine.errors import TooLittleData
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event
from personalize_local.engine.run import Run
from personalize_local.engine.training import Settings, fit, softmax_loss, train_network

SETTINGS = Settings(hidden_dimension=32, bptt=32, recency_mask=True)


def test_a_tiny_log_is_learned_by_heart(log_of):
    torch.manual_seed(0)
    sequences = ["abcde", "vbcwx"]  # what comes after b and c, the first item tells
    histories = Histories.of(log_of(sequences))
    network = train_network(histories, SETTINGS, np.random.default_rng(0))
    for sequence in sequences:
        items = torch.tensor([[histories.item_ids.index(item) for item in sequence]])
        gaps = torch.tensor([[0] + [6] * (len(sequence) - 1)])
        starts = torch.tensor([[1] + [0] * (len(sequence) - 1)])
        best = network.logits(network(items, gaps, starts)[0]).argmax(1)
        assert best[:-1].tolist() == items[0, 1:].tolist()


def test_one_seed_gives_one_model_and_another_seed_another(log_of):
    histories = Histories.of(log_of(["abcdefgh", "hgfedcba", "acegbdfh"] * 5))
    first, again, other = (fit(histories, SETTINGS, Run(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(array, again.network[name]) for name, array in first.network.items())
    assert not np.array_equal(first.network["items.weight"], other.network["items.weight"])


def test_training_leaves_the_random_numbers_and_threads_of_others_alone(log_of):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(Histories.of(log_of(["abcdefgh"] * 5)), SETTINGS, Run(threads=2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == 1


def test_progress_grows_and_names_updates_and_loss(log_of):
    told = []
    fit(Histories.of(log_of(["abcdefgh"] * 5)), SETTINGS, Run(progress=lambda *report: told.append(report)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[1][1].startswith("update 20/200, loss ")


def test_the_loss_against_drawn_items_tends_to_that_against_all(monkeypatch):
    torch.manual_seed(0)
    network = training.Hrnn(60, 32)
    with torch.no_grad():
        network.items.weight.mul_(10)
    wanted, targets, drawn = torch.randn(20, 32), torch.randint(60, (20,)), torch.full((60,), 1 / 60)
    exact = softmax_loss(network, wanted, targets, drawn).mean().item()
    monkeypatch.setattr(training, "FULL_SOFTMAX_ITEMS", 10)
    monkeypatch.setattr(training, "NEGATIVES", 50_000)
    assert softmax_loss(network, wanted, targets, drawn).mean().item() == pytest.approx(exact, rel=0.02)


def test_with_the_recency_mask_newer_events_weigh_more(log_of):
    weights = training.recency(Histories.of(log_of(["abcd"])))
    assert weights.tolist() == [0.5, 0.75, 1.0, 1.25]


def test_users_with_histories_outside_the_percentiles_teach_nothing(log_of):
    histories = Histories.of(log_of(["a" * length for length in range(1, 11)]))
    settings = Settings(32, 32, True, min_user_history_length_percentile=0.2, max_user_history_length_percentile=0.8)
    assert settings.usable(histories).lengths.tolist() == [3, 4, 5, 6, 7, 8]


def test_percentiles_that_leave_nobody_are_refused(log_of):
    histories = Histories.of(log_of(["a" * length for length in range(1, 11)]))
    settings = Settings(32, 32, True, min_user_history_length_percentile=0.9, max_user_history_length_percentile=0.1)
    with pytest.raises(TooLittleData, match=r"between the user history length percentiles 0.9 and 0.1"):
        settings.usable(histories)


def test_the_learning_rate_warms_up_then_falls():
    rates = [training.rate(done) for done in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert rates[0] < rates[1] < rates[2] > rates[3] > rates[4] > 0


def test_events_of_more_weight_teach_more(log_of):
    """After "start" as many users take "left" as "right"; what is heavier is what the network expects."""
    sequences = [["start", "left" if user % 2 else "right"] * 6 for user in range(60)]
    log = log_of(sequences)
    for heavy in ("left", "right"):
        weights = np.where(log.items == heavy, 1.9, np.where(log.items == "start", 1.0, 0.1)).astype(np.float32)
        model = fit(Histories.of(dataclasses.replace(log, weights=weights)), Settings(32, 8, False), Run())
        scores = dict(
            zip(model.item_ids, model.scores([Event("start", 1_500_000_000.0)], 1_500_000_060.0), strict=True)
        )
        assert max(scores, key=scores.get) == heavy
