"""What answers a request: a campaign or a recommender with its model, and the data of its dataset group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_prep.schemas import Field
from personalize_local.service import metadata, trends
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.campaigns import served_version
from personalize_local.service.kinds.datasets import fields_of, interactions_of, records_of
from personalize_local.service.kinds.kind import Request
from personalize_local.service.models import Items, ServedModel
from personalize_local.service.recipes import BY_ARN, Recipe
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.rows import Interaction, Row
from personalize_local.service.trainings import folder_of_model


@dataclass(frozen=True)
class Serving:
    """What a campaign, a recommender or a batch job answers with.

    Args:
        trained: The solution version or recommender whose model it is.
        shows_metadata: Whether answers may hold item metadata.
        explores: How new items are explored, if they are.
        influence: What popularity and freshness count beside similar texts.
    """

    trained: Resource
    shows_metadata: bool = False
    explores: Mapping[str, str] | None = None
    influence: Mapping[str, float] | None = None

    @property
    def recipe(self) -> Recipe:
        """The recipe that it was trained with."""
        return BY_ARN[self.trained.members["recipeArn"]]

    @property
    def group_arn(self) -> str:
        """The dataset group that it belongs to."""
        return str(self.trained.members["datasetGroupArn"])


@dataclass(frozen=True)
class Desk:
    """What answers a request: a model and the data of its dataset group.

    Args:
        items: The items that may be answered: the model's, and behind them those that are only explored.
        columns: The item metadata that the answer shows.
        history: What the user did, oldest first.
        user: The user's metadata.
        explores: How new items are explored, if they are.
        influence: What popularity and freshness count beside similar texts.
    """

    group_arn: str
    recipe: Recipe
    served: ServedModel
    items: Items
    columns: Sequence[str]
    history: Sequence[Interaction]
    user: Row
    explores: Mapping[str, str] | None = None
    influence: Mapping[str, float] | None = None


def serving_of(region: Region, request: Request) -> Serving:
    """The campaign or recommender of a request.

    Raises:
        ResourceNotFound: There is none.
        InvalidInput: It does not answer now.
    """
    kind, arn_key, config_key = (
        ("Campaign", "campaignArn", "campaignConfig")
        if "campaignArn" in request
        else ("Recommender", "recommenderArn", "recommenderConfig")
    )
    with region.lock:
        now = region.clock.now()
        found = region.find(kind, request[arn_key])
        if not found.is_active(now):
            raise InvalidInput(f"{kind} {found.arn} is in state {found.status(now)}; it must be ACTIVE.")
        trained = served_version(region, found) if kind == "Campaign" else found
        config = found.current(now)[config_key]
        return Serving(
            trained,
            config["enableMetadataWithRecommendations"],
            config.get("itemExplorationConfig"),
            config.get("rankingInfluence"),
        )


def desk_of(region: Region, serving: Serving, request: Request) -> Desk:
    """What answers a request for a user."""
    group = serving.group_arn
    with region.lock:
        interactions, users = interactions_of(region, group), records_of(region, group, "USERS")
        records, item_fields = records_of(region, group, "ITEMS"), fields_of(region, group, "ITEMS")
        _check_context(request, fields_of(region, group, "INTERACTIONS"))
    served = region.models.get(folder_of_model(region, serving.trained))  # which may take a moment
    user_id, began = request.get("userId"), serving.trained.timeline.steps[0][0]
    if serving.recipe.trained_as == trends.RECIPE and interactions:
        trends.look_again(region, served, interactions, began)
    return Desk(
        group_arn=group,
        recipe=serving.recipe,
        served=served,
        items=served.items(records, region.clock.now(), region.profile, began if serving.explores else None),
        columns=metadata.requested(request, enabled=serving.shows_metadata, fields=item_fields),
        history=interactions.of_user(user_id) if interactions and user_id else [],
        user=users.as_of(user_id, region.clock.now() - region.profile.filters_lag) if users and user_id else {},
        explores=serving.explores,
        influence=serving.influence,
    )


def _check_context(request: Request, fields: Sequence[Field]) -> None:
    unknown = [name for name in request.get("context", {}) if name not in {field.name for field in fields}]
    if unknown:
        raise InvalidInput(f"The Interactions dataset has no columns [{', '.join(unknown)}] for the context.")
