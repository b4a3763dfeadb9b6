"""Recommenders: a use case of a domain, trained and served as one."""

from collections.abc import Mapping
from typing import Any

from personalize_local.service import exploration, trainings
from personalize_local.service.errors import InvalidInput, ResourceInUse
from personalize_local.service.kinds.datasets import check_training_columns, dataset_of
from personalize_local.service.kinds.kind import Kind, Need, Quota, Request
from personalize_local.service.recipes import BY_ARN, Recipe
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource
from personalize_local.service.timeline import CREATE_FAILED

CONFIG_DEFAULTS: Members = {"minRecommendationRequestsPerSecond": 1, "enableMetadataWithRecommendations": False}


def admit(region: Region, request: Request) -> Members:
    """Refuse a use case of another domain, and one whose data is not there."""
    group = region.find("DatasetGroup", request["datasetGroupArn"])
    recipe = BY_ARN.get(request["recipeArn"])
    domain = group.members.get("domain")
    if recipe is None or recipe.domain is None:
        raise InvalidInput(f"Recipe {request['recipeArn']} is not a use case of a domain.")
    if recipe.domain != domain:
        raise InvalidInput(
            f"Recipe {recipe.arn} is for the domain {recipe.domain}, not for {domain or 'a custom group'}."
        )
    for dataset_type in recipe.needs:
        if dataset_of(region, group.arn, dataset_type) is None:
            raise InvalidInput(f"Dataset group {group.arn} has no {dataset_type} dataset, which {recipe.name} needs.")
    return {"recommenderConfig": _config(region, group.arn, recipe, request.get("recommenderConfig", {}))}


def change(region: Region, recommender: Resource, request: Request) -> Members:
    """Take a new configuration, as a whole; one whose training failed has nothing to configure."""
    if recommender.status(region.clock.now()) == CREATE_FAILED:
        raise ResourceInUse(f"Resource Arn {recommender.arn} cannot be updated in state {CREATE_FAILED}.")
    recipe, group = BY_ARN[recommender.members["recipeArn"]], recommender.members["datasetGroupArn"]
    return {"recommenderConfig": _config(region, group, recipe, request["recommenderConfig"])}


def metrics(region: Region, recommender: Resource) -> Members:
    """How well it predicted what it was not shown; absent while it is made or deleted."""
    hidden = recommender.status(region.clock.now()).startswith(("CREATE", "DELETE"))
    return {} if hidden else {"modelMetrics": recommender.members["metrics"]}


def _config(region: Region, group_arn: str, recipe: Recipe, given: Mapping[str, Any]) -> Members:
    if "itemExplorationConfig" in given and not recipe.explores:
        raise InvalidInput(f"itemExplorationConfig is not supported by the recipe {recipe.arn}.")
    check_training_columns(region, group_arn, given.get("trainingDataConfig", {}))
    explored = {"itemExplorationConfig": exploration.settings(given.get("itemExplorationConfig", {}))}
    return CONFIG_DEFAULTS | dict(given) | (explored if recipe.explores else {})


RECOMMENDER = Kind(
    "Recommender",
    admit=admit,
    begin=trainings.begin,
    change=change,
    more=metrics,
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
    quota=Quota("recommenders", per="datasetGroupArn"),
    forget=trainings.forget,
)
