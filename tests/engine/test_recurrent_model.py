"""The network as it is served: numpy only."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from personalize_local.engine import recipes
from personalize_local.engine.features import Vocabulary
from personalize_local.engine.hrnn import Events, Hrnn
from personalize_local.engine.linear import Linear
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Event, User
from personalize_local.engine.recurrent_model import PROFILES, SHORTLIST_FROM, Known, RecurrentModel
from personalize_local.engine.sessions import buckets, gaps_before, opens_session

ITEMS = [f"item{number}" for number in range(12)]
TIMES = np.array([100.0, 160.0, 100_000.0, 100_003.0])
HISTORY = [Event(item, time) for item, time in zip(["item3", "item1", "item4", "item1"], TIMES.tolist(), strict=True)]


def known(numbers, times, **more):
    nothing = np.zeros((len(numbers), 1), np.int64)
    return Known(np.array(numbers), nothing[:, 0], np.array(times), nothing[:, :0], **more)


def parameters_of(network):
    """A network's parameters as they are served."""
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    return state | {"bias": state.pop("bias.weight")[:, 0]}


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = Hrnn(len(ITEMS), 32, types=2, contexts=5).eval()
    for at_first_zero in (network.asked, network.bias, network.contexts, network.asked_contexts):
        torch.nn.init.normal_(at_first_zero.weight)
    with torch.no_grad():
        network.contexts.weight[0] = network.asked_contexts.weight[0] = 0  # of no feature, as it stays in a training
    return network


@pytest.fixture
def model(network):
    items = np.arange(0, 12, 2)
    weights = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float16)
    counts = np.arange(12, dtype=np.float32)
    return RecurrentModel(
        ITEMS,
        parameters_of(network),
        counts,
        Linear(items, weights),
        linear_share=0.25,
        type_names=["buy", "view"],
        contexts=Vocabulary({"DEVICE": ["phone", "tv"], "HOUR": [8.0]}),
    )


def test_numpy_computes_what_torch_learned(network, model):
    types, of_events = (None, "view", "buy", None), ({"DEVICE": "phone", "HOUR": 3}, {}, {"DEVICE": "tv"}, {"HOUR": 3})
    history = [
        event._replace(event_type=kind, context=context)
        for event, kind, context in zip(HISTORY, types, of_events, strict=True)
    ]
    gaps, contexts = gaps_before(TIMES), np.array([[1, 3], [0, 0], [2, 0], [3, 0]])
    columns = (np.array([3, 1, 4, 1]), np.array([0, 2, 1, 0]), buckets(gaps), opens_session(gaps), contexts)
    asked = (buckets(np.full(4, 63)), np.full((4, 2), [2, 4]))
    events = Events(torch.zeros(1, dtype=torch.int64), *(torch.from_numpy(one)[None] for one in (*columns, *asked)))
    with torch.no_grad():
        expected = torch.softmax(network.vectors() @ network(events)[0, -1] + network.bias.weight[:, 0], 0).numpy()
    model.linear_share = 0.0
    asks = User(history, None, {"DEVICE": "tv", "HOUR": "9.5"})
    assert model.preferences([asks], TIMES[-1] + 63)[0].of(np.arange(12)) == pytest.approx(expected, abs=1e-6)


def test_types_of_events_and_the_moment_of_the_request_change_the_answer(model):
    usual = model.scores(HISTORY, now=TIMES[-1])
    assert not np.allclose(model.scores(HISTORY, now=TIMES[-1] + 10_000), usual)
    assert not np.allclose(model.scores([event._replace(event_type="buy") for event in HISTORY], TIMES[-1]), usual)
    unheard_of = [event._replace(event_type="never met") for event in HISTORY]
    assert np.array_equal(model.scores(unheard_of, TIMES[-1]), usual)


def test_a_profile_speaks_for_users_with_and_without_events(network, model):
    vectors = {PROFILES: np.random.default_rng(0).normal(size=(3, 32)).astype(np.float32)}
    told = RecurrentModel(
        ITEMS, model.network | vectors, model.counts, model.linear, profiles=Vocabulary({"SIZE": ["big", "small"]})
    )
    for history in (HISTORY, []):
        small, big, none = (
            told.scores(history, 0.0, profile) for profile in ({"SIZE": "small"}, {"SIZE": "big"}, None)
        )
        assert not np.allclose(small, big)
        assert np.array_equal(none, told.scores(history, 0.0, {}))


def test_a_context_speaks_for_users_with_and_without_events_and_one_that_nobody_met_says_nothing(model, tmp_path):
    model.save(tmp_path / "model")
    for history in (HISTORY, []):
        contexts = ({"DEVICE": "tv"}, {"DEVICE": "phone"}, None, {"DEVICE": "watch", "HOUR": "late"})
        users = [User(history, None, context) for context in contexts]
        tv, phone, none, unheard_of = (one.of(np.arange(12)) for one in model.preferences(users, 2e5))
        assert not np.allclose(tv, phone)
        assert not np.allclose(tv, none)
        assert unheard_of == pytest.approx(none)
        restored = recipes.load(tmp_path / "model").preferences(users[:1], 2e5)[0].of(np.arange(12))
        assert restored == pytest.approx(tv)


def test_going_on_from_a_known_state_is_the_same_as_reading_all_anew(model, tmp_path):
    model.save(tmp_path / "model")
    rng = np.random.default_rng(0)
    numbers, times = rng.integers(0, 12, 350), np.cumsum(rng.integers(1, 5_000, 350)).astype(float)
    for length in [*range(1, 350, 7), 350]:
        fresh = recipes.load(tmp_path / "model")
        expected, _ = fresh.parts(known(numbers[:length], times[:length]))
        going_on, _ = model.parts(known(numbers[:length], times[:length]))
        assert going_on == pytest.approx(expected, abs=1e-5)


def test_scores_are_probabilities(model):
    scores = model.scores(HISTORY, now=200_000.0)
    assert scores.shape == (12,)
    assert scores.min() > 0
    assert scores.sum() == pytest.approx(1, abs=1e-5)


def test_the_order_in_which_a_history_is_given_does_not_matter(model):
    assert np.array_equal(model.scores(HISTORY[::-1], now=0.0), model.scores(HISTORY, now=0.0))


def test_unknown_items_are_ignored(model):
    unknown = [Event("gone", 130.0), *HISTORY, Event("never", 200_000.0)]
    assert np.array_equal(model.scores(unknown, now=0.0), model.scores(HISTORY, now=0.0))


@pytest.mark.parametrize("history", [[], [Event("gone", 1.0)]])
def test_a_user_without_a_known_event_gets_popular_items(model, history):
    assert np.argsort(-model.scores(history, now=0.0)).tolist() == list(range(11, -1, -1))


def test_a_saved_model_answers_the_same_in_an_interpreter_without_torch(model, tmp_path):
    model.save(tmp_path / "model")
    program = f"""
import json, pathlib, sys
from personalize_local.engine import recipes
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Event, User
model = recipes.load(pathlib.Path({str(tmp_path / "model")!r}))
scores = model.scores([Event(*event) for event in {[tuple(event) for event in HISTORY]!r}], 0.0)
print(json.dumps([list(model.item_ids), scores.tolist(), model.gives_scores, "torch" in sys.modules]))
"""
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    item_ids, scores, gives_scores, torch_is_loaded = json.loads(printed)
    assert item_ids == ITEMS
    assert scores == pytest.approx(model.scores(HISTORY, 0.0).tolist())
    assert gives_scores
    assert not torch_is_loaded


def test_saving_replaces_the_model_and_leaves_nothing_else(model, tmp_path):
    model.save(tmp_path / "model")
    model.linear_share = 0.5
    model.save(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert np.array_equal(recipes.load(tmp_path / "model").scores(HISTORY, 0.0), model.scores(HISTORY, 0.0))


def test_preferences_of_many_users_are_those_of_each(model, tmp_path):
    rng = np.random.default_rng(0)
    users = [User([]), User([Event("gone", 1.0)]), User(HISTORY)]
    for length in (1, 250, 3, 120):
        times = np.cumsum(rng.integers(1, 5_000, length)).tolist()
        users.append(User([Event(f"item{rng.integers(12)}", time) for time in times]))
    model.save(tmp_path / "model")
    fresh, places = recipes.load(tmp_path / "model"), np.arange(12)
    for _ in range(2):  # from nothing, and from the states that are known by then
        for user, liked in zip(users, fresh.preferences(users, now=0.0), strict=True):
            expected = model.scores(user.history, now=0.0)
            assert liked.of(places) == pytest.approx(expected, abs=1e-6)
            assert expected[liked.best(5)].tolist() == pytest.approx(sorted(expected)[:-6:-1], abs=1e-6)


@pytest.fixture(scope="module")
def large():
    """A model of a large catalogue, with a linear part, and histories of some users."""
    torch.manual_seed(0)
    rng, size = np.random.default_rng(0), SHORTLIST_FROM
    parameters = {name: value * 3 for name, value in parameters_of(Hrnn(size, 32)).items()}
    kinds = rng.normal(size=(30, 32))
    parameters["items.weight"] = (kinds[rng.integers(0, 30, size)] + 0.1 * rng.normal(size=(size, 32))).astype("f4")
    weights = rng.normal(size=(300, 300)).astype(np.float32)
    ids, items = [f"item{number}" for number in range(size)], np.arange(0, 3000, 10)
    model = RecurrentModel(ids, parameters, np.ones(size, np.float32), Linear(items, weights), linear_share=0.25)
    drawn = [(rng.integers(0, size, 30), np.cumsum(rng.integers(1, 5_000, 30)).astype(float)) for _ in range(60)]
    model.make_shortlist([known(*one) for one in drawn[:30]])
    return model, [User([Event(ids[item], time) for item, time in zip(*one, strict=True)]) for one in drawn[30:]]


def test_answers_from_a_large_catalogue_are_nearly_those_of_all_scores(large, tmp_path):
    model, users = large
    model.save(tmp_path / "model")
    restored = recipes.load(tmp_path / "model")
    assert restored.shortlist is not None
    recalls = []
    for user, liked in zip(users, restored.preferences(users, now=0.0), strict=True):
        scores, best = model.scores(user.history, now=0.0), liked.best(25)
        assert liked.of(best) == pytest.approx(scores[best], rel=0.03)
        recalls.append(np.isin(descending(scores, 25), best).mean())
    assert np.mean(recalls) >= 0.98


def test_small_catalogues_have_no_shortlist(model):
    model.make_shortlist([known([1], [1.0])])
    assert model.shortlist is None


def test_a_model_from_before_event_types_were_read_answers_as_it_did(network, tmp_path):
    torch.nn.init.zeros_(network.asked.weight)
    torch.nn.init.zeros_(network.types.weight)
    parameters, counts = parameters_of(network), np.arange(12, dtype=np.float32)
    items, weights = np.arange(0, 12, 2), np.random.default_rng(0).normal(size=(6, 6)).astype(np.float16)
    expected = RecurrentModel(ITEMS, parameters, counts, Linear(items, weights), linear_share=0.25)
    then = {f"network.{name}": parameters[name] for name in parameters.keys() - {"asked.weight", "types.weight"}}
    then |= {"counts": counts, "ease.items": items, "ease.weights": weights}
    np.savez(tmp_path / "model.npz", **then)
    (tmp_path / "model.json").write_text(json.dumps({"recipe": "aws-hrnn", "item_ids": ITEMS, "ease_share": 0.25}))
    events = [event._replace(event_type="buy") for event in HISTORY]
    assert recipes.load(tmp_path).scores(events, 2e5) == pytest.approx(expected.scores(events, 2e5), abs=1e-6)
