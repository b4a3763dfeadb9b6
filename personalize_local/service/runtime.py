"""GetRecommendations and GetPersonalizedRanking: who asks, what the model says, what the filter leaves."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.freshness import BORN, DAY
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Event
from personalize_local.service import exploration, filtering, metadata, promotions
from personalize_local.service.attribution import mark
from personalize_local.service.errors import InvalidInput
from personalize_local.service.influence import influenced
from personalize_local.service.kinds.kind import Request
from personalize_local.service.models import Items
from personalize_local.service.recipes import Recipe, RecipeType
from personalize_local.service.region import Region
from personalize_local.service.serving import Desk, desk_of, serving_of

USUAL_RESULTS = 25
MOST_RESULTS = 500
MOST_WITH_METADATA = 50


def get_recommendations(region: Region, request: Request) -> dict[str, Any]:
    """GetRecommendations: the best items of the catalogue for a user, or beside an item."""
    if ("campaignArn" in request) == ("recommenderArn" in request):
        raise InvalidInput("Exactly one of campaignArn and recommenderArn must be given.")
    desk = desk_of(region, serving_of(region, request), request)
    size = request.get("numResults", USUAL_RESULTS)
    _check_size("numResults", size, desk)
    return {"itemList": recommended(region, desk, request, size), "recommendationId": recommendation_id(request)}


def get_personalized_ranking(region: Region, request: Request) -> dict[str, Any]:
    """GetPersonalizedRanking: given items in the order a user would like them; unknown ones last, without a score."""
    desk = desk_of(region, serving_of(region, request), request)
    _check_size("inputList", len(set(request["inputList"])), desk)
    return {
        "personalizedRanking": ranked(region, desk, request, request["inputList"]),
        "recommendationId": recommendation_id(request),
    }


def recommended(region: Region, desk: Desk, request: Request, size: int) -> list[dict[str, Any]]:
    """The best items, as answers show them.

    Raises:
        InvalidInput: The request lacks what the recipe needs.
    """
    recipe = desk.recipe
    if recipe.type == RecipeType.PERSONALIZED_RANKING:
        raise InvalidInput("The recipe is of type PERSONALIZED_RANKING; use GetPersonalizedRanking.")
    if recipe.type == RecipeType.PERSONALIZED_ACTIONS:
        raise InvalidInput("The recipe is of type PERSONALIZED_ACTIONS; use GetActionRecommendations.")
    if recipe.type == RecipeType.USER_PERSONALIZATION or recipe.asks_user:
        _require(request, "userId", recipe)
    if recipe.type == RecipeType.RELATED_ITEMS:
        _require(request, "itemId", recipe)
    items, scores = desk.items, _scores(region, desk, request)
    at_hand = _not_left_out(region, request, desk, items)
    left = _allowed(region, request, desk, items) & at_hand
    promoted, promotion = np.empty(0, dtype=np.intp), promotions.of(request)
    if promotion:
        promotable = _allowed(region, promotion, desk, items) & at_hand
        promoted = descending(scores, round(size * promotion["percentPromotedItems"] / 100), promotable)
        left[promoted] = False
    best, who = descending(scores, size - len(promoted), left), f"{request.get('userId')} {len(desk.history)}"
    if desk.explores:
        ages = _ages(desk, region.clock.now())
        best = exploration.explore(best, left, scores=scores, ages=ages, config=desk.explores, who=who)
    shown = scores if desk.served.model.gives_scores else None
    if not promotion:
        return _entries(items, best, shown, desk)
    best = promotions.mixed(best, promoted, who)
    named: dict[str, Any] = {"promotionName": promotion["name"]} if "name" in promotion else {}
    named |= {"reason": ["Promoted item"]} if recipe.gives_reasons else {}
    entries = zip(_entries(items, best, shown, desk), np.isin(best, promoted), strict=True)
    return [entry | named if is_promoted else entry for entry, is_promoted in entries]


def ranked(region: Region, desk: Desk, request: Request, given: Sequence[str]) -> list[dict[str, Any]]:
    """The given items, best first, as answers show them; unknown ones last, without a score.

    Raises:
        InvalidInput: The recipe does not rank.
    """
    if desk.recipe.type != RecipeType.PERSONALIZED_RANKING:
        raise InvalidInput(f"The recipe is of type {desk.recipe.type}; use GetRecommendations.")
    wanted = list(dict.fromkeys(given))
    known = desk.items.index
    items = desk.items.some(sorted(wanted, key=lambda item: item not in known))  # the known ones first
    count = sum(item in known for item in wanted)
    scores = _scores(region, desk, request)[[known[item] for item in items.item_ids[:count]]]
    scores = scores / (scores.sum() or 1.0)  # over the input list
    order = [*descending(scores, count), *range(count, len(wanted))]
    left = _allowed(region, request, desk, items)
    return _entries(items, [place for place in order if left[place]], scores, desk)


def _require(request: Request, member: str, recipe: Recipe) -> None:
    if not request.get(member):
        raise InvalidInput(f"{member} is required for {recipe.name}, a recipe of type {recipe.type}.")


def _check_size(member: str, size: int, desk: Desk) -> None:
    most = MOST_WITH_METADATA if desk.columns else MOST_RESULTS
    if size > most:
        raise InvalidInput(f"{member} can be at most {most}{' with metadata' if desk.columns else ''}, got {size}.")


def _allowed(region: Region, request: Request, desk: Desk, items: Items) -> NDArray[np.bool_]:
    """Whether the request's filter leaves each item; without a filter, it leaves all."""
    if "filterArn" not in request:
        return np.full(len(items.item_ids), True)
    view = filtering.View(items, _remembered(region, desk), desk.user, request.get("itemId"))
    return filtering.allowed(region, desk.group_arn, request, view)


def _remembered(region: Region, desk: Desk) -> list[tuple[str, str | None]]:
    """What filters know of the user."""
    return filtering.remembered(desk.history, region.quotas.filter_interactions)


def _not_left_out(region: Region, request: Request, desk: Desk, items: Items) -> NDArray[np.bool_]:
    """Whether each item may be answered: not the one asked about, nor what the use case leaves out by itself."""
    left = np.full(len(items.item_ids), True)
    kind = desk.recipe.leaves_out
    away = {item for item, event_type in _remembered(region, desk) if _is(event_type, kind)} if kind else set()
    if desk.recipe.type == RecipeType.RELATED_ITEMS:
        away.add(request["itemId"])
    left[[items.index[item] for item in away if item in items.index]] = False
    return left


def _is(event_type: str | None, wanted: str) -> bool:
    """Whether an event is of a type; use cases do not tell upper from lower case."""
    return event_type is not None and event_type.lower() == wanted.lower()


def _scores(region: Region, desk: Desk, request: Request) -> NDArray[np.float32]:
    """The preference for each item, higher is better: the user's, or beside an item; 0 for those that are new."""
    if desk.recipe.type == RecipeType.RELATED_ITEMS:
        similar = desk.served.model.scores([Event(request["itemId"], region.clock.now())], region.clock.now())
        return influenced(similar, desk.served, desk.influence) if desk.influence else similar
    events = [
        Event(past.item_id, float(past.timestamp), past.event_type, past.properties.get("EVENT_VALUE"))
        for past in desk.history
    ]
    scores = desk.served.model.scores(events, region.clock.now(), desk.user)
    new = len(desk.items.item_ids) - len(scores)
    return np.concatenate([scores, np.zeros(new, scores.dtype)]) if new else scores


def _ages(desk: Desk, now: float) -> NDArray[np.float32]:
    """The age of each item in days; new ones are as old as their metadata says, or of today."""
    ages = desk.served.ages
    if len(desk.items.item_ids) == len(ages):
        return ages
    born = desk.items.column(BORN).values[len(ages) :]
    return np.concatenate([ages, [0.0 if at is None else (now - float(at)) / DAY for at in born]]).astype(np.float32)


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


def recommendation_id(request: Request) -> str:
    """An ID of 40 characters in the service's form, which tells what answered."""
    return f"RID-{str(uuid4())[-25:]}-CID-{mark(request.get('campaignArn') or request['recommenderArn'])}"
