"""The training loop."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from personalize_local.engine import learning, softmax
from personalize_local.engine.errors import TooLittleData
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event, Log, User
from personalize_local.engine.run import Run
from personalize_local.engine.training import Settings, fit

SETTINGS = Settings(hidden_dimension=32, bptt=32, recency_mask=True)
QUICK = Run(passes=5)


def test_a_tiny_log_is_learned_by_heart(log_of):
    sequences = ["abcde", "vbcwx"]  # what comes after b and c, the first item tells
    model = fit(Histories.of(log_of(sequences * 4)), SETTINGS, QUICK)
    model.linear_share = 0.0
    for sequence in sequences:
        for length in range(1, len(sequence)):
            history = [Event(item, 1_500_000_000.0 + 60 * place) for place, item in enumerate(sequence[:length])]
            best = model.item_ids[int(model.scores(history, history[-1].timestamp).argmax())]
            assert best == sequence[length]


def test_one_seed_gives_one_model_and_another_seed_another(log_of):
    histories = Histories.of(log_of(["abcdefgh", "hgfedcba", "acegbdfh"] * 5))
    first, again, other = (fit(histories, SETTINGS, Run(seed, passes=1)) for seed in (1, 1, 2))
    assert all(np.array_equal(array, again.network[name]) for name, array in first.network.items())
    assert not np.array_equal(first.network["items.weight"], other.network["items.weight"])


def test_training_leaves_the_random_numbers_and_threads_of_others_alone(log_of, monkeypatch):
    monkeypatch.setattr(learning, "FEWEST_UPDATES", 20)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(Histories.of(log_of(["abcdefgh"] * 5)), SETTINGS, Run(threads=2, passes=1))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == 1


def test_progress_grows_and_names_updates_and_loss(log_of):
    told = []
    fit(Histories.of(log_of(["abcdefgh"] * 5)), SETTINGS, Run(passes=3, progress=lambda *report: told.append(report)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert re.fullmatch(r"update 20/150, loss [\d.]+, \d+ s left", told[1][1])


def test_with_the_recency_mask_newer_events_weigh_more(log_of):
    histories = Histories.of(log_of(["abcd"]))
    assert learning.weights(histories, recent_more=True).tolist() == [0.5, 0.75, 1.0, 1.25]
    assert learning.weights(histories, recent_more=False).tolist() == [1.0] * 4


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
    rates = [learning.rate(done) for done in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert rates[0] < rates[1] < rates[2] > rates[3] > rates[4] > 0


def test_events_of_more_weight_teach_more(log_of):
    """After "start" as many users take "left" as "right"; what is heavier is what the network expects."""
    sequences = [["start", "left" if user % 2 else "right"] * 6 for user in range(60)]
    log = log_of(sequences)
    for heavy in ("left", "right"):
        weights = np.where(log.items == heavy, 1.9, np.where(log.items == "start", 1.0, 0.1)).astype(np.float32)
        model = fit(Histories.of(dataclasses.replace(log, weights=weights)), Settings(32, 8, False), QUICK)
        scores = dict(
            zip(model.item_ids, model.scores([Event("start", 1_500_000_000.0)], 1_500_000_060.0), strict=True)
        )
        assert max(scores, key=scores.get) == heavy


def test_the_work_follows_the_catalogue_and_not_the_log():
    work = [learning.number_of_updates(2000, events) for events in (100_000, 1_000_000, 10_000_000)]
    assert work[0] == work[1] == work[2]
    assert learning.number_of_updates(3000, 1_000_000) > work[0] > learning.number_of_updates(300, 1_000_000)
    assert learning.number_of_updates(10_000_000, 1_000_000_000) == learning.MOST_UPDATES
    assert learning.number_of_updates(10_000_000, 100) == learning.FEWEST_UPDATES


@pytest.mark.parametrize("dense", [20, 40])
def test_a_large_catalogue_is_learned_from_draws(chain_log, monkeypatch, dense):
    """Here it has 40 items; vectors of those that an update does not meet stay, or move on."""
    monkeypatch.setattr(softmax, "FULL", 20)
    monkeypatch.setattr(softmax, "DRAWS", 30)
    monkeypatch.setattr(learning, "DENSE", dense)
    model = fit(Histories.of(chain_log), SETTINGS, Run(passes=8))
    model.linear_share = 0.0
    right = 0
    for item in range(40):
        scores = model.scores([Event(f"item{item}", 1_500_000_000.0)], 0.0)
        right += model.item_ids[int(scores.argmax())] == f"item{(7 * item + 3) % 40}"
    assert right >= 38


def test_an_update_goes_on_from_a_former_model_and_learns_what_is_new(log_of):
    former = fit(Histories.of(log_of(["abcd"] * 40)), SETTINGS, Run())
    histories = Histories.of(log_of(["abcd"] * 40 + ["wxyz"] * 40))
    updated = fit(histories, SETTINGS, Run(former=former))
    known, new = ([Event(item, 1_500_000_000.0)] for item in "aw")
    assert updated.item_ids[int(updated.scores(known, 0.0).argmax())] == "b"
    assert updated.item_ids[int(updated.scores(new, 0.0).argmax())] == "x"


def test_an_update_takes_a_fifth_of_the_work(log_of):
    histories, texts = Histories.of(log_of(["abcdefgh"] * 5)), []
    former = fit(histories, SETTINGS, Run())
    fit(histories, SETTINGS, Run(former=former, progress=lambda share, text: texts.append(text)))
    assert texts[0].startswith("update 0/120,")


def test_a_session_start_matters_where_users_have_two_interests():
    """Each session is about one of a user's two interests, in turn; at the start of one, the other one is due."""
    rng = np.random.default_rng(0)
    users, items, times = [], [], []
    for user in range(150):
        interests, time = rng.choice(6, 2, replace=False), 1_500_000_000
        for session in range(8):
            time += 86_400
            for _ in range(rng.integers(2, 7)):
                users.append(f"u{user}")
                items.append(f"i{5 * interests[session % 2] + rng.integers(5):02}")
                times.append(time := time + 60)
    log = Log(np.array(users, object), np.array(items, object), np.array(times, np.int64))
    model = fit(Histories.of(log), Settings(32, 32, False), Run())
    model.linear_share = 0.0
    same = other = 0
    for user in range(150):
        mine = np.flatnonzero(log.users == f"u{user}")
        history = [Event(log.items[place], float(log.timestamps[place])) for place in mine]
        interests = [int(event.item_id[1:]) // 5 for event in history]
        last, before = interests[-1], next(one for one in reversed(interests) if one != interests[-1])
        for now, wanted in ((history[-1].timestamp + 60, last), (history[-1].timestamp + 86_400, before)):
            best = int(model.item_ids[int(model.scores(history, now).argmax())][1:]) // 5
            same, other = same + (wanted == last == best), other + (wanted == before == best)
    assert same > 0.8 * 150
    assert other > 0.5 * 150


def test_what_a_user_takes_may_hang_on_the_context():
    """Each user has one topic on the television and another one on the phone."""
    rng = np.random.default_rng(0)
    users, devices = np.repeat(np.arange(200), 30), np.array(["tv", "phone"], object)
    topics, on = np.argsort(rng.random((200, 6)), axis=1)[:, :2], rng.integers(0, 2, len(users))
    items = 5 * topics[users, on] + rng.integers(0, 5, len(users))
    names = np.array([f"u{user}" for user in users], object), np.array([f"i{item:02}" for item in items], object)
    log = Log(*names, 1_500_000_000 + 86_400 * np.arange(len(users)), contexts={"DEVICE": devices[on]})
    histories = Histories.of(log)
    model = fit(histories, SETTINGS, Run())
    model.linear_share = 0.0
    right, asked = 0, [(user, device) for user in range(len(histories)) for device in (0, 1)]
    for user, device in asked:
        request = User(list(histories.events(histories.rows(user))), None, {"DEVICE": devices[device]})
        best = model.item_ids[model.preferences([request], 0.0)[0].best(1)[0]]
        mine = topics[int(histories.user_ids[user][1:])]
        right += int(best[1:]) // 5 == mine[device]
    assert right > 0.9 * len(asked)


def test_where_lists_may_repeat_the_share_of_the_linear_part_is_chosen_by_single_events():
    """What follows is the item before the last one; a linear sum of both says nothing about which of them it was."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(80), 30)
    items = np.array([[*pair] * 15 for pair in (rng.choice(20, 2, replace=False) for _ in range(80))]).ravel()
    names = np.array([f"u{user}" for user in users], object), np.array([f"i{item:02}" for item in items], object)
    model = fit(Histories.of(Log(*names, 1_500_000_000 + 60 * np.arange(len(users)))), SETTINGS, QUICK)
    history = [Event(item, 1_500_000_000.0 + place) for place, item in enumerate(["i03", "i07"] * 5)]
    assert model.item_ids[int(model.scores(history, 0.0).argmax())] == "i03"


def test_a_training_on_a_gpu_keeps_all_its_tensors_there_and_comes_to_the_same():
    subprocess.run([sys.executable, Path(__file__).with_name("pretended_gpu.py")], check=True)


def test_a_process_that_trains_does_not_load_torchs_compiler():
    program = """
import sys
import numpy as np
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Log
from personalize_local.engine.run import Run
from personalize_local.engine.training import Settings, fit

log = Log(np.repeat(np.array(["ann", "bob"], object), 4), np.array(list("abcdabdc"), object), np.arange(8))
model = fit(Histories.of(log), Settings(hidden_dimension=8, bptt=8, recency_mask=True), Run(passes=1))
print(model.width, "torch._dynamo" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["8", "False"]
