"""Solution versions: one training of a solution."""

from typing import Any
from uuid import uuid4

from personalize_local.service import trainings
from personalize_local.service.errors import InvalidInput, ResourceInUse
from personalize_local.service.kinds.datasets import dataset_of, fields_of, interactions_of
from personalize_local.service.kinds.kind import Kind, Need, Quota, Request
from personalize_local.service.profiles import Verb
from personalize_local.service.recipes import BY_ARN
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource
from personalize_local.service.timeline import (
    ACTIVE,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    CREATE_STOPPED,
    CREATE_STOPPING,
)

INHERITED = (
    "datasetGroupArn",
    "eventType",
    "performAutoML",
    "performHPO",
    "performIncrementalUpdate",
    "recipeArn",
    "solutionConfig",
)


def admit(region: Region, request: Request) -> Members:
    """Take over the solution's settings as they are now."""
    mode = request.get("trainingMode", "FULL")
    solution = region.find("Solution", request["solutionArn"]).current(region.clock.now())
    _check_data(region, solution)
    interactions = interactions_of(region, solution["datasetGroupArn"])
    if mode != "FULL":
        _check_update(region, mode, request["solutionArn"], solution)
    name = uuid4().hex[:8]
    return {
        **{member: solution[member] for member in INHERITED if member in solution},
        "name": request.get("name", f"{solution['name']}/{name}"),
        "hash": name,
        "trainingMode": mode,
        "trainingType": request.get("trainingType", "MANUAL"),  # which the service gives, not a client
        "newestInteraction": interactions.newest() if interactions else 0,
    }


def twin(region: Region, members: Members) -> Resource | None:
    """A solution has one version of a name."""
    named = region.members("SolutionVersion", solutionArn=members["solutionArn"], name=members["name"])
    return next(iter(named), None)


def stop(region: Region, request: Request) -> dict[str, Any]:
    """StopSolutionVersionCreation: end a training; what waits stops at once, what runs in a moment."""
    version = region.find("SolutionVersion", request["solutionVersionArn"])
    now = region.clock.now()
    status = version.status(now)
    if status not in {CREATE_PENDING, CREATE_IN_PROGRESS}:
        raise ResourceInUse(f"Resource Arn {version.arn} cannot be stopped in state {status}.")
    if status == CREATE_PENDING:
        version.timeline = version.timeline.then(now, CREATE_STOPPED)
    else:
        seconds = region.profile.seconds(Verb.STOP, version.kind)
        version.timeline = version.timeline.then(now, CREATE_STOPPING).then(now + seconds, CREATE_STOPPED)
    region.resources.save(version)
    trainings.stop(region, version)
    return {}


def get_metrics(region: Region, request: Request) -> dict[str, Any]:
    """GetSolutionMetrics: how well the trained model predicted what it was not shown."""
    version = region.find("SolutionVersion", request["solutionVersionArn"])
    status = version.status(region.clock.now())
    if status != ACTIVE:
        raise ResourceInUse(f"Resource Arn {version.arn} is in state {status}; it must be ACTIVE.")
    return {"solutionVersionArn": version.arn, "metrics": version.members["metrics"]}


def _check_data(region: Region, solution: Members) -> None:
    group, recipe = solution["datasetGroupArn"], BY_ARN.get(solution.get("recipeArn", ""))
    for dataset_type in recipe.needs if recipe else ("INTERACTIONS",):  # AutoML has yet to find its recipe
        if dataset_of(region, group, dataset_type) is None:
            words = f"Dataset group {group} has no {dataset_type.capitalize()} dataset to train with."
            raise InvalidInput(words)
    if recipe and recipe.reads_texts:
        fields = fields_of(region, group, "ITEMS")
        if not any(field.textual for field in fields) or not any(field.item_name for field in fields):
            raise InvalidInput(f"{recipe.name} needs an Items dataset with a textual column and one with itemName.")


def _check_update(region: Region, mode: str, solution_arn: str, solution: Members) -> None:
    """An update builds on a version that was trained in full, with the one recipe that has updates.

    Here it goes on from the newest version, with all the data so far; on AWS it only adds new items.
    """
    recipe = BY_ARN.get(solution.get("recipeArn", ""))
    if mode != "UPDATE" or recipe is None or not recipe.has_updates:
        raise InvalidInput(f"trainingMode {mode} is not supported by the solution {solution_arn}; use FULL.")
    now = region.clock.now()
    versions = region.members("SolutionVersion", solutionArn=solution_arn, trainingMode="FULL")
    if not any(version.is_active(now) for version in versions):
        raise InvalidInput(f"trainingMode UPDATE needs an ACTIVE version of {solution_arn} that was trained with FULL.")


def path(members: Members) -> str:
    """The end of the ARN: solution/NAME/HASH."""
    return f"solution/{members['solutionArn'].rsplit('/', 1)[-1]}/{members['hash']}"


SOLUTION_VERSION = Kind(
    "SolutionVersion",
    admit=admit,
    path=path,
    twin=twin,
    begin=trainings.begin,
    needs=(Need("solutionArn", "Solution"),),
    quota=Quota("solution_versions", unfinished=True),
    forget=trainings.forget,
)
