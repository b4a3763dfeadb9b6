"""GetRecommendations and GetPersonalizedRanking: who asks, what the model says, what the filter leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from data_prep.schemas import Field
from personalize_local.engine.log import Event
from personalize_local.service import filtering, metadata
from personalize_local.service.errors import InvalidInput, NotSimulated, ResourceNotFound
from personalize_local.service.kinds.campaigns import served_version
from personalize_local.service.kinds.datasets import fields_of, interactions_of, records_of
from personalize_local.service.kinds.kind import Request
from personalize_local.service.models import Items, ServedModel
from personalize_local.service.recipes import BY_ARN, RecipeType
from personalize_local.service.region import Region
from personalize_local.service.rows import Interaction, RecordRows, Row
from personalize_local.service.trainings import folder_of_version

USUAL_RESULTS = 25
MOST_RESULTS = 500
MOST_WITH_METADATA = 50


@dataclass(frozen=True)
class Desk:
    """What answers a request: a campaign's model and the data of its dataset group.

    Args:
        columns: The item metadata that the answer shows.
        history: What the user did, oldest first.
        user: The user's metadata.
    """

    group_arn: str
    recipe_type: RecipeType
    served: ServedModel
    records: RecordRows | None
    columns: Sequence[str]
    history: Sequence[Interaction]
    user: Row


def get_recommendations(region: Region, request: Request) -> dict[str, Any]:
    """GetRecommendations: the best items of the catalogue for a user."""
    if ("campaignArn" in request) == ("recommenderArn" in request):
        raise InvalidInput("Exactly one of campaignArn and recommenderArn must be given.")
    if "recommenderArn" in request:
        raise ResourceNotFound(f"Resource Arn {request['recommenderArn']} does not exist.", status=404)
    if "promotions" in request:
        raise NotSimulated("GetRecommendations with promotions is not simulated")
    desk = _desk(region, request)
    if desk.recipe_type == RecipeType.PERSONALIZED_RANKING:
        raise InvalidInput("The campaign's recipe is of type PERSONALIZED_RANKING; use GetPersonalizedRanking.")
    if desk.recipe_type == RecipeType.USER_PERSONALIZATION and not request.get("userId"):
        raise InvalidInput("userId is required for recipes of type USER_PERSONALIZATION.")
    size = request.get("numResults", USUAL_RESULTS)
    _check_size("numResults", size, desk)
    items, scores = desk.served.items(desk.records), _scores(region, desk)
    places = np.flatnonzero(_allowed(region, request, desk, items))
    best = places[_descending(scores[places], size)]
    shown = scores if desk.served.model.gives_scores else None
    return {"itemList": _entries(items, best, shown, desk), "recommendationId": _recommendation_id()}


def get_personalized_ranking(region: Region, request: Request) -> dict[str, Any]:
    """GetPersonalizedRanking: given items in the order a user would like them; unknown ones last, without a score."""
    desk = _desk(region, request)
    if desk.recipe_type != RecipeType.PERSONALIZED_RANKING:
        raise InvalidInput(f"The campaign's recipe is of type {desk.recipe_type}; use GetRecommendations.")
    wanted = list(dict.fromkeys(request["inputList"]))
    _check_size("inputList", len(wanted), desk)
    known = desk.served.items(desk.records).index
    items = Items(sorted(wanted, key=lambda item: item not in known), desk.records)  # the known ones first
    count = sum(item in known for item in wanted)
    scores = _scores(region, desk)[[known[item] for item in items.item_ids[:count]]]
    scores = scores / (scores.sum() or 1.0)  # over the input list
    order = [*_descending(scores, count), *range(count, len(wanted))]
    left = _allowed(region, request, desk, items)
    ranked = [place for place in order if left[place]]
    return {"personalizedRanking": _entries(items, ranked, scores, desk), "recommendationId": _recommendation_id()}


def _desk(region: Region, request: Request) -> Desk:
    with region.lock:
        try:
            campaign = region.find("Campaign", request["campaignArn"])
        except ResourceNotFound as error:
            raise ResourceNotFound(error.message, status=404) from error
        status = campaign.status(region.clock.now())
        if status != "ACTIVE":
            raise InvalidInput(f"Campaign {campaign.arn} is in state {status}; it must be ACTIVE.")
        version = served_version(region, campaign)
        group, config = campaign.members["datasetGroupArn"], campaign.current(region.clock.now())["campaignConfig"]
        interactions, users = interactions_of(region, group), records_of(region, group, "USERS")
        items, item_fields = records_of(region, group, "ITEMS"), fields_of(region, group, "ITEMS")
        _check_context(request, fields_of(region, group, "INTERACTIONS"))
        served = region.models.get(folder_of_version(region, version))
    user_id = request.get("userId")
    return Desk(
        group_arn=group,
        recipe_type=BY_ARN[version.members["recipeArn"]].type,
        served=served,
        records=items,
        columns=metadata.requested(request, enabled=config["enableMetadataWithRecommendations"], fields=item_fields),
        history=interactions.of_user(user_id) if interactions and user_id else [],
        user=users.some([user_id]).get(user_id, {}) if users and user_id else {},
    )


def _check_context(request: Request, fields: Sequence[Field]) -> None:
    unknown = [name for name in request.get("context", {}) if name not in {field.name for field in fields}]
    if unknown:
        raise InvalidInput(f"The Interactions dataset has no columns [{', '.join(unknown)}] for the context.")


def _check_size(member: str, size: int, desk: Desk) -> None:
    most = MOST_WITH_METADATA if desk.columns else MOST_RESULTS
    if size > most:
        raise InvalidInput(f"{member} can be at most {most}{' with metadata' if desk.columns else ''}, got {size}.")


def _allowed(region: Region, request: Request, desk: Desk, items: Items) -> NDArray[np.bool_]:
    """Whether the request's filter leaves each item."""
    view = filtering.View(items, filtering.remembered(desk.history), desk.user, request.get("itemId"))
    return filtering.allowed(region, desk.group_arn, request, view)


def _scores(region: Region, desk: Desk) -> NDArray[np.float32]:
    """The user's preference for each item of the model, higher is better."""
    events = [
        Event(past.item_id, float(past.timestamp), past.event_type, past.properties.get("EVENT_VALUE"))
        for past in desk.history
    ]
    return desk.served.model.scores(events, region.clock.now())


def _descending(scores: NDArray[np.float32], size: int) -> NDArray[np.intp]:
    """The places of the highest scores, best first; equal ones in the order they have."""
    size = min(size, len(scores))
    if 0 < size < len(scores):
        threshold = np.partition(scores, len(scores) - size)[len(scores) - size]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    return candidates[np.argsort(-scores[candidates], kind="stable")][:size]


def _entries(
    items: Items, places: Sequence[int] | NDArray[np.intp], scores: NDArray[np.float32] | None, desk: Desk
) -> list[dict[str, Any]]:
    """The items as answers show them; scores, if given, of the first items only."""
    return [
        {
            "itemId": items.item_ids[place],
            **({} if scores is None or place >= len(scores) else {"score": round(float(scores[place]), 7)}),
            **metadata.of_item(items, place, desk.columns),
        }
        for place in places
    ]


def _recommendation_id() -> str:
    """An ID of 40 characters in the service's form."""
    return f"RID-{str(uuid4())[-25:]}-CID-{uuid4().hex[:6]}"
