"""The recipes that can be trained: a table, and the story of a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.random import Generator

from personalize_local.engine import affinity, files, next_action, parameters, semantic, sims, trending
from personalize_local.engine.errors import TooLittleData, TooManyEventTypes, UnknownRecipe, UnreadableModel
from personalize_local.engine.histories import Histories, numbered
from personalize_local.engine.hyperparameters import parse
from personalize_local.engine.log import Catalogue, Log
from personalize_local.engine.metrics import below
from personalize_local.engine.model import Model
from personalize_local.engine.next_action import NextAction
from personalize_local.engine.objective import Objective, Rewarding
from personalize_local.engine.offline import evaluate, split, split_by_id
from personalize_local.engine.popularity import PopularityCount
from personalize_local.engine.recurrent_model import RecurrentModel
from personalize_local.engine.run import MOST_PASSES, Progress, Run, unheard
from personalize_local.engine.similar_items import SimilarItems
from personalize_local.engine.sims import Sims

__all__ = ["RECIPES", "Model", "Recipe", "Trained", "load", "train"]

FEWEST_INTERACTIONS, FEWEST_USERS, FEWEST_USERS_SHARE = 1000, 25, 0.01
MOST_EVENT_TYPES = 10
TEST_USERS = 0.1
MOST_TESTED = 1000  # of the test users: with more, a mean hardly changes, but a large log takes longer
ARN = "arn:aws:personalize:::"

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """A recipe that can be trained.

    Args:
        fit: Trains on histories with the values of hyperparameters and featurization.
        refit: Whether what is served has seen the test users too: where fitting twice costs nothing.
        evaluate: Tests it by a split of its own, in place of the usual one over users; tells its metrics and the floor.
        more: Metrics of its own beside the usual ones, and their floor.
        read: Learns from the catalogue instead; then there need be no interactions.
    """

    name: str
    model: type[PopularityCount] | type[RecurrentModel] | type[Sims] | type[SimilarItems] | type[NextAction]
    fit: Callable[[Histories, Values, Run], Model]
    refit: bool = False
    evaluate: Callable[[Histories, Values, Generator], tuple[dict[str, float], dict[str, float]]] | None = None
    more: Callable[[Histories, Values], tuple[dict[str, float], dict[str, float]]] | None = None
    read: Callable[[Log, Catalogue, Values, int], Trained] | None = None


@dataclass(frozen=True)
class Trained:
    """A model, and what its offline test says.

    Args:
        metrics: The service's, by the service's names.
        floor: The same of what asks for no training, on the same test users: items, or users, by how active they are.
    """

    model: Model
    metrics: dict[str, float]
    floor: dict[str, float] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """What whoever decides on the model should know."""
        behind = below(self.metrics, self.floor).items()
        told = [f"{name} {found:.4f}, not {least:.4f}" for name, (found, least) in behind]
        return [f"popularity alone would do better: {'; '.join(told)}"] if told else []


def _fit_hrnn(histories: Histories, values: Values, run: Run) -> Model:
    from personalize_local.engine.training import Settings, fit  # noqa: PLC0415 - torch loads only where it trains

    return fit(histories, Settings(**values), run)


def _fit_metadata(histories: Histories, values: Values, run: Run) -> Model:
    return _fit_hrnn(histories, {**values, "reads_metadata": True}, run)


def _fit_coldstart(histories: Histories, values: Values, run: Run) -> Model:
    from personalize_local.engine.coldstart import ColdStart  # noqa: PLC0415 - for trainings alone

    usual = {name: value for name, value in values.items() if not name.startswith("cold_start_")}
    cold_start = ColdStart(
        values["cold_start_max_interactions"],
        values["cold_start_max_duration"],
        bool(values["cold_start_relative_from"]),
    )
    return _fit_hrnn(histories, {**usual, "reads_metadata": True, "cold_start": cold_start}, run)


def _fit_v2(histories: Histories, values: Values, run: Run) -> Model:
    return _fit_hrnn(histories, {"hidden_dimension": 64, "bptt": 32, "recency_mask": values["apply_recency_bias"]}, run)


def _fit_popularity(histories: Histories, values: Values, run: Run) -> Model:
    return PopularityCount.fit(histories)


def _fit_trending(histories: Histories, values: Values, run: Run) -> Model:
    return trending.fit(histories, values["trend_discovery_frequency"])


def _trends(histories: Histories, values: Values) -> tuple[dict[str, float], dict[str, float]]:
    return trending.evaluate(histories, values["trend_discovery_frequency"])


def _fit_sims(histories: Histories, values: Values, run: Run) -> Model:
    return Sims.fit(histories, sims.Settings(**values))


def _fit_similar(histories: Histories, values: Values, run: Run) -> Model:
    widths = values["item_id_hidden_dim"], values["item_metadata_hidden_dim"]
    return SimilarItems.fit(histories, *widths, values["popularity_discount_factor"])


def _fit_affinity(histories: Histories, values: Values, run: Run) -> Model:
    return affinity.fit(histories, values["hidden_dimension"])


def _segments(histories: Histories, values: Values, rng: Generator) -> tuple[dict[str, float], dict[str, float]]:
    return affinity.evaluate(histories, values["hidden_dimension"], rng)


def _fit_nothing(histories: Histories, values: Values, run: Run) -> Model:
    raise TooLittleData("There is no catalogue to learn from.")


def _fit_texts(histories: Histories, values: Values, run: Run) -> Model:
    if histories.catalogue is None:
        raise TooLittleData("There are no items with texts to learn from.")
    return semantic.fit(histories, histories.catalogue)


def _read_texts(log: Log, catalogue: Catalogue, values: Values, seed: int) -> Trained:
    histories = Histories.of(log, catalogue)
    model = _fit_texts(histories, values, Run(seed))
    if not (histories.lengths > 1).any():
        return Trained(model, {})
    test_users, others = split(histories, TEST_USERS, np.random.default_rng(seed))
    floor = evaluate(PopularityCount.fit(others), test_users, repeats=False).metrics
    return Trained(model, evaluate(model, test_users, repeats=False).metrics, floor)


def _read_actions(log: Log, catalogue: Catalogue, values: Values, seed: int) -> Trained:
    days = values["action_optimization_period"]
    model = NextAction.fit(log, catalogue, days)
    return Trained(model, *next_action.evaluate(log, catalogue, days, np.random.default_rng(seed)))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("aws-hrnn", RecurrentModel, _fit_hrnn),
        Recipe("aws-hrnn-metadata", RecurrentModel, _fit_metadata),
        Recipe("aws-hrnn-coldstart", RecurrentModel, _fit_coldstart),
        # The network above stands in for the service's transformer.
        Recipe("aws-user-personalization-v2", RecurrentModel, _fit_v2),
        Recipe("aws-popularity-count", PopularityCount, _fit_popularity, refit=True),
        Recipe("aws-trending-now", PopularityCount, _fit_trending, refit=True, more=_trends),
        Recipe("aws-sims", Sims, _fit_sims, refit=True),
        Recipe("aws-similar-items", SimilarItems, _fit_similar, refit=True),
        Recipe("aws-semantic-similarity", Sims, _fit_texts, read=_read_texts),
        Recipe("aws-next-best-action", NextAction, _fit_nothing, read=_read_actions),
        Recipe("aws-item-affinity", SimilarItems, _fit_affinity, evaluate=_segments),
        Recipe("aws-item-attribute-affinity", SimilarItems, _fit_affinity, evaluate=_segments),
    )
}


def train(
    recipe: str,
    log: Log,
    catalogue: Catalogue | None,
    hyperparameters: Mapping[str, str],
    *,
    users: Catalogue | None = None,
    objective: Objective | None = None,
    featurization: Mapping[str, str] = MappingProxyType({}),
    seed: int = 0,
    threads: int = 1,
    passes: int = MOST_PASSES,
    former: Model | None = None,
    progress: Progress = unheard,
) -> Trained:
    """Train a recipe on nine tenths of the users and test it on the others.

    The same log, seed and number of threads give the same model.

    Args:
        users: What is known of them.
        objective: What items earn counts, too.
        hyperparameters, featurization: As the solution's algorithmHyperParameters and featureTransformationParameters;
            defaults stand for those not given.
        threads, passes, former, progress: See `Run`.

    Raises:
        UnknownRecipe, UnusableHyperparameter, TooLittleData, TooManyEventTypes: With the service's text.
    """
    chosen, values = _recipe(recipe), values_of(recipe, hyperparameters, featurization)
    run = Run(seed, threads, passes, former, progress)
    if chosen.read and catalogue is not None:
        trained = chosen.read(log, catalogue, values, run.seed)
        run.progress(1.0, "trained")
        return trained
    histories = Histories.of(log, catalogue, users)
    _check_enough(log)
    if chosen.evaluate:
        run.progress(0.1, "testing")
        metrics, floor = chosen.evaluate(histories, values, np.random.default_rng(run.seed))
        model = chosen.fit(histories, values, run)
        run.progress(1.0, "trained")
        return Trained(model, metrics, floor)
    test_users, train_users = split_by_id(histories, TEST_USERS, run.seed)
    model, rewards = chosen.fit(train_users, values, run), None
    if objective and catalogue is not None:
        rewards = objective.rewards(model.item_ids, catalogue)
        model = Rewarding(model, objective.factors(rewards))
    run.progress(0.95, "testing")
    repeats = histories.repeats_items()
    if len(test_users) > MOST_TESTED:
        rng = np.random.default_rng(run.seed)
        test_users = test_users.of_users(np.sort(rng.choice(len(test_users), MOST_TESTED, replace=False)))
    metrics = evaluate(model, test_users, repeats=repeats, rewards=rewards).metrics
    floor = evaluate(PopularityCount.fit(train_users), test_users, repeats=repeats).metrics
    if chosen.more:
        own, own_floor = chosen.more(histories, values)
        metrics, floor = metrics | own, floor | own_floor
    if chosen.refit:
        model = chosen.fit(histories, values, run)
    run.progress(1.0, "trained")
    return Trained(model, metrics, floor)


def values_of(recipe: str, hyperparameters: Mapping[str, str], featurization: Mapping[str, str]) -> dict[str, Any]:
    """What a recipe's texts mean, with the defaults of those not given.

    Raises:
        UnknownRecipe, UnusableHyperparameter: With the service's text.
    """
    known = parameters.of(_recipe(recipe).name)
    return parse(known.algorithm, hyperparameters, used_in=f"algorithm: {ARN}algorithm/{recipe}") | parse(
        known.featurization, featurization, used_in=f"feature transformation: {ARN}feature-transformation/{recipe}"
    )


def load(folder: Path) -> Model:
    """The model that was saved to a folder.

    Raises:
        UnreadableModel: There is none, or it is damaged.
    """
    description, arrays = files.read(folder)
    try:
        return Rewarding.around(_recipe(description["recipe"]).model.restore(description, arrays), folder)
    except (KeyError, TypeError, UnknownRecipe) as error:
        raise UnreadableModel(f"the model in {folder} is damaged: {error!r}; train it again") from error


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise UnknownRecipe(f"the recipe {name} cannot be trained here; use one of {', '.join(sorted(RECIPES))}")
    return RECIPES[name]


def _check_enough(log: Log) -> None:
    """Hold the service's bounds [developer guide: quotas, and error messages of training]."""
    if len(log) < FEWEST_INTERACTIONS:
        raise TooLittleData(f"Dataset has fewer than {FEWEST_INTERACTIONS} interactions.")
    interactions = np.bincount(numbered(log.users)[1])
    active = np.count_nonzero(interactions >= 2)
    if active < FEWEST_USERS:
        raise TooLittleData(f"Dataset has fewer than {FEWEST_USERS} users with at least 2 interactions each.")
    if active < FEWEST_USERS_SHARE * len(interactions):
        raise TooLittleData("Dataset has fewer than 1% of users with at least 2 interactions each.")
    types = set() if log.event_types is None else set(log.event_types) - {None}
    if len(types) > MOST_EVENT_TYPES:
        raise TooManyEventTypes(f"Dataset has more than {MOST_EVENT_TYPES} event types: {len(types)}.")
