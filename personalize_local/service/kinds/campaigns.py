"""Campaigns: a solution version that answers requests."""

from personalize_local.service import exploration, influence
from personalize_local.service.errors import InvalidInput, ResourceNotFound
from personalize_local.service.kinds.kind import Kind, Quota, Request
from personalize_local.service.recipes import BY_ARN, RecipeType
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource

LATEST = "/$LATEST"
CONFIG_DEFAULTS: Members = {"enableMetadataWithRecommendations": False, "syncWithLatestSolutionVersion": False}


def admit(region: Region, request: Request) -> Members:
    """Refuse a version that cannot serve and settings that its recipe does not have."""
    serving = _serving(region, request["solutionVersionArn"], request.get("campaignConfig", {}))
    return {"minProvisionedTPS": request.get("minProvisionedTPS", 1)} | serving


def change(region: Region, campaign: Resource, request: Request) -> Members:
    """Serve another version, of whatever solution of the dataset group, or with other settings."""
    current = campaign.current(region.clock.now())
    changes = {name: value for name, value in request.items() if name != "campaignArn"}
    merged = current | changes
    serving = _serving(region, merged["solutionVersionArn"], merged["campaignConfig"])
    if serving["datasetGroupArn"] != campaign.members["datasetGroupArn"]:
        raise InvalidInput(f"Solution version {merged['solutionVersionArn']} belongs to another dataset group.")
    return {"minProvisionedTPS": merged["minProvisionedTPS"]} | changes | serving


def served_version(region: Region, campaign: Resource) -> Resource:
    """The solution version that answers now: with synchronisation, the latest that is ACTIVE.

    Raises:
        ResourceNotFound: There is none.
    """
    return version_of(region, campaign.current(region.clock.now())["solutionVersionArn"])


def _serving(region: Region, version_arn: str, config: Members) -> Members:
    if version_arn.endswith(LATEST) != bool(config.get("syncWithLatestSolutionVersion")):
        raise InvalidInput(f"syncWithLatestSolutionVersion goes with a solutionVersionArn that ends with {LATEST}.")
    version = version_of(region, version_arn)
    recipe = BY_ARN[version.members["recipeArn"]]
    if recipe.type == RecipeType.USER_SEGMENTATION:
        raise InvalidInput(f"The recipe {recipe.arn} has no campaigns; create a batch segment job.")
    if "itemExplorationConfig" in config and not recipe.explores:
        raise InvalidInput(f"itemExplorationConfig is not supported by the recipe {recipe.arn}.")
    if "rankingInfluence" in config and not recipe.reads_texts:
        raise InvalidInput(f"rankingInfluence is not supported by the recipe {recipe.arn}.")
    explored = {"itemExplorationConfig": exploration.settings(config.get("itemExplorationConfig", {}))}
    ranked = {"rankingInfluence": influence.DEFAULTS | config.get("rankingInfluence", {})}
    more = (explored if recipe.explores else {}) | (ranked if recipe.reads_texts else {})
    return {
        "solutionVersionArn": version_arn,
        "campaignConfig": CONFIG_DEFAULTS | config | more,
        "solutionArn": version.members["solutionArn"],
        "datasetGroupArn": version.members["datasetGroupArn"],
    }


def version_of(region: Region, arn: str) -> Resource:
    """The solution version that an ARN means: that one, or the latest of a solution that is ACTIVE.

    Raises:
        ResourceNotFound, ResourceInUse: There is none that is.
    """
    if not arn.endswith(LATEST):
        return region.find_active("SolutionVersion", arn)
    solution = region.find("Solution", arn.removesuffix(LATEST))
    now, versions = region.clock.now(), region.members("SolutionVersion", solutionArn=solution.arn)
    active = [version for version in versions if version.is_active(now)]
    if not active:
        raise ResourceNotFound(f"Solution {solution.arn} has no ACTIVE solution version.")
    return active[-1]


CAMPAIGN = Kind("Campaign", admit=admit, change=change, quota=Quota("campaigns", per="datasetGroupArn"))
