"""Solutions: what to train, and when."""

from collections.abc import Mapping
from typing import Any

from personalize_local.service import lifecycle
from personalize_local.service.errors import InvalidInput, NotSimulated
from personalize_local.service.kinds.kind import Hold, Kind, Need, Quota, Request
from personalize_local.service.kinds.solution_versions import SOLUTION_VERSION
from personalize_local.service.recipes import BY_ARN, RECIPES, Recipe
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource

DEFAULTS: Members = {
    "performHPO": False,
    "performAutoML": False,
    "performAutoTraining": True,
    "performIncrementalUpdate": False,
}
EVERY_WEEK = {"schedulingExpression": "rate(7 days)"}


def admit(region: Region, request: Request) -> Members:
    """Refuse a recipe, or settings of it, that cannot be trained."""
    recipe = _recipe(request)
    config = dict(request.get("solutionConfig", {}))
    _check_parameters(recipe, config)
    if "eventsConfig" in config and not recipe.name.endswith("-v2"):
        raise InvalidInput(f"eventsConfig is not supported by the recipe {recipe.arn}; use eventType.")
    if "eventType" in request and recipe.name.endswith("-v2"):
        raise InvalidInput(f"eventType is not supported by the recipe {recipe.arn}; use eventsConfig.")
    if "eventValueThreshold" in config:
        _check_threshold(config["eventValueThreshold"])
    members = DEFAULTS | dict(request)
    if members["performAutoTraining"]:
        config.setdefault("autoTrainingConfig", EVERY_WEEK)
    return members | {"solutionConfig": config}


def change(region: Region, solution: Resource, request: Request) -> Members:
    """Take new training settings; the members of solutionUpdateConfig replace those of solutionConfig."""
    given = request.get("solutionUpdateConfig", {})
    if "eventsConfig" in given and not str(solution.members["recipeArn"]).endswith("-v2"):
        raise InvalidInput(f"eventsConfig is not supported by the recipe {solution.members['recipeArn']}.")
    changes = {name: value for name, value in request.items() if name != "solutionArn"}
    return changes | {"solutionConfig": solution.current(region.clock.now())["solutionConfig"] | given}


def latest_version(region: Region, solution: Resource) -> Members:
    """The latest solution version, which the description of the solution shows."""
    versions = region.members("SolutionVersion", solutionArn=solution.arn)
    return {"latestSolutionVersion": lifecycle.summary(SOLUTION_VERSION, region, versions[-1])} if versions else {}


def _recipe(request: Request) -> Recipe:
    if request.get("performAutoML"):
        raise NotSimulated("CreateSolution with performAutoML is not simulated; give a recipeArn")
    if request.get("performHPO"):
        raise NotSimulated("CreateSolution with performHPO is not simulated; give algorithmHyperParameters")
    if "recipeArn" not in request:
        raise InvalidInput("recipeArn is required unless performAutoML is true.")
    recipe = BY_ARN.get(request["recipeArn"])
    if recipe is None:
        raise InvalidInput(f"Recipe {request['recipeArn']} does not exist.")
    if recipe.domain:
        raise InvalidInput(f"Recipe {recipe.arn} is for recommenders of the domain {recipe.domain}, not for solutions.")
    if recipe.trained_as is None:
        trained = ", ".join(recipe.name for recipe in RECIPES if recipe.trained_as)
        raise NotSimulated(f"training {recipe.name} is not simulated; the recipes that are: {trained}")
    return recipe


def _check_parameters(recipe: Recipe, config: Mapping[str, Any]) -> None:
    known = {parameter.name: parameter for parameter in recipe.parameters}
    for name, value in config.get("algorithmHyperParameters", {}).items():
        if name not in known:
            raise InvalidInput(f"Provide a hyperparameter that is used in the algorithm: {recipe.algorithm_arn}")
        problem = known[name].problem(value)
        if problem:
            raise InvalidInput(f"Hyperparameter {name}: {problem}.")
    for name in config.get("featureTransformationParameters", {}):
        if name not in recipe.featurization:
            raise InvalidInput(
                f"Feature transformation parameter {name} is not one of [{', '.join(recipe.featurization)}]."
            )


def _check_threshold(threshold: str) -> None:
    try:
        float(threshold)
    except ValueError:
        raise InvalidInput(f"eventValueThreshold '{threshold}' is not a number.") from None


SOLUTION = Kind(
    "Solution",
    admit=admit,
    change=change,
    more=latest_version,
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
    holds=(Hold("Campaign", "solutionArn"), Hold("SolutionVersion", "solutionArn", unfinished=True)),
    quota=Quota(10, per="datasetGroupArn"),
    takes=("SolutionVersion",),
)
