"""The table of recipes."""

from pathlib import Path

from personalize_local.engine.recipes import RECIPES as TRAINED
from personalize_local.service.recipes import RECIPES

LOCAL = (Path(__file__).parents[2] / "docs" / "local.md").read_text()


def test_the_engine_trains_what_the_table_says_with_the_same_settings():
    for recipe in RECIPES:
        if recipe.trained_as:
            trained = TRAINED[recipe.trained_as]
            assert {parameter.name for parameter in recipe.parameters} <= {one.name for one in trained.hyperparameters}
            assert set(recipe.featurization) <= {one.name for one in trained.featurization}


def test_the_documentation_says_with_what_each_recipe_is_trained():
    rows = [line.split("|") for line in LOCAL.splitlines() if line.startswith("| `aws-")]
    shown = {name.strip(" `"): row[2].strip() for row in rows for name in row[1].split(",")}
    assert {recipe.name for recipe in RECIPES} == shown.keys()
    assert {name for name, model in shown.items() if model == "none"} == {
        recipe.name for recipe in RECIPES if recipe.trained_as is None
    }
