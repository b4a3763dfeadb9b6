"""The work behind a solution version or a recommender: hand its data to the trainer, note what came of it.

A training has a folder, `models/solution/NAME/HASH`: `job.json` says what to train, `progress.json` how far it is,
`outcome.json` what came of it, and `model/` is what campaigns answer with. So a training that ends while the server is
down is not lost, and one that was cut short is started again.
"""

import shutil
from functools import partial
from pathlib import Path

from personalize_local.service import lifecycle
from personalize_local.service.job import Job, Outcome
from personalize_local.service.kinds.datasets import dataset_of, folder_of
from personalize_local.service.recipes import BY_ARN
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource


def begin(region: Region, trained: Resource) -> None:
    """Write down what to train and start it; one that ended while the service was down is done already."""
    folder = folder_of_model(region, trained)
    if Outcome.read(folder):
        finish(region, trained)
        return
    folder.mkdir(parents=True, exist_ok=True)
    _job(region, trained).write(folder)
    region.trainer.start(folder, partial(finish, region, trained))


def _job(region: Region, trained: Resource) -> Job:
    """What to train: the settings of a solution version, or a recommender's use case."""
    group, config = trained.members["datasetGroupArn"], trained.members.get("solutionConfig", {})
    interactions, items = (dataset_of(region, group, kind) for kind in ("INTERACTIONS", "ITEMS"))
    assert interactions is not None
    recipe = BY_ARN[trained.members["recipeArn"]]
    assert recipe.trained_as is not None
    threshold = config.get("eventValueThreshold")
    return Job(
        recipe=recipe.trained_as,
        hyperparameters={parameter.name: parameter.default for parameter in recipe.parameters}
        | config.get("algorithmHyperParameters", {}),
        featurization=dict(recipe.featurization) | config.get("featureTransformationParameters", {}),
        interactions=str(folder_of(region, interactions)),
        items=str(folder_of(region, items)) if items else None,
        event_type=trained.members.get("eventType") or recipe.learns_from,
        event_value_threshold=float(threshold) if threshold else None,
    )


def stop(region: Region, trained: Resource) -> None:
    """End the training."""
    region.trainer.stop(folder_of_model(region, trained))


def forget(region: Region, trained: Resource) -> None:
    """Remove the model."""
    region.models.forget(folder_of_model(region, trained))
    shutil.rmtree(folder_of_model(region, trained), ignore_errors=True)


def finish(region: Region, trained: Resource) -> None:
    """Note what the training's folder says about its outcome."""
    outcome = Outcome.read(folder_of_model(region, trained))
    assert outcome is not None
    with region.lock:
        if not outcome.failure:
            trained.members |= {"metrics": outcome.metrics, "trainingHours": round(outcome.seconds / 3600, 6)}
        lifecycle.finish(region, trained, outcome.failure)


def folder_of_model(region: Region, trained: Resource) -> Path:
    """Where the model of a solution version or a recommender is."""
    kind, _, rest = trained.arn.split(":", 5)[-1].partition("/")
    return region.folder / ("models" if kind == "solution" else "recommenders") / rest
