"""How a recurrent model is made: the network and the linear part learn, then users held out say what each is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from personalize_local.engine.blending import blend
from personalize_local.engine.coldstart import ColdStart, expected
from personalize_local.engine.content import Choice, Content
from personalize_local.engine.errors import TooLittleData
from personalize_local.engine.features import Features
from personalize_local.engine.histories import Histories
from personalize_local.engine.hrnn import Hrnn
from personalize_local.engine.learning import former_of, reproducible, train_network
from personalize_local.engine.linear import Linear
from personalize_local.engine.log import Floats, Integers
from personalize_local.engine.metrics import ndcg
from personalize_local.engine.offline import ranking, requests, some_events, split
from personalize_local.engine.recurrent_model import PROFILES, RecurrentModel
from personalize_local.engine.run import Run

HELD_OUT_USERS, MOST_HELD_OUT = 0.05, 300  # they choose the share of the linear part, from SHARES
SHORTLIST_USERS = 64  # of them, try what finds the best items of a large catalogue
MOST_JUDGED = 10_000_000  # scores of all held-out users together: of a large catalogue, fewer users judge
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75)
TENTHS_BACK = (1, 2, 3, 4, 5)  # where their histories are cut; as many single events are asked for
HIDDEN_ITEMS, MOST_HIDDEN = 0.1, 500  # known items that are treated as if they were cold
FEWEST_TO_HIDE = 5  # interactions of such an item
SERVED = {f"{name}.weight" for name in ("types", "gaps", "starts", "contexts", "asked", "asked_contexts")}


@dataclass(frozen=True)
class Settings:
    """The hyperparameters and the featurization of the recipe.

    Args:
        hidden_dimension: Length of the items' vectors and of the GRU's state.
        bptt: Through how many events errors are propagated back: the length of a window.
        recency_mask: Whether recent events weigh more.
        min_user_history_length_percentile, max_user_history_length_percentile: Users whose history is shorter or longer
            than those of this share of the users teach nothing.
        reads_metadata: Whether items are known by what the catalogue says of them, too.
        cold_start: Which items are known by that alone. Default: those without interactions.
    """

    hidden_dimension: int
    bptt: int
    recency_mask: bool
    min_user_history_length_percentile: float = 0.0
    max_user_history_length_percentile: float = 0.99
    reads_metadata: bool = False
    cold_start: ColdStart | None = None

    def usable(self, histories: Histories) -> Histories:
        """The histories within the percentiles.

        Raises:
            TooLittleData: They leave less than one user to learn from and one to hold out.
        """
        bounds = [self.min_user_history_length_percentile, self.max_user_history_length_percentile]
        low, high = np.quantile(histories.lengths, bounds)
        users = np.flatnonzero((histories.lengths >= low) & (histories.lengths <= high))
        if np.count_nonzero(histories.lengths[users] >= 2) < 2:
            raise TooLittleData(
                "Dataset has fewer than 2 users with at least 2 interactions each "
                f"between the user history length percentiles {bounds[0]} and {bounds[1]}."
            )
        return histories.of_users(users)


def fit(histories: Histories, settings: Settings, run: Run) -> RecurrentModel:
    """Train a network and its linear part. The same seed and number of threads give the same model.

    A model that goes on from a former one keeps the share of its linear part: the users held out may have taught it.
    """
    rng = np.random.default_rng(run.seed)
    usable = settings.usable(histories)
    most = min(MOST_HELD_OUT, max(SHORTLIST_USERS, MOST_JUDGED // len(histories.item_ids)))
    held_out, train = split(usable, min(HELD_OUT_USERS, most / len(usable)), rng)
    former = former_of(run, settings.hidden_dimension)
    with reproducible(run):
        network = train_network(
            train,
            rng,
            run,
            width=settings.hidden_dimension,
            window=settings.bptt,
            recent_more=settings.recency_mask,
            catalogue_too=settings.reads_metadata,
        )
    run.progress(0.8, "fitting the linear part")
    linear = Linear.fit(train, rng)
    model = _model(network, train, histories, settings, linear)
    run.progress(0.9, "weighing the linear part")
    repeats = histories.repeats_items()
    model.linear_share = former.linear_share if former else best_share(model, held_out, rng, repeats=repeats)
    if model.content:
        model.content = as_if_cold(model, network, held_out, train, rng)
    some = range(min(len(held_out), SHORTLIST_USERS))
    model.make_shortlist([model.of_histories(held_out, held_out.rows(user), user) for user in some])
    return model


def _model(network: Hrnn, train: Histories, histories: Histories, settings: Settings, linear: Linear) -> RecurrentModel:
    """What is served of a network."""
    counts = np.bincount(histories.items, minlength=len(histories.item_ids))
    learned = np.bincount(train.items, minlength=len(counts))
    cold = settings.cold_start.items(histories, learned) if settings.cold_start else learned == 0
    state = network.state_dict()
    parameters = {
        name: one.numpy() for name, one in state.items() if name in SERVED or name.startswith(("gru.", "out."))
    }
    parameters |= {"items.weight": whole_vectors(network, cold), "bias": state["bias.weight"][:, 0].numpy()}
    if network.profiles:
        parameters[PROFILES] = state[PROFILES].numpy()
    content = None
    if settings.cold_start and network.told and cold.any() and not cold.all():
        features = network.told.features
        parameters["bias"] = expected(parameters["bias"], cold, features)
        content = _content(features, cold, learned)
    return RecurrentModel(
        histories.item_ids,
        parameters,
        counts.astype(np.float32),
        linear,
        type_names=histories.type_names,
        profiles=network.profiles.features.vocabulary if network.profiles else None,
        contexts=histories.contexts.vocabulary if histories.contexts else None,
        content=content,
    )


def _content(features: Features, cold: NDArray[np.bool_], counts: Integers) -> Content:
    popularity = expected(np.log(counts + 0.5).astype(np.float32), cold, features)
    return Content.of(features, np.flatnonzero(cold), popularity[cold])


def as_if_cold(model: RecurrentModel, network: Hrnn, histories: Histories, train: Histories, rng: Generator) -> Content:
    """What puts cold items in order, with what it learns from some known items that are treated as if they were cold.

    Of each user, what came before the middle of the history tells, and what came after it is to be told.
    """
    assert model.content is not None
    assert network.told is not None
    counts = np.bincount(train.items, minlength=len(train.item_ids))
    known = np.setdiff1d(np.flatnonzero(counts >= FEWEST_TO_HIDE), model.content.cold)
    hidden = np.zeros(len(counts), dtype=bool)
    hidden[rng.choice(known, min(MOST_HIDDEN, round(HIDDEN_ITEMS * len(known))), replace=False)] = True
    unknown = hidden.copy()
    unknown[model.content.cold] = True
    content = _content(network.told.features, unknown, counts)
    content = replace(content, cold=np.flatnonzero(hidden), popularity=content.popularity[hidden[unknown]])
    with torch.no_grad():
        vectors = network.told(torch.from_numpy(content.cold)).numpy()  # (C, d)
    place, choices = np.cumsum(hidden) - 1, list[Choice]()
    for user in range(len(histories)):
        items = histories.items[histories.rows(user)]
        before = np.flatnonzero(~unknown[items[: len(items) // 2]])
        after = np.unique(items[len(items) // 2 :])
        taken = place[after[hidden[after]]]
        if len(before) and len(taken):
            whole = model.of_histories(histories, histories.rows(user), user)
            past = whole.some(before)
            choices.append(Choice(past.numbers, vectors @ model.wanted(past), taken))
    return replace(model.content, say=content.learned(choices).say)


def whole_vectors(network: Hrnn, cold: NDArray[np.bool_]) -> Floats:
    """The items' vectors as answers need them; of cold ones, what their features say. Shapes: (N,) -> (N, d)."""
    with torch.no_grad():
        items = torch.arange(len(cold))
        vectors = network.vectors(items)
        if network.told:
            vectors[cold] = network.told(items[cold])
    whole: Floats = vectors.numpy()
    return whole


def best_share(model: RecurrentModel, histories: Histories, rng: Generator, *, repeats: bool) -> float:
    """The share of the linear part with the best lists for users held out.

    They are asked at several times of their histories as the service does; where lists may repeat items, as in
    sessions, for single events. Of the shares that are not told apart from the best, by one standard error, it is the
    least (Breiman et al. 1984, 3.4.3).
    """
    if repeats:
        asked = some_events(histories, len(TENTHS_BACK) * len(histories), rng)
    else:
        asked = chain.from_iterable(requests(histories, tenths_back) for tenths_back in TENTHS_BACK)
    rows = list[list[float]]()
    for past, truth, _, user in asked:
        recurrent, linear = model.parts(model.of_histories(histories, past, user))
        seen = None if repeats else histories.items[past]
        lists = [ranking(blend(recurrent, linear, share), seen) for share in SHARES]
        rows.append([ndcg(np.isin(items, truth), len(truth)) for items in lists])
    if not rows:
        return SHARES[0]
    gains = np.array(rows)  # (R, S)
    behind = gains[:, [gains.mean(0).argmax()]] - gains
    within = behind.mean(0) <= behind.std(0) / np.sqrt(len(gains))
    return SHARES[int(within.argmax())]
