"""What solutions may ask for with which recipe."""

import pytest

from .conftest import ITEMS

V1, V2 = "aws-user-personalization", "aws-user-personalization-v2"
EVENTS = {"eventParametersList": [{"eventType": "watch", "weight": 0.3}, {"eventType": "click", "weight": 0.1}]}


def recipe_arn(name):
    return f"arn:aws:personalize:::recipe/{name}"


@pytest.fixture
def group(lab):
    group = lab.group()
    lab.dataset(group)
    lab.dataset(group, "Items", ITEMS | {"PRICE": "float"})
    return group


@pytest.mark.parametrize(
    ("recipe", "more", "problem"),
    [
        (V2, {"eventType": "watch"}, f"eventType is not supported by the recipe {recipe_arn(V2)}; use eventsConfig."),
        (
            V2,
            {"solutionConfig": {"eventValueThreshold": "3"}},
            f"eventValueThreshold is not supported by the recipe {recipe_arn(V2)}; use eventsConfig.",
        ),
        (
            V2,
            {"solutionConfig": {"eventsConfig": {"eventParametersList": [{"weight": 0.3}]}}},
            "eventsConfig.eventParametersList must have at least one event, each with an eventType.",
        ),
        (
            V2,
            {
                "solutionConfig": {
                    "eventsConfig": {"eventParametersList": [{"eventType": "watch"}, {"eventType": "Watch"}]}
                }
            },
            "eventsConfig has the event types [watch] more than once.",
        ),
        (
            V2,
            {"solutionConfig": {"optimizationObjective": {"itemAttribute": "PRICE"}}},
            f"optimizationObjective is not supported by the recipe {recipe_arn(V2)}.",
        ),
        (
            V1,
            {"solutionConfig": {"optimizationObjective": {"itemAttribute": "YEAR"}}},
            "optimizationObjective.itemAttribute 'YEAR' is not a column of numbers that cannot be null "
            "in the Items dataset.",
        ),
        (
            V1,
            {"performIncrementalUpdate": True},
            f"performIncrementalUpdate is not supported by the recipe {recipe_arn(V1)}.",
        ),
        (
            V1,
            {"solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}}},
            "schedulingExpression must be rate(1 day) to rate(30 days), got 31 days.",
        ),
        (
            V1,
            {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["COLOR"]}}}},
            "The ITEMS dataset has no columns [COLOR].",
        ),
        (
            "aws-popularity-count",
            {"performHPO": True},
            f"performHPO is not supported by the recipe {recipe_arn('aws-popularity-count')}.",
        ),
        (
            "aws-hrnn",
            {"performHPO": True, "solutionConfig": {"hpoConfig": {"hpoObjective": {"metricName": "beauty"}}}},
            "The metric 'beauty' is not one of [",
        ),
        (
            "aws-hrnn",
            {
                "performHPO": True,
                "solutionConfig": {"hpoConfig": {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "41"}}},
            },
            "hpoResourceConfig.maxNumberOfTrainingJobs '41' is not a whole number from 1 to 40.",
        ),
    ],
)
def test_what_the_recipe_does_not_take_is_refused(lab, group, recipe, more, problem):
    request = {"name": "films", "datasetGroupArn": group, "recipeArn": recipe_arn(recipe), **more}
    code, message = lab.refusal("CreateSolution", **request)
    assert (code, message[: len(problem)]) == ("InvalidInputException", problem)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "height", "minValue": 1, "maxValue": 2}, "Provide a hyperparameter that is used in the algorithm: "),
        ({"name": "hidden_dimension", "minValue": 16, "maxValue": 64}, "The range of hidden_dimension: '16' is not "),
        ({"name": "hidden_dimension", "minValue": 64, "maxValue": 32}, "The range of hidden_dimension needs a minV"),
        ({"name": "hidden_dimension"}, "The range of hidden_dimension needs a minValue and a maxValue"),
    ],
)
def test_ranges_to_search_must_lie_within_those_of_the_recipe(lab, group, given, problem):
    ranges = {"algorithmHyperParameterRanges": {"integerHyperParameterRanges": [given]}}
    request = {"name": "films", "datasetGroupArn": group, "recipeArn": recipe_arn("aws-hrnn"), "performHPO": True}
    code, message = lab.refusal("CreateSolution", **request, solutionConfig={"hpoConfig": ranges})
    assert (code, message[: len(problem)]) == ("InvalidInputException", problem)


def test_what_the_recipe_takes_is_kept(lab, group):
    config = {
        "optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"},
        "trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["PRICE"]}},
        "autoTrainingConfig": {"schedulingExpression": "rate(1 day)"},
    }
    solution = lab.solution(group, V1, solutionConfig=config)
    assert lab("DescribeSolution", solutionArn=solution)["solution"]["solutionConfig"] == config


def test_automl_takes_no_recipe_and_only_some_in_its_list(lab, group):
    request = {"name": "films", "datasetGroupArn": group, "performAutoML": True}
    assert lab.refusal("CreateSolution", **request, recipeArn=recipe_arn(V1)) == (
        "InvalidInputException",
        "recipeArn cannot be given when performAutoML is true; use autoMLConfig.recipeList.",
    )
    config = {"autoMLConfig": {"recipeList": [recipe_arn("aws-sims")]}}
    assert lab.refusal("CreateSolution", **request, solutionConfig=config)[0] == "InvalidInputException"


def test_an_update_is_held_to_the_same_rules(lab, group):
    solution = lab.solution(group, V1)
    assert lab.refusal("UpdateSolution", solutionArn=solution, solutionUpdateConfig={"eventsConfig": EVENTS}) == (
        "InvalidInputException",
        f"eventsConfig is not supported by the recipe {recipe_arn(V1)}; use eventType.",
    )
    assert lab.refusal("UpdateSolution", solutionArn=solution, performIncrementalUpdate=True)[0] == (
        "InvalidInputException"
    )
    weighted = lab.solution(group, V2, "weighted")
    lab("UpdateSolution", solutionArn=weighted, solutionUpdateConfig={"eventsConfig": EVENTS})
    lab.wait()
    assert lab("DescribeSolution", solutionArn=weighted)["solution"]["solutionConfig"]["eventsConfig"] == EVENTS
