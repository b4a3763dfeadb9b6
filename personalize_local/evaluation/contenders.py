"""Who takes part in a comparison: the baselines, and recipes with their settings."""

from collections.abc import Mapping

from personalize_local.engine import recipes
from personalize_local.engine.histories import Histories
from personalize_local.engine.model import Ranker
from personalize_local.engine.run import Run
from personalize_local.evaluation.baselines import BASELINES
from personalize_local.evaluation.compare import Contender
from personalize_local.service.recipes import RECIPES, RecipeType

# The others answer no list of items for a user, or are tested in another way.
COMPARED = {
    RecipeType.USER_PERSONALIZATION,
    RecipeType.PERSONALIZED_RANKING,
    RecipeType.POPULAR_ITEMS,
    RecipeType.RELATED_ITEMS,
}


def names() -> list[str]:
    """The recipes that can take part."""
    return [recipe.name for recipe in RECIPES if recipe.domain is None and recipe.type in COMPARED]


def baselines() -> list[Contender]:
    """What a recipe has to beat."""
    return [Contender(name, fit) for name, fit in BASELINES.items()]


def of_recipe(
    label: str, recipe: str, hyperparameters: Mapping[str, str], featurization: Mapping[str, str]
) -> Contender:
    """A recipe with settings; texts that it cannot take are told when it is trained.

    Args:
        recipe: One of `names()`.
    """
    (trained_as,) = (known.trained_as for known in RECIPES if known.name == recipe)

    def fit(histories: Histories, run: Run) -> Ranker:
        values = recipes.values_of(trained_as, hyperparameters, featurization)
        return recipes.RECIPES[trained_as].fit(histories, values, run)

    return Contender(label, fit, recipe)
