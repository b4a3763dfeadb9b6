"""ListRecipes and what describes a recipe: the service's own resources, the same for every account."""

from collections.abc import Iterable
from typing import Any

from personalize_local.engine.hyperparameters import Choice, Hyperparameter
from personalize_local.service.errors import ResourceNotFound
from personalize_local.service.kinds.kind import Request
from personalize_local.service.pages import page
from personalize_local.service.recipes import RECIPES, Recipe
from personalize_local.service.region import Region

SINCE = 1_560_124_800.0  # 2019-06-10, when the service became generally available


def list_recipes(region: Region, request: Request) -> dict[str, Any]:
    """ListRecipes: all, or those of recommenders of one domain."""
    domain = request.get("domain")
    entries = {number: recipe for number, recipe in enumerate(RECIPES, 1) if domain in {None, recipe.domain}}
    recipes, following = page("ListRecipes", request, entries)
    return {"recipes": [_summary(recipe) for recipe in recipes], **following}


def describe_recipe(region: Region, request: Request) -> dict[str, Any]:
    """DescribeRecipe: what it is for, its algorithm and its featurization."""
    recipe = _by(request["recipeArn"], "arn")
    return {
        "recipe": {
            "name": recipe.name,
            "recipeArn": recipe.arn,
            "algorithmArn": recipe.algorithm_arn,
            "featureTransformationArn": recipe.feature_transformation_arn,
            "status": "ACTIVE",
            "description": recipe.description,
            "recipeType": str(recipe.type),
            "creationDateTime": SINCE,
            "lastUpdatedDateTime": SINCE,
        }
    }


def describe_algorithm(region: Region, request: Request) -> dict[str, Any]:
    """DescribeAlgorithm: the hyperparameters with their defaults, and the ranges in which they may be searched."""
    recipe = _by(request["algorithmArn"], "algorithm_arn")
    return {
        "algorithm": {
            "name": recipe.name,
            "algorithmArn": recipe.algorithm_arn,
            "defaultHyperParameters": recipe.parameters.defaults,
            "defaultHyperParameterRanges": _ranges(recipe.parameters.tunable),
            "creationDateTime": SINCE,
            "lastUpdatedDateTime": SINCE,
        }
    }


def describe_feature_transformation(region: Region, request: Request) -> dict[str, Any]:
    """DescribeFeatureTransformation: the settings of featurization with their defaults."""
    recipe = _by(request["featureTransformationArn"], "feature_transformation_arn")
    return {
        "featureTransformation": {
            "name": recipe.name,
            "featureTransformationArn": recipe.feature_transformation_arn,
            "defaultParameters": {one.name: one.default for one in recipe.parameters.featurization},
            "status": "ACTIVE",
            "creationDateTime": SINCE,
            "lastUpdatedDateTime": SINCE,
        }
    }


def _by(arn: str, attribute: str) -> Recipe:
    for recipe in RECIPES:
        if getattr(recipe, attribute) == arn:
            return recipe
    raise ResourceNotFound(f"Resource Arn {arn} does not exist.")


def _summary(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "recipeArn": recipe.arn,
        "status": "ACTIVE",
        "creationDateTime": SINCE,
        "lastUpdatedDateTime": SINCE,
        **({"domain": recipe.domain} if recipe.domain else {}),
    }


def _ranges(parameters: Iterable[Hyperparameter]) -> dict[str, list[dict[str, Any]]]:
    ranges: dict[str, list[dict[str, Any]]] = {
        "integerHyperParameterRanges": [],
        "continuousHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [],
    }
    for parameter in parameters:
        if isinstance(parameter, Choice):
            ranges["categoricalHyperParameterRanges"].append({"name": parameter.name, "values": parameter.texts})
        else:
            kind = "integer" if parameter.whole else "continuous"
            bounds = {"minValue": parameter.low, "maxValue": parameter.high}
            ranges[f"{kind}HyperParameterRanges"].append({"name": parameter.name, **bounds})
    return ranges
