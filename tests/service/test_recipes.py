"""The table of recipes."""

from pathlib import Path

import pytest

from personalize_local.engine import parameters
from personalize_local.service.recipes import RECIPES
from personalize_stack.config.recipes import RECIPES as CONFIGURED

PROBES = (
    *("-1", "0", "1", "2", "7", "10", "11", "15", "28", "29", "30", "31", "32", "33", "200", "201", "256", "257"),
    *("-0.1", "0.0", "0.5", "1.0", "1.1", "5.0", "True", "false", "latestItem", "2 hours", "3 days", "most", "nan"),
)
LOCAL = (Path(__file__).parents[2] / "docs" / "local.md").read_text()


def test_the_engine_takes_the_settings_of_every_recipe_that_it_trains():
    for recipe in RECIPES:
        known = parameters.of(recipe.trained_as)
        assert recipe.parameters.defaults.keys() <= known.defaults.keys()
        assert {one.name for one in recipe.parameters.featurization} <= {one.name for one in known.featurization}


@pytest.mark.parametrize("name", CONFIGURED)
def test_the_configuration_knows_the_same_settings_with_the_same_ranges(name):
    """Neither may import the other."""
    configured, known = CONFIGURED[name], parameters.of(name)
    assert set(configured.tunable) == {one.name for one in known.tunable}
    for settings, table in (
        (configured.hyperparameters, known.algorithm),
        (configured.featurization, known.featurization),
    ):
        assert {one: settings[one].default for one in settings} == {one.name: one.default for one in table}
        for parameter in table:
            for text in PROBES:
                spelled = settings[parameter.name].spelled(text)
                try:
                    parameter.parse(text)
                except ValueError:
                    assert spelled is None, (parameter.name, text)
                else:
                    assert spelled is not None, (parameter.name, text)


def test_the_documentation_says_with_what_each_recipe_is_trained():
    rows = [line.split("|") for line in LOCAL.splitlines() if line.startswith("| `aws-")]
    shown = {name.strip(" `"): row[2].strip() for row in rows for name in row[1].split(",")}
    assert {recipe.name for recipe in RECIPES} == shown.keys()
    assert {name for name, model in shown.items() if model == "none"} == {
        recipe.name for recipe in RECIPES if recipe.trained_as is None
    }
