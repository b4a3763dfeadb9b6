"""The recipes that the service offers, as a table; from the developer guide's recipe pages."""

from collections.abc import Mapping

from personalize_local.service.recipe import PREFIX, Parameter, Recipe, RecipeType

__all__ = ["BY_ARN", "PREFIX", "RECIPES", "Parameter", "Recipe", "RecipeType"]


def _width(default: int) -> Parameter:
    return Parameter("hidden_dimension", str(default), 32, 256)


BPTT = Parameter("bptt", "32", 2, 32)
RECENCY_MASK = Parameter("recency_mask", "True", values=("True", "False", "true", "false"))
RECENCY_BIAS = Parameter("apply_recency_bias", "true", values=("true", "false"), tunable=False)
HISTORY_LENGTH = {"min_user_history_length_percentile": "0.0", "max_user_history_length_percentile": "0.99"}
SEGMENT_WIDTH = Parameter("hidden_dimension", "149", 32, 256, tunable=False)

CUSTOM = (
    Recipe(
        "aws-hrnn",
        RecipeType.USER_PERSONALIZATION,
        "Predicts the items a user will interact with by a hierarchical recurrent neural network",
        (_width(43), BPTT, RECENCY_MASK),
        HISTORY_LENGTH,
        trained_as="aws-hrnn",
    ),
    Recipe(
        "aws-hrnn-metadata",
        RecipeType.USER_PERSONALIZATION,
        "HRNN with additional features from the metadata of interactions, users and items",
        (_width(43), BPTT, RECENCY_MASK),
        HISTORY_LENGTH,
        trained_as="aws-hrnn-metadata",
    ),
    Recipe(
        "aws-hrnn-coldstart",
        RecipeType.USER_PERSONALIZATION,
        "HRNN with personalized exploration of new items",
        (_width(149), BPTT, RECENCY_MASK),
        {
            **HISTORY_LENGTH,
            "cold_start_max_interactions": "15",
            "cold_start_max_duration": "5.0",
            "cold_start_relative_from": "latestItem",
        },
        trained_as="aws-hrnn-coldstart",
    ),
    Recipe(
        "aws-user-personalization",
        RecipeType.USER_PERSONALIZATION,
        "Predicts the items a user will interact with and explores cold items",
        (_width(149), BPTT, RECENCY_MASK),
        HISTORY_LENGTH,
        explores=True,
        trained_as="aws-hrnn",
    ),
    Recipe(
        "aws-user-personalization-v2",
        RecipeType.USER_PERSONALIZATION,
        "Predicts the items a user will interact with by a transformer over up to 5 million items",
        (RECENCY_BIAS,),
        trained_as="aws-user-personalization-v2",
    ),
    Recipe(
        "aws-personalized-ranking",
        RecipeType.PERSONALIZED_RANKING,
        "Reranks a list of items for a user",
        (_width(149), BPTT, RECENCY_MASK),
        HISTORY_LENGTH,
        trained_as="aws-hrnn",
    ),
    Recipe(
        "aws-personalized-ranking-v2",
        RecipeType.PERSONALIZED_RANKING,
        "Reranks a list of items for a user by a transformer over up to 5 million items",
        (RECENCY_BIAS,),
        trained_as="aws-user-personalization-v2",
    ),
    Recipe(
        "aws-popularity-count",
        RecipeType.POPULAR_ITEMS,
        "Recommends the items with the most interactions",
        trained_as="aws-popularity-count",
    ),
    Recipe(
        "aws-trending-now",
        RecipeType.POPULAR_ITEMS,
        "Recommends the items whose popularity grows fastest",
        featurization={"trend_discovery_frequency": "2 hours"},
        trained_as="aws-trending-now",
    ),
    Recipe(
        "aws-sims",
        RecipeType.RELATED_ITEMS,
        "Finds items similar to an item by item-to-item collaborative filtering",
        (
            Parameter("popularity_discount_factor", "0.5", 0, 1, whole=False),
            Parameter("min_cointeraction_count", "3", 0, 10),
        ),
        {
            "min_user_history_length_percentile": "0.005",
            "max_user_history_length_percentile": "0.995",
            "min_item_interaction_count_percentile": "0.01",
            "max_item_interaction_count_percentile": "0.9",
        },
        trained_as="aws-sims",
    ),
    Recipe(
        "aws-similar-items",
        RecipeType.RELATED_ITEMS,
        "Finds items similar to an item by interactions and metadata",
        (
            Parameter("popularity_discount_factor", "0.0", 0, 1, whole=False, tunable=False),
            Parameter("item_id_hidden_dim", "100", 30, 200),
            Parameter("item_metadata_hidden_dim", "100", 30, 200),
        ),
        trained_as="aws-similar-items",
    ),
    Recipe(
        "aws-semantic-similarity",
        RecipeType.RELATED_ITEMS,
        "Finds items similar to an item by the meaning of their texts",
        trained_as="aws-semantic-similarity",
        needs=("ITEMS",),
    ),
    Recipe(
        "aws-next-best-action",
        RecipeType.PERSONALIZED_ACTIONS,
        "Predicts the actions a user will most likely take",
        (Parameter("action_optimization_period", "14", 7, 28, tunable=False),),
        trained_as="aws-next-best-action",
        needs=("INTERACTIONS", "ACTIONS"),
    ),
    Recipe(
        "aws-item-affinity",
        RecipeType.USER_SEGMENTATION,
        "Finds the users with the greatest interest in an item",
        (SEGMENT_WIDTH,),
        trained_as="aws-item-affinity",
    ),
    Recipe(
        "aws-item-attribute-affinity",
        RecipeType.USER_SEGMENTATION,
        "Finds the users with the greatest interest in an attribute of items",
        (SEGMENT_WIDTH,),
        trained_as="aws-item-attribute-affinity",
        needs=("INTERACTIONS", "ITEMS"),
    ),
)

POPULARITY, NEXT_ITEM, RELATED = "aws-popularity-count", "aws-hrnn", "aws-similar-items"  # the recipes of the engine

USE_CASES = (
    Recipe(
        "aws-ecomm-popular-items-by-views",
        RecipeType.POPULAR_ITEMS,
        "Most viewed",
        trained_as=POPULARITY,
        domain="ECOMMERCE",
        learns_from="View",
        asks_user=True,
    ),
    Recipe(
        "aws-ecomm-popular-items-by-purchases",
        RecipeType.POPULAR_ITEMS,
        "Best sellers",
        trained_as=POPULARITY,
        domain="ECOMMERCE",
        learns_from="Purchase",
        asks_user=True,
    ),
    Recipe(
        "aws-ecomm-frequently-bought-together",
        RecipeType.RELATED_ITEMS,
        "Frequently bought together",
        trained_as=RELATED,
        domain="ECOMMERCE",
        learns_from="Purchase",
    ),
    Recipe(
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        RecipeType.RELATED_ITEMS,
        "Customers who viewed X also viewed",
        trained_as=RELATED,
        domain="ECOMMERCE",
        learns_from="View",
        leaves_out="Purchase",
        asks_user=True,
    ),
    Recipe(
        "aws-ecomm-recommended-for-you",
        RecipeType.USER_PERSONALIZATION,
        "Recommended for you",
        trained_as=NEXT_ITEM,
        explores=True,
        domain="ECOMMERCE",
        leaves_out="Purchase",
    ),
    Recipe(
        "aws-vod-because-you-watched-x",
        RecipeType.RELATED_ITEMS,
        "Because you watched X",
        trained_as=RELATED,
        domain="VIDEO_ON_DEMAND",
        learns_from="Watch",
        leaves_out="Watch",
        asks_user=True,
    ),
    Recipe(
        "aws-vod-more-like-x",
        RecipeType.RELATED_ITEMS,
        "More like X",
        trained_as=RELATED,
        domain="VIDEO_ON_DEMAND",
        leaves_out="Watch",
        asks_user=True,
        needs=("INTERACTIONS", "ITEMS"),
    ),
    Recipe(
        "aws-vod-most-popular",
        RecipeType.POPULAR_ITEMS,
        "Most popular",
        trained_as=POPULARITY,
        domain="VIDEO_ON_DEMAND",
        learns_from="Watch",
        asks_user=True,
    ),
    Recipe(
        "aws-vod-trending-now",
        RecipeType.POPULAR_ITEMS,
        "Trending now",
        featurization={"trend_discovery_frequency": "2 hours"},
        trained_as="aws-trending-now",
        domain="VIDEO_ON_DEMAND",
    ),
    Recipe(
        "aws-vod-top-picks",
        RecipeType.USER_PERSONALIZATION,
        "Top picks for you",
        trained_as=NEXT_ITEM,
        explores=True,
        domain="VIDEO_ON_DEMAND",
        leaves_out="Watch",
    ),
)

RECIPES = (*CUSTOM, *USE_CASES)

BY_ARN: Mapping[str, Recipe] = {recipe.arn: recipe for recipe in RECIPES}
