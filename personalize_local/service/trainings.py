"""The work behind a solution version: hand its data to the trainer, note what came of it.

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


def begin(region: Region, version: Resource) -> None:
    """Write down what to train and start it; one that ended while the service was down is done already."""
    if Outcome.read(folder_of_version(region, version)):
        finish(region, version)
        return
    group, config = version.members["datasetGroupArn"], version.members.get("solutionConfig", {})
    interactions, items = (dataset_of(region, group, kind) for kind in ("INTERACTIONS", "ITEMS"))
    assert interactions is not None
    recipe = BY_ARN[version.members["recipeArn"]]
    assert recipe.trained_as is not None
    threshold = config.get("eventValueThreshold")
    job = Job(
        recipe=recipe.trained_as,
        hyperparameters={parameter.name: parameter.default for parameter in recipe.parameters}
        | config.get("algorithmHyperParameters", {}),
        featurization=dict(recipe.featurization) | config.get("featureTransformationParameters", {}),
        interactions=str(folder_of(region, interactions)),
        items=str(folder_of(region, items)) if items else None,
        event_type=version.members.get("eventType"),
        event_value_threshold=float(threshold) if threshold else None,
    )
    folder = folder_of_version(region, version)
    folder.mkdir(parents=True, exist_ok=True)
    job.write(folder)
    region.trainer.start(folder, partial(finish, region, version))


def stop(region: Region, version: Resource) -> None:
    """End the training."""
    region.trainer.stop(folder_of_version(region, version))


def forget(region: Region, version: Resource) -> None:
    """Remove the model."""
    region.models.forget(folder_of_version(region, version))
    shutil.rmtree(folder_of_version(region, version), ignore_errors=True)


def finish(region: Region, version: Resource) -> None:
    """Note what the training's folder says about its outcome."""
    outcome = Outcome.read(folder_of_version(region, version))
    assert outcome is not None
    with region.lock:
        if not outcome.failure:
            version.members |= {"metrics": outcome.metrics, "trainingHours": round(outcome.seconds / 3600, 6)}
        lifecycle.finish(region, version, outcome.failure)


def folder_of_version(region: Region, version: Resource) -> Path:
    """Where the version's model is."""
    return region.folder / "models" / version.arn.split("/", 1)[1]
