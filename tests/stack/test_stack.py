"""PersonalizeStack: what a project declares is what the template holds."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

from data_prep.manifest import Manifest, Part, PreparedDataset
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


def synthesized(path, environment="dev", event_types=None, parts=None, mode="FULL", baseline=(), **properties):
    """Build the stack of an environment over a prepared file that says nothing."""
    project = load(path, environment)
    folder = path.parent / "prepared"
    folder.mkdir(exist_ok=True)
    (folder / "INTERACTIONS.csv").write_text("USER_ID,ITEM_ID,TIMESTAMP\n")
    (folder / "interactions.avsc").write_text(json.dumps({"type": "record", "name": "Interactions"}))
    parts = parts or (Part("INTERACTIONS.csv", 0, "ab" * 32),)
    prepared = PreparedDataset(
        parts, "interactions.avsc", 0, 0, {}, (), event_types=event_types or {}, mode=mode, baseline=baseline
    )
    manifest = Manifest({"interactions": prepared}, fingerprint(project.datasets), folder)
    name = f"{project.project}-{environment}"
    return PersonalizeStack(cdk.App(), name, project=project, manifest=manifest, **properties)


def test_an_increment_is_imported_after_the_full_output_whose_import_stays(write):
    full = Part("INTERACTIONS.csv", 0, "ab" * 32)
    before = synthesized(write(), on_aws=False)
    after = synthesized(
        write(), on_aws=False, mode="INCREMENTAL", baseline=(full,), parts=(Part("INTERACTIONS.csv", 0, "cd" * 32),)
    )
    jobs = [
        Template.from_stack(stack).find_resources("Custom::PersonalizeDatasetImportJob") for stack in (before, after)
    ]
    ((name, job),) = jobs[0].items()
    assert jobs[1].pop(name) == job
    (increment,) = jobs[1].values()
    assert increment["Properties"]["Parameters"]["importMode"] == "INCREMENTAL"
    assert name in increment["DependsOn"]


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


def test_solutions_and_versions_of_confusable_names_are_told_apart(write):
    path = write()
    path.write_text(path.read_text().replace("  most-popular:", "  version-hrnn:"))
    outputs = Template.from_stack(synthesized(path, on_aws=False)).to_json()["Outputs"]
    assert {"SolutionVersionHrnnArn", "SolutionVersionVersionHrnnArn", "VersionHrnnSolutionArn"} <= outputs.keys()


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


def test_what_would_choose_among_retired_recipes_is_retired_too(write):
    path = write()
    path.write_text(path.read_text().replace("recipe: hrnn, hyperparameters: {bptt: 16}", "auto_ml: true"))
    stack = synthesized(path)
    assert recipe_of(stack) == "aws-user-personalization"
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert "AWS has retired auto_ml, which chooses among the HRNN recipes" in warning.entry.data


EXISTING = """
project: films
dataset_group: arn:aws:personalize:eu-west-1:123456789012:dataset-group/old
event_tracker: {arn: "arn:aws:personalize:eu-west-1:123456789012:event-tracker/1a2b3c4d", tracking_id: 1a-2b}
solutions: {for-you: {recipe: user-personalization}}
campaigns: {for-you: {solution: for-you}}
exports: {log: {dataset: interactions, output: "s3://elsewhere/log"}}
batch_inference: {mail: {solution: for-you, input: "s3://elsewhere/in/users.jsonl", output: "s3://elsewhere/out/"}}
"""


@pytest.fixture
def existing(tmp_path):
    """The template of a stack in a dataset group that exists already."""
    path = tmp_path / "personalize.yaml"
    path.write_text(EXISTING)
    project = load(path)
    return Template.from_stack(
        PersonalizeStack(cdk.App(), "films-dev", project=project, manifest=Manifest({}, {}, tmp_path))
    )


def test_an_existing_dataset_group_and_tracker_are_used_and_not_made(existing):
    for kind in ("DatasetGroup", "Dataset", "Schema", "EventTracker", "DatasetImportJob"):
        existing.resource_count_is(f"Custom::Personalize{kind}", 0)
    group = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/old"
    existing.has_resource_properties("Custom::PersonalizeSolution", {"Parameters": {"datasetGroupArn": group}})
    existing.has_resource_properties("Custom::PersonalizeCampaign", {"Generation": group})
    existing.has_resource_properties(
        "AWS::SSM::Parameter", {"Name": "/personalize/films-dev/tracking-id", "Value": "1a-2b"}
    )
    existing.has_resource_properties(
        "Custom::PersonalizeDatasetExportJob",
        {"Parameters": {"datasetArn": "arn:aws:personalize:eu-west-1:123456789012:dataset/old/INTERACTIONS"}},
    )


def test_the_role_reaches_the_places_that_jobs_name_and_no_others(existing):
    policies = existing.find_resources("AWS::IAM::Policy").values()
    objects = {
        (action, str(resource["Fn::Join"][1][-1]))
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
        if isinstance(resource, dict) and "elsewhere/" in str(resource.get("Fn::Join"))
    }
    assert {place for action, place in objects if action.startswith("s3:GetObject")} == {
        ":s3:::elsewhere/in/users.jsonl*",
        ":s3:::elsewhere/log*",
        ":s3:::elsewhere/out/*",
    }
    assert {place for action, place in objects if action == "s3:PutObject"} == {
        ":s3:::elsewhere/log*",
        ":s3:::elsewhere/out/*",
    }


def test_a_training_with_too_few_events_of_its_type_is_refused_before_it_is_deployed(write):
    path = write()
    path.write_text(
        path.read_text().replace("{recipe: popularity-count}", "{recipe: popularity-count, event_type: watch}")
    )
    Annotations.from_stack(synthesized(path, event_types={"watch": 999, "buy": 5000})).has_error(
        "/films-dev",
        "solutions.most-popular.event_type: a training needs 1000 interactions of the type watch, and 999 are prepared",
    )
    assert not Annotations.from_stack(synthesized(path, event_types={"Watch": 1000})).find_error("*", Match.any_value())
