"""GetRecommendations and GetPersonalizedRanking: who asks, what the model says, what the filter leaves."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.freshness import BORN, DAY
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Event, User
from personalize_local.engine.preference import Places, Preference, Scored
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


def recommended(
    region: Region, desk: Desk, request: Request, size: int, liked: Preference | None = None
) -> list[dict[str, Any]]:
    """The best items, as answers show them.

    Args:
        liked: What `preferences` says for the request, if that is known already.

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
    items, liked = desk.items, liked or preferences(region, [(desk, request)])[0]
    at_hand = _not_left_out(region, request, desk, items)
    left = _allowed(region, request, desk, items) & at_hand
    promoted: Places = np.empty(0, dtype=np.intp)
    promotion = promotions.of(request)
    if promotion:
        promotable = _allowed(region, promotion, desk, items) & at_hand
        promoted = liked.best(round(size * promotion["percentPromotedItems"] / 100), promotable)
        left[promoted] = False
    best, who = liked.best(size - len(promoted), left), f"{request.get('userId')} {len(desk.history)}"
    if desk.explores:
        ages = _ages(desk, region.clock.now())
        best = exploration.explore(best, left, liked=liked, ages=ages, config=desk.explores, who=who)
    best = promotions.mixed(best, promoted, who) if promotion else best
    shown = liked.of(best).tolist() if desk.served.model.gives_scores else []
    entries = _entries(items, best, shown, desk)
    if not promotion:
        return entries
    named: dict[str, Any] = {"promotionName": promotion["name"]} if "name" in promotion else {}
    named |= {"reason": ["Promoted item"]} if recipe.gives_reasons else {}
    return [
        entry | named if is_promoted else entry
        for entry, is_promoted in zip(entries, np.isin(best, promoted), strict=True)
    ]


def ranked(
    region: Region, desk: Desk, request: Request, given: Sequence[str], liked: Preference | None = None
) -> list[dict[str, Any]]:
    """The given items, best first, as answers show them; unknown ones last, without a score.

    Args:
        liked: What `preferences` says for the request, if that is known already.

    Raises:
        InvalidInput: The recipe does not rank.
    """
    if desk.recipe.type != RecipeType.PERSONALIZED_RANKING:
        raise InvalidInput(f"The recipe is of type {desk.recipe.type}; use GetRecommendations.")
    wanted = list(dict.fromkeys(given))
    known = desk.items.index
    items = desk.items.some(sorted(wanted, key=lambda item: item not in known))  # the known ones first
    count = sum(item in known for item in wanted)
    liked = liked or preferences(region, [(desk, request)])[0]
    scores = liked.of(np.array([known[item] for item in items.item_ids[:count]], dtype=np.intp))
    scores = scores / (scores.sum() or 1.0)  # over the input list
    left = _allowed(region, request, desk, items)
    best = [place for place in descending(scores, count).tolist() if left[place]]
    unknown = [place for place in range(count, len(wanted)) if left[place]]
    return _entries(items, [*best, *unknown], scores[best].tolist(), desk)


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


def preferences(region: Region, asked: Sequence[tuple[Desk, Request]]) -> list[Preference]:
    """What the users of several requests would like, or what is beside an item; of one campaign or job."""
    now = region.clock.now()
    users = [_user(desk, request, now) for desk, request in asked]
    found = asked[0][0].served.model.preferences(users, now) if asked else []
    return [_as_served(liked, desk) for liked, (desk, _) in zip(found, asked, strict=True)]


def _user(desk: Desk, request: Request, now: float) -> User:
    """Who asks; what is beside an item is what somebody would like who has just taken it."""
    if desk.recipe.type == RecipeType.RELATED_ITEMS:
        return User([Event(request["itemId"], now)])
    events = [
        Event(past.item_id, float(past.timestamp), past.event_type, past.properties.get("EVENT_VALUE"), past.properties)
        for past in desk.history
    ]
    return User(events, desk.user, request.get("context"))


def _as_served(liked: Preference, desk: Desk) -> Preference:
    """A model's preference with what the campaign makes of it."""
    served, influence, known = desk.served, desk.influence, len(desk.served.model.item_ids)
    if desk.recipe.type == RecipeType.RELATED_ITEMS:
        return Scored(lambda: influenced(liked.of(np.arange(known)), served, influence)) if influence else liked
    return liked if len(desk.items.item_ids) == known else exploration.WithNew(liked, known)


def _ages(desk: Desk, now: float) -> NDArray[np.float32]:
    """The age of each item in days; new ones are as old as their metadata says, or of today."""
    ages = desk.served.ages
    if len(desk.items.item_ids) == len(ages):
        return ages
    born = desk.items.column(BORN).values[len(ages) :]
    return np.concatenate([ages, [0.0 if at is None else (now - float(at)) / DAY for at in born]]).astype(np.float32)


def _entries(items: Items, places: Sequence[int] | Places, scores: Sequence[float], desk: Desk) -> list[dict[str, Any]]:
    """The items as answers show them, the first ones with scores."""
    return [
        {
            "itemId": items.item_ids[place],
            **({} if score is None else {"score": round(score, 7)}),
            **metadata.of_item(items, place, desk.columns),
        }
        for place, score in zip_longest(places, scores)
    ]


def recommendation_id(request: Request) -> str:
    """An ID of 40 characters in the service's form, which tells what answered."""
    return f"RID-{str(uuid4())[-25:]}-CID-{mark(request.get('campaignArn') or request['recommenderArn'])}"
