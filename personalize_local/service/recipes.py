"""The recipes that the service offers, as a table; from the developer guide's recipe pages."""

from collections.abc import Mapping

from personalize_local.service.recipe import PREFIX, Recipe, RecipeType

__all__ = ["BY_ARN", "PREFIX", "RECIPES", "Recipe", "RecipeType"]


CUSTOM = (
    Recipe(
        "aws-hrnn",
        RecipeType.USER_PERSONALIZATION,
        "Predicts the items a user will interact with by a hierarchical recurrent neural network",
        trained_as="aws-hrnn",
    ),
    Recipe(
        "aws-hrnn-metadata",
        RecipeType.USER_PERSONALIZATION,
        "HRNN with additional features from the metadata of interactions, users and items",
        trained_as="aws-hrnn-metadata",
    ),
    Recipe(
        "aws-hrnn-coldstart",
        RecipeType.USER_PERSONALIZATION,
        "HRNN with personalized exploration of new items",
        trained_as="aws-hrnn-coldstart",
    ),
    Recipe(
        "aws-user-personalization",
        RecipeType.USER_PERSONALIZATION,
        "Predicts the items a user will interact with and explores cold items",
        explores=True,
        trained_as="aws-hrnn",
    ),
    Recipe(
        "aws-user-personalization-v2",
        RecipeType.USER_PERSONALIZATION,
        "Predicts the items a user will interact with by a transformer over up to 5 million items",
        trained_as="aws-user-personalization-v2",
    ),
    Recipe(
        "aws-personalized-ranking",
        RecipeType.PERSONALIZED_RANKING,
        "Reranks a list of items for a user",
        trained_as="aws-hrnn",
    ),
    Recipe(
        "aws-personalized-ranking-v2",
        RecipeType.PERSONALIZED_RANKING,
        "Reranks a list of items for a user by a transformer over up to 5 million items",
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
        trained_as="aws-trending-now",
    ),
    Recipe(
        "aws-sims",
        RecipeType.RELATED_ITEMS,
        "Finds items similar to an item by item-to-item collaborative filtering",
        trained_as="aws-sims",
    ),
    Recipe(
        "aws-similar-items",
        RecipeType.RELATED_ITEMS,
        "Finds items similar to an item by interactions and metadata",
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
        trained_as="aws-next-best-action",
        needs=("INTERACTIONS", "ACTIONS"),
    ),
    Recipe(
        "aws-item-affinity",
        RecipeType.USER_SEGMENTATION,
        "Finds the users with the greatest interest in an item",
        trained_as="aws-item-affinity",
    ),
    Recipe(
        "aws-item-attribute-affinity",
        RecipeType.USER_SEGMENTATION,
        "Finds the users with the greatest interest in an attribute of items",
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
