"""GetActionRecommendations: the actions that a user will most likely take."""

from typing import Any

from personalize_local.engine.lists import descending
from personalize_local.engine.log import Event
from personalize_local.service import filtering, runtime
from personalize_local.service.errors import InvalidInput
from personalize_local.service.filters.tree import Subject
from personalize_local.service.kinds.datasets import interactions_of, records_of
from personalize_local.service.kinds.kind import Request
from personalize_local.service.recipes import RecipeType
from personalize_local.service.region import Region
from personalize_local.service.serving import serving_of
from personalize_local.service.trainings import folder_of_model

USUAL_RESULTS, MOST_RESULTS = 5, 100


def get_action_recommendations(region: Region, request: Request) -> dict[str, Any]:
    """GetActionRecommendations: the likeliest actions first, with their probabilities."""
    size = request.get("numResults", USUAL_RESULTS)
    if size > MOST_RESULTS:
        raise InvalidInput(f"numResults can be at most {MOST_RESULTS}, got {size}.")
    if "campaignArn" not in request:
        raise InvalidInput("campaignArn is required.")
    serving = serving_of(region, request)
    group, user_id = serving.group_arn, request.get("userId")
    if serving.recipe.type != RecipeType.PERSONALIZED_ACTIONS:
        raise InvalidInput(f"The recipe is of type {serving.recipe.type}; use GetRecommendations.")
    if not user_id:
        raise InvalidInput(f"userId is required for {serving.recipe.name}, a recipe of type {serving.recipe.type}.")
    with region.lock:
        deeds = interactions_of(region, group, "ACTION_INTERACTIONS")
        actions, users = records_of(region, group, "ACTIONS"), records_of(region, group, "USERS")
    served = region.models.get(folder_of_model(region, serving.trained))
    history = deeds.of_user(user_id) if deeds else []
    events = [Event(past.item_id, float(past.timestamp), past.event_type) for past in history]
    now = region.clock.now()
    scores, items = served.model.scores(events, now), served.items(actions, now, region.profile)
    user = users.as_of(user_id, now - region.profile.filters_lag) if users else {}
    seen = filtering.remembered(history, region.quotas.filter_action_interactions)
    view = filtering.View(items, seen, user, subject=Subject.ACTION)
    best = descending(scores, size, filtering.allowed(region, group, request, view))
    return {
        "actionList": [{"actionId": items.item_ids[place], "score": round(float(scores[place]), 7)} for place in best],
        "recommendationId": runtime.recommendation_id(request),
    }
