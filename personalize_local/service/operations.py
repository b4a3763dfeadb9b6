"""The operations that are built: those that all kinds share, and the few that one kind has to itself."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from personalize_local.service import actions, api, events, lifecycle, recipe_operations, runtime, tags
from personalize_local.service.kinds import datasets, metric_attributions, solution_versions
from personalize_local.service.kinds.kind import Kind, Request
from personalize_local.service.kinds.recommenders import RECOMMENDER
from personalize_local.service.kinds.table import KINDS
from personalize_local.service.profiles import Verb
from personalize_local.service.region import Region

Handler = Callable[[Region, Request], dict[str, Any]]


def _of_kind(kind: Kind) -> Iterator[tuple[str, Handler]]:
    """The operations that the models have for a kind, as far as they are built."""
    offered = api.service_model(api.CONTROL).operation_names
    if kind.admit:
        yield f"Create{kind.stem}", partial(lifecycle.create, kind)
    if kind.change:
        yield f"Update{kind.stem}", partial(lifecycle.update, kind)
    yield f"Describe{kind.stem}", partial(lifecycle.describe, kind)
    yield kind.list_operation, partial(lifecycle.list_all, kind)
    if f"Delete{kind.stem}" in offered:
        yield f"Delete{kind.stem}", partial(lifecycle.delete, kind)


OPERATIONS: Mapping[str, Handler] = {
    **{name: handler for kind in KINDS.values() for name, handler in _of_kind(kind)},
    "DeleteDataset": datasets.delete_dataset,
    "StopSolutionVersionCreation": solution_versions.stop,
    "StopRecommender": partial(lifecycle.switch, Verb.STOP, RECOMMENDER),
    "StartRecommender": partial(lifecycle.switch, Verb.START, RECOMMENDER),
    "GetSolutionMetrics": solution_versions.get_metrics,
    "ListMetricAttributionMetrics": metric_attributions.list_metrics,
    "ListRecipes": recipe_operations.list_recipes,
    "DescribeRecipe": recipe_operations.describe_recipe,
    "DescribeAlgorithm": recipe_operations.describe_algorithm,
    "DescribeFeatureTransformation": recipe_operations.describe_feature_transformation,
    "GetRecommendations": runtime.get_recommendations,
    "GetPersonalizedRanking": runtime.get_personalized_ranking,
    "GetActionRecommendations": actions.get_action_recommendations,
    "PutEvents": events.put_events,
    "PutItems": events.put_items,
    "PutActions": events.put_actions,
    "PutActionInteractions": events.put_action_interactions,
    "PutUsers": events.put_users,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
}
