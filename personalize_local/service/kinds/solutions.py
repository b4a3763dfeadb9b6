"""Solutions: what to train, and when."""

from personalize_local.service import lifecycle, solution_settings, tuning
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.kind import Hold, Kind, Need, Quota, Request
from personalize_local.service.kinds.solution_versions import SOLUTION_VERSION
from personalize_local.service.recipes import BY_ARN, PREFIX, Recipe, RecipeType
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource

DEFAULTS: Members = {
    "performHPO": False,
    "performAutoML": False,
    "performAutoTraining": True,
    "performIncrementalUpdate": False,
}
EVERY_WEEK = {"schedulingExpression": "rate(7 days)"}
# What can be trained of the family that AutoML chooses among.
AUTO_ML = tuple(f"{PREFIX}recipe/{name}" for name in ("aws-hrnn", "aws-user-personalization"))


def admit(region: Region, request: Request) -> Members:
    """Refuse a recipe, or settings of it, that cannot be trained."""
    members = DEFAULTS | dict(request)
    config = dict(request.get("solutionConfig", {}))
    if members["performAutoTraining"]:
        config.setdefault("autoTrainingConfig", EVERY_WEEK)
    if members["performAutoML"]:
        config["autoMLConfig"] = _auto_ml(request)
        members["performHPO"] = True  # as the service does [CreateSolution, performHPO]
    else:
        recipe = _recipe(request)
        solution_settings.check(region, request["datasetGroupArn"], recipe, members | {"solutionConfig": config})
    return members | {"solutionConfig": config}


def change(region: Region, solution: Resource, request: Request) -> Members:
    """Take new training settings; the members of solutionUpdateConfig replace those of solutionConfig."""
    now, given = region.clock.now(), request.get("solutionUpdateConfig", {})
    if recipe := BY_ARN.get(solution.members.get("recipeArn", "")):
        settings = {name: value for name, value in request.items() if name == "performIncrementalUpdate"}
        group = solution.members["datasetGroupArn"]
        solution_settings.check(region, group, recipe, settings | {"solutionConfig": given})
    changes = {name: value for name, value in request.items() if name != "solutionArn"}
    config = solution.current(now)["solutionConfig"] | given
    if request.get("performAutoTraining"):
        config = {"autoTrainingConfig": EVERY_WEEK} | config
    return changes | {"solutionConfig": config}


def latest_version(region: Region, solution: Resource) -> Members:
    """The latest solution version, and the recipe that AutoML found best in the latest that is ACTIVE."""
    versions = region.members("SolutionVersion", solutionArn=solution.arn)
    if not versions:
        return {}
    shown = {"latestSolutionVersion": lifecycle.summary(SOLUTION_VERSION, region, versions[-1])}
    active = [version for version in versions if version.is_active(region.clock.now())]
    if solution.members["performAutoML"] and active:
        shown["autoMLResult"] = {"bestRecipeArn": active[-1].members["recipeArn"]}
    return shown


def _recipe(request: Request) -> Recipe:
    if "recipeArn" not in request:
        raise InvalidInput("recipeArn is required unless performAutoML is true.")
    recipe = BY_ARN.get(request["recipeArn"])
    if recipe is None:
        raise InvalidInput(f"Recipe {request['recipeArn']} does not exist.")
    if recipe.domain:
        raise InvalidInput(f"Recipe {recipe.arn} is for recommenders of the domain {recipe.domain}, not for solutions.")
    return recipe


def _auto_ml(request: Request) -> Members:
    """The autoMLConfig with its defaults: AutoML chooses among recipes for personalization."""
    if "recipeArn" in request:
        raise InvalidInput("recipeArn cannot be given when performAutoML is true; use autoMLConfig.recipeList.")
    config = request.get("solutionConfig", {}).get("autoMLConfig", {})
    metric, arns = config.get("metricName", tuning.METRIC), config.get("recipeList") or list(AUTO_ML)
    tuning.check_metric(metric)
    for arn in arns:
        recipe = BY_ARN.get(arn)
        if recipe is None or recipe.domain or recipe.type != RecipeType.USER_PERSONALIZATION or recipe.weighs_events:
            raise InvalidInput(f"AutoML does not support the recipe {arn}; it chooses among {', '.join(AUTO_ML)}.")
    return {"metricName": metric, "recipeList": arns}


SOLUTION = Kind(
    "Solution",
    admit=admit,
    change=change,
    more=latest_version,
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
    holds=(Hold("Campaign", "solutionArn"), Hold("SolutionVersion", "solutionArn", unfinished=True)),
    quota=Quota("solutions", per="datasetGroupArn"),
    takes=("SolutionVersion",),
)
