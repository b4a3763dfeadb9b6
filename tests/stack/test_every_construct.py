"""What each construct puts into the template: the parameters of the API, and what a deploy waits for."""

import aws_cdk as cdk
import pytest
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from custom_resources.kinds import KINDS
from personalize_stack.campaign import Campaign
from personalize_stack.dataset_group import Dataset, DatasetGroup, Schema
from personalize_stack.event_tracker import EventTracker
from personalize_stack.filter import Filter
from personalize_stack.metric_attribution import MetricAttribution
from personalize_stack.recommender import Recommender
from personalize_stack.solution import EventWeight, Solution, SolutionVersion

from .everything import Everything

RECIPE = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":personalize:::recipe/aws-vod-top-picks"]]}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return Everything(cdk.App(), tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def resources(stack):
    return Template.from_stack(stack).to_json()["Resources"]


@pytest.fixture
def properties(resources):
    def of(construct_id):
        (found,) = [
            resource["Properties"]
            for resource in resources.values()
            if resource["Properties"].get("Owner") == f"films-dev/{construct_id}"
        ]
        return found

    return of


def test_there_is_a_construct_for_every_kind(resources):
    types = {resource["Type"].removeprefix("Custom::Personalize") for resource in resources.values()}
    assert KINDS.keys() <= types


def test_a_solution_has_every_setting_of_the_api(properties):
    parameters = properties("Solution")["Parameters"]
    assert {name: value for name, value in parameters.items() if not name.endswith("Arn")} == {
        "performHPO": True,
        "performAutoTraining": True,
        "performIncrementalUpdate": True,
        "solutionConfig": {
            "eventsConfig": {
                "eventParametersList": [
                    {"eventType": "buy", "weight": 1},
                    {"eventType": "view", "weight": 0.2, "eventValueThreshold": 3},
                ]
            },
            "optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"},
            "trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["NAME"]}},
            "hpoConfig": {
                "hpoObjective": {"metricName": "coverage", "type": "Maximize"},
                "hpoResourceConfig": {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "2"},
                "algorithmHyperParameterRanges": {
                    "integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 32}],
                    "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["True"]}],
                },
            },
            "autoTrainingConfig": {"schedulingExpression": "rate(1 day)"},
        },
    }


def test_a_campaign_tells_its_whole_configuration(properties):
    parameters = properties("Campaign")["Parameters"]
    assert parameters["minProvisionedTPS"] == 2
    assert parameters["campaignConfig"] == {
        "syncWithLatestSolutionVersion": False,
        "enableMetadataWithRecommendations": True,
        "itemExplorationConfig": {"explorationWeight": "0.25", "explorationItemAgeCutOff": "14"},
        "rankingInfluence": {"POPULARITY": 0.5},
    }


def test_a_campaign_that_follows_names_the_solution_and_waits_for_the_first_version(stack, resources, properties):
    following = properties("Following")
    assert following["Parameters"]["solutionVersionArn"]["Fn::Join"][1][1] == "/$LATEST"
    assert following["Parameters"]["campaignConfig"]["syncWithLatestSolutionVersion"] is True
    (resource,) = [found for found in resources.values() if found["Properties"] == following]
    assert any(name.startswith("Version") for name in resource["DependsOn"])


def test_a_campaign_is_made_anew_with_its_dataset_group(properties):
    """It can take any version of its own group in place, and none of another."""
    assert properties("Campaign")["Generation"]["Fn::GetAtt"][0].startswith("Group")


def test_a_stopped_recommender_is_stopped_by_whichever_leg_sees_it_trained(resources, properties):
    recommender = properties("Recommender")
    assert recommender["Running"] == "false"
    assert recommender["Parameters"]["recommenderConfig"] == {
        "minRecommendationRequestsPerSecond": 3,
        "enableMetadataWithRecommendations": False,
        "trainingDataConfig": {"includedDatasetColumns": {"INTERACTIONS": ["DEVICE"]}},
    }
    (leg,) = [found["Properties"] for name, found in resources.items() if name.startswith("RecommenderLeg2")]
    assert (leg["Running"], leg["Last"]) == ("false", "true")


@pytest.mark.parametrize(("construct_id", "run"), [("Import", "october"), ("Version", "1"), ("Inference", "7")])
def test_another_run_is_another_job(construct_id, run, properties):
    generation = properties(construct_id)["Generation"]
    last = generation if isinstance(generation, str) else generation["Fn::Join"][1][-1]
    assert last.split()[-1] == run


def test_jobs_wait_for_the_policies_of_their_role(resources):
    for job in ("Import", "Inference", "Segment", "Export", "Deletion"):
        (resource,) = [found for found in resources.values() if found["Properties"].get("Owner") == f"films-dev/{job}"]
        assert any("ServiceRoleDefaultPolicy" in name for name in resource["DependsOn"]), job


def test_batch_inference_tells_the_api_where_from_and_where_to(properties):
    parameters = properties("Inference")["Parameters"]
    assert parameters["jobInput"] == {"s3DataSource": {"path": "s3://questions/all.json"}}
    assert parameters["jobOutput"]["s3DataDestination"]["path"]["Fn::Join"][1][-1] == "/inference/"
    assert (parameters["numResults"], "batchInferenceJobMode" in parameters) == (10, False)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "takes a recipe, or auto_ml"),
        ({"recipe": "aws-sims", "auto_ml": True}, "takes a recipe, or auto_ml"),
        ({"recipe": "aws-sims", "event_type": "buy", "events": [EventWeight("buy", 1)]}, "event_type or events"),
        ({"recipe": "aws-sims", "auto_training": Duration.hours(30)}, "1 to 30 whole days, got 1.25 days"),
        (
            {"recipe": "aws-sims", "excluded_columns": {"items": ["A"]}, "included_columns": {"items": ["B"]}},
            "excluded_columns or included_columns",
        ),
    ],
)
def test_a_solution_that_contradicts_itself_is_refused(arguments, problem):
    stack = cdk.Stack(cdk.App(), "films-dev")
    with pytest.raises(ValueError, match=problem):
        Solution(stack, "Solution", dataset_group=DatasetGroup(stack, "Group"), **arguments)


def test_what_exists_already_is_referred_to_by_its_arn():
    stack = cdk.Stack(cdk.App(), "films-dev")
    prefix = "arn:aws:personalize:eu-west-1:123456789012:"
    group = DatasetGroup.from_dataset_group_arn(stack, "Group", f"{prefix}dataset-group/films")
    schema = Schema.from_schema_arn(stack, "Schema", f"{prefix}schema/films")
    solution = Solution.from_solution_arn(stack, "Solution", f"{prefix}solution/next")
    version = SolutionVersion.from_solution_version_arn(stack, "Version", f"{prefix}solution/next/83cc95fc")
    tracker = EventTracker.from_event_tracker_arn(stack, "Tracker", f"{prefix}event-tracker/ca4f41f3", "an-id")
    references = {
        "dataset": Dataset.from_dataset_arn(stack, "Items", f"{prefix}dataset/films/ITEMS", group).dataset_arn,
        "campaign": Campaign.from_campaign_arn(stack, "Campaign", f"{prefix}campaign/next").campaign_arn,
        "recommender": Recommender.from_recommender_arn(stack, "Picks", f"{prefix}recommender/picks").recommender_arn,
        "filter": Filter.from_filter_arn(stack, "Filter", f"{prefix}filter/unseen").filter_arn,
        "metric-attribution": MetricAttribution.from_metric_attribution_arn(
            stack, "Metrics", f"{prefix}metric-attribution/sales"
        ).metric_attribution_arn,
        "event-tracker": tracker.event_tracker_arn,
        "solution": solution.solution_arn,
        "schema": schema.schema_arn,
    }
    assert all(f":{resource}/" in arn for resource, arn in references.items())
    assert tracker.tracking_id == "an-id"

    Dataset(stack, "Users", dataset_group=group, dataset_type="users", schema=schema)
    SolutionVersion(stack, "Again", solution=solution)
    Campaign(stack, "Serving", solution_version=version)
    created = {
        resource["Type"].removeprefix("Custom::Personalize"): resource["Properties"]["Parameters"]
        for resource in Template.from_stack(stack).to_json()["Resources"].values()
        if resource["Type"].startswith("Custom::") and "Owner" in resource["Properties"]
    }
    assert created.keys() == {"Dataset", "SolutionVersion", "Campaign"}
    assert created["Campaign"]["solutionVersionArn"] == f"{prefix}solution/next/83cc95fc"
    with pytest.raises(ValueError, match="this version's is not known"):
        Campaign(stack, "Lost", solution_version=version, follow_latest=True)


def test_a_version_learns_when_its_imports_are_done_and_its_solution_does_not_wait_for_them(resources, properties):
    assert properties("Version")["Generation"]["Fn::Join"][1][0]["Fn::GetAtt"][0].startswith("Import")
    (solution,) = [found for found in resources.values() if found["Properties"] == properties("Solution")]
    assert not any("Import" in name for name in solution.get("DependsOn", []))


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        (
            lambda stack, role: stack.campaign.grant_get_recommendations(role),
            ["GetRecommendations", "GetPersonalizedRanking", "GetActionRecommendations"],
        ),
        (lambda stack, role: stack.recommender.grant_get_recommendations(role), ["GetRecommendations"]),
        (
            lambda stack, role: stack.interactions.grant_put(role),
            ["PutItems", "PutUsers", "PutActions", "PutActionInteractions"],
        ),
    ],
)
def test_what_is_granted_is_granted_on_the_resource(grant, actions, tmp_path):
    stack = Everything(cdk.App(), tmp_path)
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())

    granted = grant(stack, role)

    granted.assert_success()
    (statement,) = granted.principal_statements
    assert statement.actions == [f"personalize:{action}" for action in actions]
    assert len(statement.resources) == 1


@pytest.mark.parametrize(
    ("metric", "name", "statistic", "dimensions"),
    [
        (lambda s: s.campaign.metric_get_recommendations(), "GetRecommendations", "Sum", {"CampaignArn"}),
        (
            lambda s: s.campaign.metric_get_recommendations_latency(),
            "GetRecommendationsLatency",
            "Average",
            {"CampaignArn"},
        ),
        (
            lambda s: s.recommender.metric_get_recommendations_client_errors(),
            "GetRecommendations4xxErrors",
            "Sum",
            {"RecommenderArn"},
        ),
        (
            lambda s: s.tracker.metric_put_events(statistic="Maximum"),
            "PutEventsRequests",
            "Maximum",
            {"DatasetGroupArn", "DatasetArn", "EventTrackerArn"},
        ),
        (
            lambda s: s.version.metric_training_time(),
            "SolutionTrainingJobExecutionTime",
            "Maximum",
            {"SolutionArn", "SolutionVersionArn"},
        ),
        (
            lambda s: s.interactions.metric("PutItemsRequests"),
            "PutItemsRequests",
            "Sum",
            {"DatasetGroupArn", "DatasetArn"},
        ),
    ],
)
def test_metrics_have_the_names_and_dimensions_of_the_service(metric, name, statistic, dimensions, stack):
    found = metric(stack)
    assert (found.namespace, found.metric_name, found.statistic) == ("AWS/Personalize", name, statistic)
    assert found.dimensions.keys() == dimensions
