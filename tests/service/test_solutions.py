"""Solutions."""

import pytest

HRNN = "arn:aws:personalize:::recipe/aws-hrnn"


@pytest.fixture
def group(lab):
    return lab.group()


def test_a_solution_has_the_services_defaults(lab, group):
    created = lab.clock.now()
    solution = lab.solution(group, "aws-hrnn", "hrnn")
    assert lab("DescribeSolution", solutionArn=solution)["solution"] == {
        "name": "hrnn",
        "solutionArn": lab.arn("solution/hrnn"),
        "datasetGroupArn": group,
        "recipeArn": HRNN,
        "performHPO": False,
        "performAutoML": False,
        "performAutoTraining": True,
        "performIncrementalUpdate": False,
        "solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}},
        "status": "ACTIVE",
        "creationDateTime": created,
        "lastUpdatedDateTime": created + 30,
    }


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({}, "recipeArn is required unless performAutoML is true."),
        (
            {"recipeArn": "arn:aws:personalize:::recipe/aws-magic"},
            "Recipe arn:aws:personalize:::recipe/aws-magic does not exist.",
        ),
        (
            {"recipeArn": "arn:aws:personalize:::recipe/aws-vod-top-picks"},
            "Recipe arn:aws:personalize:::recipe/aws-vod-top-picks is for recommenders of the domain VIDEO_ON_DEMAND, "
            "not for solutions.",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"algorithmHyperParameters": {"min_cointeraction_count": "3"}}},
            "Provide a hyperparameter that is used in the algorithm: arn:aws:personalize:::algorithm/aws-hrnn",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"algorithmHyperParameters": {"hidden_dimension": "7"}}},
            "Hyperparameter hidden_dimension: '7' is not a whole number from 32 to 256.",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"algorithmHyperParameters": {"hidden_dimension": "wide"}}},
            "Hyperparameter hidden_dimension: 'wide' is not a whole number from 32 to 256.",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"algorithmHyperParameters": {"recency_mask": "perhaps"}}},
            "Hyperparameter recency_mask: 'perhaps' is not one of [True, False, true, false].",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"featureTransformationParameters": {"depth": "1"}}},
            "Feature transformation parameter depth is not one of "
            "[min_user_history_length_percentile, max_user_history_length_percentile].",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"eventValueThreshold": "good"}},
            "eventValueThreshold 'good' is not a number.",
        ),
        (
            {"recipeArn": HRNN, "solutionConfig": {"eventsConfig": {"eventParametersList": []}}},
            f"eventsConfig is not supported by the recipe {HRNN}; use eventType.",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(lab, group, more, problem):
    request = {"name": "hrnn", "datasetGroupArn": group, **more}
    assert lab.refusal("CreateSolution", **request) == ("InvalidInputException", problem)


def test_training_settings_can_be_updated(lab, group):
    solution = lab.solution(group)
    schedule = {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}
    lab("UpdateSolution", solutionArn=solution, performAutoTraining=False, solutionUpdateConfig=schedule)
    shown = lab("DescribeSolution", solutionArn=solution)["solution"]
    assert (shown["status"], shown["performAutoTraining"]) == ("ACTIVE", True)
    assert shown["latestSolutionUpdate"]["status"] == "CREATE PENDING"
    assert lab.refusal("UpdateSolution", solutionArn=solution, performAutoTraining=True) == (
        "ResourceInUseException",
        f"Resource Arn {solution} cannot be updated in state ACTIVE, while an update is running.",
    )
    lab.wait()
    shown = lab("DescribeSolution", solutionArn=solution)["solution"]
    assert (shown["performAutoTraining"], shown["solutionConfig"]) == (False, schedule)
    assert shown["latestSolutionUpdate"]["solutionUpdateConfig"] == schedule


def test_ten_solutions_of_a_group_are_enough(lab, group):
    for number in range(10):
        lab.solution(group, name=f"popular{number}")
    request = {"name": "more", "datasetGroupArn": group, "recipeArn": HRNN}
    assert lab.refusal("CreateSolution", **request) == (
        "LimitExceededException",
        "Cannot create a solution. More than 10 resources in ACTIVE state. Please delete some and try again.",
    )
    assert lab.solution(lab.group("books"), name="more") == lab.arn("solution/more")


def test_recipes_describe_themselves(lab):
    recipe = lab("DescribeRecipe", recipeArn=HRNN)["recipe"]
    assert (recipe["name"], recipe["recipeType"], recipe["status"]) == ("aws-hrnn", "USER_PERSONALIZATION", "ACTIVE")
    algorithm = lab("DescribeAlgorithm", algorithmArn=recipe["algorithmArn"])["algorithm"]
    assert algorithm["defaultHyperParameters"] == {"hidden_dimension": "43", "bptt": "32", "recency_mask": "True"}
    assert algorithm["defaultHyperParameterRanges"]["integerHyperParameterRanges"][0] == {
        "name": "hidden_dimension",
        "minValue": 32,
        "maxValue": 256,
    }
    arn = recipe["featureTransformationArn"]
    featurization = lab("DescribeFeatureTransformation", featureTransformationArn=arn)["featureTransformation"]
    assert featurization["defaultParameters"]["max_user_history_length_percentile"] == "0.99"


def test_an_unknown_recipe_is_not_found(lab):
    arn = "arn:aws:personalize:::recipe/aws-magic"
    assert lab.refusal("DescribeRecipe", recipeArn=arn) == (
        "ResourceNotFoundException",
        f"Resource Arn {arn} does not exist.",
    )
