"""The work behind a solution version or a recommender: hand its data to the trainer, note what came of it.

A training has a folder, `models/solution/NAME/HASH`: `job.json` says what to train, `progress.json` how far it is,
`outcome.json` what came of it, and `model/` is what campaigns answer with. So a training that ends while the server is
down is not lost, and one that was cut short is started again.
"""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from personalize_local.service import lifecycle, tuning
from personalize_local.service.errors import UnusableState
from personalize_local.service.job import EventRule, Job, Outcome, Trial
from personalize_local.service.kinds.campaigns import LATEST
from personalize_local.service.kinds.datasets import dataset_of, fields_of, folder_of
from personalize_local.service.models import ServedModel
from personalize_local.service.recipes import BY_ARN, PREFIX, Recipe
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.tables import contexts_of

NEXT_BEST_ACTION = f"{PREFIX}recipe/aws-next-best-action"
NEXT = "next"  # the folder of a training that is to replace the one around it
TRIALS_OF_AUTO_ML = 2  # for each recipe


def begin(region: Region, trained: Resource) -> None:
    """Write down what to train and start it; one that ended while the service was down is done already."""
    folder = folder_of_model(region, trained)
    if Outcome.read(folder):
        finish(region, trained)
        return
    folder.mkdir(parents=True, exist_ok=True)
    _job(region, trained).write(folder)
    region.trainer.start(folder, partial(finish, region, trained))


def renew(region: Region, trained: Resource) -> None:
    """Train a recommender that answers once more, beside its model, which it replaces in the end."""
    folder = folder_of_model(region, trained) / NEXT
    shutil.rmtree(folder, ignore_errors=True)  # of a training that was cut short
    folder.mkdir()
    _job(region, trained).write(folder)
    region.trainer.start(folder, partial(_take_over, region, trained))


def _take_over(region: Region, trained: Resource) -> None:
    """Answer with the new model, once it is loaded; one that failed leaves the old one."""
    folder = folder_of_model(region, trained)
    outcome = Outcome.read(folder / NEXT)
    served = None
    if outcome and not outcome.failure:
        with suppress(UnusableState):
            served = ServedModel(folder / NEXT)
    with region.lock:
        if outcome and served and region.resources.get(trained.arn) is trained:
            for name in ("model", "ages.npy"):
                _replace(folder / NEXT / name, folder / name)
            region.models.replace(folder, served)
            trained.members["metrics"] = outcome.metrics
            region.resources.save(trained)
        shutil.rmtree(folder / NEXT, ignore_errors=True)


def _replace(new: Path, old: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    new.replace(old)


def _job(region: Region, trained: Resource) -> Job:
    """What to train: the settings of a solution version, or a recommender's use case."""
    group, config = trained.members["datasetGroupArn"], trained.members.get("solutionConfig", {})
    of_actions = trained.members.get("recipeArn") == NEXT_BEST_ACTION
    types = ("ACTION_INTERACTIONS", "ACTIONS") if of_actions else ("INTERACTIONS", "ITEMS")
    interactions, items, users = (dataset_of(region, group, dataset_type) for dataset_type in (*types, "USERS"))
    texts = [field.name for field in fields_of(region, group, "ITEMS") if field.textual or field.item_name]
    metric, maximize = _goal(trained)
    objective, excluded = config.get("optimizationObjective"), _excluded(region, trained)
    contexts = contexts_of(fields_of(region, group, "INTERACTIONS")) if not of_actions else {}
    return Job(
        trials=_trials(trained),
        metric=metric,
        maximize=maximize,
        events=_events(trained, config),
        interactions=str(folder_of(region, interactions)) if interactions else None,
        items=str(folder_of(region, items)) if items else None,
        users=str(folder_of(region, users)) if users else None,
        texts=texts,
        contexts={name: kind for name, kind in contexts.items() if name not in excluded.get("INTERACTIONS", ())},
        excluded=excluded,
        objective=(objective["itemAttribute"], objective.get("objectiveSensitivity", "OFF")) if objective else None,
        passes=region.profile.passes,
        former=_former(region, trained),
        **_most(region, trained),
    )


def _former(region: Region, trained: Resource) -> str | None:
    """The folder of the model that an update goes on from: the newest of its solution."""
    if trained.members.get("trainingMode") != "UPDATE":
        return None
    now = region.clock.now()
    versions = region.members("SolutionVersion", solutionArn=trained.members["solutionArn"])
    newest = max((one for one in versions if one.is_active(now)), key=lambda one: one.timeline.steps[0][0])
    return str(folder_of_model(region, newest) / "model")


def _excluded(region: Region, trained: Resource) -> dict[str, list[str]]:
    """The columns that are not learned from, by type of dataset; a list of those that are says it the other way.

    Texts that are no categories, and booleans, never are [developer guide: schemas].
    """
    config: Mapping[str, Any] = {}
    for member in ("solutionConfig", "recommenderConfig"):
        config = trained.members.get(member, {}).get("trainingDataConfig", config)
    group = trained.members["datasetGroupArn"]
    excluded = {kind.upper(): list(names) for kind, names in config.get("excludedDatasetColumns", {}).items()}
    for kind, included in config.get("includedDatasetColumns", {}).items():
        fields = fields_of(region, group, kind.upper())
        excluded[kind.upper()] = [field.name for field in fields if field.name not in included]
    for kind in ("ITEMS", "USERS"):
        never = [field.name for field in fields_of(region, group, kind) if not field.is_learned]
        excluded[kind] = [*excluded.get(kind, ()), *never]
    return excluded


def _most(region: Region, trained: Resource) -> dict[str, int]:
    """How much of the data is considered."""
    quotas, recipe = region.quotas, BY_ARN.get(trained.members.get("recipeArn", ""))
    interactions, items = quotas.considered_interactions, quotas.considered_items
    if recipe and recipe.weighs_events:
        interactions, items = quotas.considered_interactions_v2, quotas.considered_items_v2
    elif recipe and recipe.reads_texts:
        items = quotas.considered_items_semantic
    elif recipe and recipe.arn == NEXT_BEST_ACTION:
        items = quotas.considered_actions
    return {"most_interactions": interactions, "most_items": items}


def _trials(trained: Resource) -> list[Trial]:
    """What to try: one recipe with one set of hyperparameters, unless these are searched."""
    config = trained.members.get("solutionConfig", {})
    if trained.members.get("performAutoML"):
        recipes = [BY_ARN[arn] for arn in config["autoMLConfig"]["recipeList"]]
        return [_trial(recipe, {}, ranges=tuning.ranges(recipe, {}), count=TRIALS_OF_AUTO_ML) for recipe in recipes]
    recipe, hpo = BY_ARN[trained.members["recipeArn"]], config.get("hpoConfig", {})
    searched = trained.members.get("performHPO")
    tried = {"ranges": tuning.ranges(recipe, hpo), "count": tuning.count(hpo)} if searched else {}
    return [_trial(recipe, config, **tried)]


def _trial(recipe: Recipe, config: Mapping[str, Any], **searched: Any) -> Trial:
    values = recipe.parameters.defaults | dict(config.get("algorithmHyperParameters", {}))
    features = dict(config.get("featureTransformationParameters", {}))
    return Trial(recipe.arn, recipe.trained_as, values, features, **searched)


def _goal(trained: Resource) -> tuple[str, bool]:
    """The metric by which the best trial is told, and whether more of it is better."""
    config = trained.members.get("solutionConfig", {})
    if trained.members.get("performAutoML"):
        return config["autoMLConfig"]["metricName"], True
    return tuning.goal(config.get("hpoConfig", {}))


def _events(trained: Resource, config: Mapping[str, Any]) -> list[EventRule]:
    """Which events to learn from."""
    given = config.get("eventsConfig", {}).get("eventParametersList", ())
    if given:
        return [
            EventRule(event["eventType"], event.get("eventValueThreshold"), event.get("weight", 1.0)) for event in given
        ]
    threshold = config.get("eventValueThreshold")
    learned = trained.members.get("eventType")
    if not learned and not trained.members.get("performAutoML"):
        learned = BY_ARN[trained.members["recipeArn"]].learns_from
    return [EventRule(learned, float(threshold) if threshold else None)]


def stop(region: Region, trained: Resource) -> None:
    """End the training."""
    region.trainer.stop(folder_of_model(region, trained))


def forget(region: Region, trained: Resource) -> None:
    """Remove the model."""
    region.trainer.stop(folder_of_model(region, trained) / NEXT)
    region.models.forget(folder_of_model(region, trained))
    shutil.rmtree(folder_of_model(region, trained), ignore_errors=True)


def finish(region: Region, trained: Resource) -> None:
    """Note what the training's folder says about its outcome."""
    outcome = Outcome.read(folder_of_model(region, trained))
    assert outcome is not None
    with region.lock:
        is_needed = not outcome.failure and _answers_at_once(region, trained)
    if is_needed:
        with suppress(UnusableState):  # requests will say it
            region.models.get(folder_of_model(region, trained))
    with region.lock:
        if not outcome.failure:
            trained.members |= {"metrics": outcome.metrics, "trainingHours": round(outcome.seconds / 3600, 6)}
            best = Job.read(folder_of_model(region, trained)).trials[outcome.best]
            trained.members["recipeArn"] = best.recipe_arn
            if trained.members.get("performHPO"):
                trained.members["tunedHPOParams"] = {"algorithmHyperParameters": outcome.hyperparameters}
        lifecycle.finish(region, trained, outcome.failure)


def _answers_at_once(region: Region, trained: Resource) -> bool:
    """Whether it will answer requests the moment it is ACTIVE."""
    if trained.kind == "Recommender":
        return True
    latest = trained.members["solutionArn"] + LATEST
    return bool(region.members("Campaign", solutionVersionArn=latest))


def folder_of_model(region: Region, trained: Resource) -> Path:
    """Where the model of a solution version or a recommender is."""
    kind, _, rest = trained.arn.split(":", 5)[-1].partition("/")
    return region.folder / ("models" if kind == "solution" else "recommenders") / rest
