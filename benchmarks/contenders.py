"""Who takes part: the engine's recipes through what they offer everybody, and the peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np
from peers.als import als
from peers.content import content
from peers.counting import item_knn, popularity
from peers.gru4rec import gru4rec
from peers.linear import ease
from peers.networks import Budget
from peers.peer import Fit
from peers.sasrec import sasrec

from personalize_local.engine import recipes
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Event, Floats, Profile
from personalize_local.engine.model import Ranker
from personalize_local.engine.recurrent_model import RecurrentModel
from personalize_local.engine.run import Run

OURS = {
    "hrnn": "aws-hrnn",
    "hrnn-metadata": "aws-hrnn-metadata",
    "hrnn-coldstart": "aws-hrnn-coldstart",
}
UNTIMED = "hrnn without sessions"
STEP = 60  # seconds between events whose times are to say nothing


def fit_of(name: str, budget: Budget, hyperparameters: Mapping[str, str]) -> Fit:
    """How a contender is fitted."""
    peers: dict[str, Fit] = {
        "popularity": popularity,
        "item-kNN": item_knn,
        "ALS": als,
        "EASE": ease,
        "content": content,
        "GRU4Rec": partial(gru4rec, budget=budget),
        "SASRec": partial(sasrec, budget=budget),
    }
    if name == UNTIMED:
        return partial(_untimed, hyperparameters=hyperparameters)
    return peers.get(name) or partial(_recipe, name=name, hyperparameters=hyperparameters)


def _recipe(histories: Histories, seed: int, name: str, hyperparameters: Mapping[str, str]) -> Mapping[str, Ranker]:
    """A recipe as a solution version is trained; the rest is the same for everybody."""
    values = recipes.values_of(OURS[name], hyperparameters, {})
    model = recipes.RECIPES[OURS[name]].fit(histories, values, Run(seed))
    return {name: model} | (_parts(model) if name == "hrnn" and isinstance(model, RecurrentModel) else {})


def _parts(model: RecurrentModel) -> Mapping[str, Ranker]:
    """What the two parts of the model are worth, each alone."""
    network = copy(model)
    network.linear_share = 0.0
    return {"  its network alone": network, "  its linear part alone": _LinearPart(model)}


class _LinearPart:
    """The linear part of a model, without the network."""

    def __init__(self, model: RecurrentModel) -> None:
        self.item_ids = model.item_ids
        self._linear = model.linear

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        numbers = np.array([self.item_ids.index(event.item_id) for event in history], np.int64)
        return self._linear.scores(numbers, len(self.item_ids))


def _untimed(histories: Histories, seed: int, hyperparameters: Mapping[str, str]) -> Mapping[str, Ranker]:
    """The same network on the same events, of which all follow one another at the same pace: no session, no gap."""
    place = np.arange(len(histories.items)) - np.repeat(histories.starts[:-1], histories.lengths)
    first = np.repeat(histories.times[histories.starts[:-1]], histories.lengths)
    even = replace(histories, times=first + STEP * place)
    return {UNTIMED: _Untimed(_recipe(even, seed, "hrnn", hyperparameters)["hrnn"])}


class _Untimed:
    """A model that is asked with events at the same pace, too."""

    def __init__(self, model: Ranker) -> None:
        self.item_ids = model.item_ids
        self._model = model

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        start = history[0].timestamp
        events = [event._replace(timestamp=start + STEP * place) for place, event in enumerate(history)]
        return self._model.scores(events, events[-1].timestamp)
