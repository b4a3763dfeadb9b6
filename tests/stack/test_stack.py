"""PersonalizeStack: what a project declares is what the template holds."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

from data_prep.manifest import Manifest, PreparedDataset
from data_prep.spec import fingerprint
from personalize_stack.config.load import load
from personalize_stack.stack import PersonalizeStack

PROJECT = """
project: films
datasets:
  interactions: {source: log.csv, columns: {USER_ID: user, ITEM_ID: film, TIMESTAMP: at, EVENT_TYPE: {value: watch}}}
solutions:
  hrnn: {recipe: hrnn, hyperparameters: {bptt: 16}}
  most-popular: {recipe: popularity-count}
campaigns:
  hrnn: {solution: hrnn}
event_tracker: true
filters:
  unseen: EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")
max_import_hours: 1
max_training_hours: 1
tags: {team: discovery}
environments:
  dev: {}
  prod: {retain_data: true, campaigns: {hrnn: {min_provisioned_tps: 4}}}
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes the project's file, with an addition to it."""

    def write_project(addition: str = "") -> Path:
        path = tmp_path / "personalize.yaml"
        path.write_text(PROJECT + addition)
        return path

    return write_project


def synthesized(path, environment="dev", **properties):
    """Build the stack of an environment over a prepared file that says nothing."""
    project = load(path, environment)
    folder = path.parent / "prepared"
    folder.mkdir(exist_ok=True)
    (folder / "INTERACTIONS.csv").write_text("USER_ID,ITEM_ID,TIMESTAMP\n")
    (folder / "interactions.avsc").write_text(json.dumps({"type": "record", "name": "Interactions"}))
    prepared = PreparedDataset("INTERACTIONS.csv", "interactions.avsc", "ab" * 32, 0, 0, {}, ())
    manifest = Manifest({"interactions": prepared}, fingerprint(project.datasets), folder)
    name = f"{project.project}-{environment}"
    return PersonalizeStack(cdk.App(), name, project=project, manifest=manifest, **properties)


def test_logical_ids_stay_as_they_are(write):
    # CloudFormation knows a resource by its logical ID: another one is a new resource, and a deleted one.
    resources = Template.from_stack(synthesized(write(), on_aws=False)).to_json()["Resources"]
    ours = {name for name, resource in resources.items() if resource["Type"].startswith("Custom::")}
    assert ours == {
        "EventTracker21B84761",
        "GroupC77FDACD",
        "HrnnCampaign98B30FDE",
        "HrnnSolution8A165FA3",
        "HrnnVersion90D69298",
        "HrnnVersionLeg2E626058D",
        "InteractionsA486FAA2",
        "InteractionsFile3E4011D4",
        "InteractionsImport24E63119",
        "InteractionsImportLeg2BD6B9AA6",
        "InteractionsSchemaC14E8F08",
        "MostPopularSolutionA4B4A95E",
        "MostPopularVersion5AC0FB23",
        "MostPopularVersionLeg202576852",
        "StorageDataContents6EC8E8FF",
        "UnseenFilterCA1184F6",
    }


def test_outputs_tell_an_application_what_it_needs(write):
    outputs = Template.from_stack(synthesized(write(), on_aws=False)).to_json()["Outputs"]
    assert {
        "CampaignHrnnArn",
        "DatasetGroupArn",
        "DataBucketName",
        "FilterUnseenArn",
        "SolutionVersionMostPopularArn",
        "TrackingId",
    } <= outputs.keys()


def test_an_environment_overrides_what_is_declared(write):
    template = Template.from_stack(synthesized(write(), "prod"))
    template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    template.has_resource_properties("Custom::PersonalizeCampaign", {"Parameters": {"minProvisionedTPS": 4}})


def test_the_projects_tags_are_on_native_and_on_custom_resources(write):
    template = Template.from_stack(synthesized(write()))
    template.has_resource_properties(
        "Custom::PersonalizeCampaign", {"Tags": {"environment": "dev", "project": "films", "team": "discovery"}}
    )
    template.has_resource_properties(
        "AWS::KMS::Key", {"Tags": Match.array_with([{"Key": "team", "Value": "discovery"}])}
    )


def recipe_of(stack):
    template = Template.from_stack(stack)
    recipes = [
        json.dumps(solution["Properties"]["Parameters"]["recipeArn"])
        for solution in template.find_resources("Custom::PersonalizeSolution").values()
    ]
    return next(recipe.split("recipe/")[1].split('"')[0] for recipe in recipes if "popularity" not in recipe)


def test_the_local_cloud_trains_what_was_declared(write):
    assert recipe_of(synthesized(write(), on_aws=False)) == "aws-hrnn"


def test_on_aws_a_retired_recipe_becomes_its_successor_and_says_so(write):
    stack = synthesized(write())
    assert recipe_of(stack) == "aws-user-personalization"
    warnings = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert [warning.entry.data.split(" [ack")[0] for warning in warnings] == [
        "solutions.hrnn: AWS has retired aws-hrnn; aws-user-personalization is deployed in its place"
    ]


def test_settings_that_the_successor_does_not_know_are_dropped_by_name(write):
    path = write()
    path.write_text(
        path.read_text().replace(
            "hrnn: {recipe: hrnn, hyperparameters: {bptt: 16}}",
            "hrnn: {recipe: hrnn-coldstart, featurization: {cold_start_max_interactions: 9}}",
        )
    )
    (warning,) = Annotations.from_stack(synthesized(path)).find_warning("*", Match.any_value())
    assert "without cold_start_max_interactions" in warning.entry.data


def test_a_project_can_refuse_retired_recipes(write):
    stack = synthesized(write("retired_recipes: refuse\n"))
    Annotations.from_stack(stack).has_error(
        "/films-dev",
        "solutions.hrnn: AWS has retired aws-hrnn; use aws-user-personalization, or set retired_recipes: successor",
    )
