"""Trainings that try several things and keep the best, and those that learn from some events more than from others."""

import pytest

from .conftest import START, small_log

METRIC = "normalized_discounted_cumulative_gain_at_25"
HRNN, V1 = (f"arn:aws:personalize:::recipe/{name}" for name in ("aws-hrnn", "aws-user-personalization"))


def described(lab, version):
    return lab("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]


def test_tuning_tries_values_within_the_ranges_and_keeps_the_best(lab):
    ranges = {
        "integerHyperParameterRanges": [{"name": "min_cointeraction_count", "minValue": 1, "maxValue": 10}],
        "continuousHyperParameterRanges": [{"name": "popularity_discount_factor", "minValue": 0.1, "maxValue": 0.3}],
    }
    objective = {"type": "Maximize", "metricName": "precision_at_5"}
    hpo = {
        "hpoObjective": objective,
        "hpoResourceConfig": {"maxNumberOfTrainingJobs": "6", "maxParallelTrainingJobs": "2"},
        "algorithmHyperParameterRanges": ranges,
    }
    group = lab.filled_group()
    solution = lab.solution(group, "aws-sims", performHPO=True, solutionConfig={"hpoConfig": hpo})
    version = lab.version(solution)
    tuned = described(lab, version)["tunedHPOParams"]["algorithmHyperParameters"]
    assert 1 <= int(tuned["min_cointeraction_count"]) <= 10
    assert 0.1 <= float(tuned["popularity_discount_factor"]) <= 0.3
    found = lab("GetSolutionMetrics", solutionVersionArn=version)["metrics"]["precision_at_5"]
    worst = lab.version(
        lab.solution(
            group,
            "aws-sims",
            "worst",
            performHPO=True,
            solutionConfig={"hpoConfig": hpo | {"hpoObjective": objective | {"type": "Minimize"}}},
        )
    )
    assert found >= lab("GetSolutionMetrics", solutionVersionArn=worst)["metrics"]["precision_at_5"]


def test_a_version_without_tuning_shows_no_tuned_values(lab):
    assert "tunedHPOParams" not in described(lab, lab.version(lab.solution(lab.filled_group(), "aws-sims")))


def test_automl_names_the_recipe_that_it_found_best(lab):
    config = {"autoMLConfig": {"metricName": METRIC, "recipeList": [HRNN]}}
    group = lab.filled_group()
    solution = lab("CreateSolution", name="films", datasetGroupArn=group, performAutoML=True, solutionConfig=config)
    solution = solution["solutionArn"]
    lab.wait()
    shown = lab("DescribeSolution", solutionArn=solution)["solution"]
    assert (shown["performAutoML"], shown["performHPO"]) == (True, True)
    assert not {"recipeArn", "autoMLResult"} & shown.keys()
    version = lab.version(solution)
    assert lab("DescribeSolution", solutionArn=solution)["solution"]["autoMLResult"] == {"bestRecipeArn": HRNN}
    assert described(lab, version)["recipeArn"] == HRNN
    assert lab.recommended(lab.campaign(version), userId="u1", numResults=3) != []


def test_events_of_no_listed_type_and_below_the_threshold_are_not_learned_from(lab):
    events = [{"eventType": "watch", "weight": 0.3}, {"eventType": "click", "weight": 0.1}]
    rows = [
        *small_log(),
        *((f"u{number % 50}", "clicked", START + number, "click") for number in range(100)),
        *((f"u{number % 50}", "scrolled", START + number, "scroll") for number in range(100)),
    ]
    config = {"eventsConfig": {"eventParametersList": events}}
    solution = lab.solution(lab.filled_group(rows=rows), "aws-user-personalization-v2", solutionConfig=config)
    version = lab.version(solution)
    metrics = lab("GetSolutionMetrics", solutionVersionArn=version)["metrics"]
    assert 0 < metrics["normalized_discounted_cumulative_gain_with_event_weights_at_25"] <= 1
    answered = lab.recommended(lab.campaign(version), userId="u1", numResults=50)
    assert "clicked" in answered
    assert "scrolled" not in answered


def test_an_update_needs_a_full_version_of_the_recipe_that_has_updates(lab):
    group = lab.filled_group()
    other = lab.solution(group, "aws-sims", "sims")
    assert lab.refusal("CreateSolutionVersion", solutionArn=other, trainingMode="UPDATE") == (
        "InvalidInputException",
        f"trainingMode UPDATE is not supported by the solution {other}; use FULL.",
    )
    small = {"algorithmHyperParameters": {"hidden_dimension": "32"}}
    solution = lab.solution(group, "aws-user-personalization", solutionConfig=small)
    assert lab.refusal("CreateSolutionVersion", solutionArn=solution, trainingMode="UPDATE") == (
        "InvalidInputException",
        f"trainingMode UPDATE needs an ACTIVE version of {solution} that was trained with FULL.",
    )
    lab.version(solution)
    shown = described(lab, lab.version(solution, trainingMode="UPDATE"))
    assert (shown["status"], shown["trainingMode"], shown["trainingType"]) == ("ACTIVE", "UPDATE", "MANUAL")


@pytest.mark.parametrize("recipe", ["aws-similar-items", "aws-sims"])
def test_related_items_are_those_that_the_same_users_took(lab, recipe):
    """Users of even numbers take the even films, the others the odd ones."""
    rows = [
        (f"u{user}", f"i{2 * (step % 15) + user % 2}", START + 100 * user + step, "watch")
        for user in range(60)
        for step in range(20)
    ]
    group = lab.filled_group(rows=rows)
    featurization = {"max_item_interaction_count_percentile": "1.0"}
    more = {"solutionConfig": {"featureTransformationParameters": featurization}} if recipe == "aws-sims" else {}
    campaign = lab.campaign(lab.version(lab.solution(group, recipe, **more)))
    assert {int(item[1:]) % 2 for item in lab.recommended(campaign, itemId="i4", numResults=10)} == {0}
    assert lab.recommended(campaign, itemId="unheard of", numResults=3) != []
