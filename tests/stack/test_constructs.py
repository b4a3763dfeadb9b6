"""The constructs, as an app that uses them by themselves sees them: what they put into the template."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template

from personalize_stack.campaign import Campaign
from personalize_stack.data import DatasetImport
from personalize_stack.dataset_group import Dataset, DatasetGroup, Schema
from personalize_stack.event_tracker import EventTracker
from personalize_stack.filter import Filter
from personalize_stack.solution import Solution, SolutionVersion
from personalize_stack.storage import PreparedFile, PreparedFolder, Storage


@pytest.fixture
def stack():
    return cdk.Stack(cdk.App(), "films-dev")


@pytest.fixture
def group(stack):
    return DatasetGroup(stack, "Group")


@pytest.fixture
def interactions(stack, group):
    schema = Schema(stack, "Schema", avro={"type": "record"})
    return Dataset(stack, "Interactions", dataset_group=group, dataset_type="interactions", schema=schema)


@pytest.fixture
def version(stack, group):
    solution = Solution(stack, "Solution", dataset_group=group, recipe="aws-popularity-count")
    return SolutionVersion(stack, "Version", solution=solution, max_duration=cdk.Duration.minutes(50))


def properties_of(stack, resource_type):
    """Return the properties of all resources of a type, in the template's order."""
    resources = Template.from_stack(stack).find_resources(resource_type)
    return [resource["Properties"] for resource in resources.values()]


def test_a_resource_is_named_after_its_stack_and_owned_by_its_path(stack, group):
    (properties,) = properties_of(stack, "Custom::PersonalizeDatasetGroup")
    assert properties["Name"] == "films-dev-Group"
    assert properties["Owner"] == "films-dev/Group"


def test_tags_of_the_cdk_reach_custom_resources_that_can_carry_them(stack, interactions):
    cdk.Tags.of(stack).add("team", "discovery")
    (dataset,) = properties_of(stack, "Custom::PersonalizeDataset")
    (schema,) = properties_of(stack, "Custom::PersonalizeSchema")
    assert dataset["Tags"] == {"team": "discovery"}
    assert "Tags" not in schema


def test_automatic_training_is_off(stack, version):
    (solution,) = properties_of(stack, "Custom::PersonalizeSolution")
    assert solution["Parameters"]["performAutoTraining"] is False


def test_one_provider_serves_all_resources_of_a_stack(stack, interactions, version):
    assert len(properties_of(stack, "AWS::StepFunctions::StateMachine")) == 1


def test_the_asset_holds_the_handlers_and_nothing_else(stack, group):
    assembly = stack.node.root.synth()
    functions = [
        resource["Properties"]["Code"]["S3Key"].removesuffix(".zip")
        for resource in assembly.get_stack_by_name("films-dev").template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Runtime"].startswith("python")
    ]
    folders = {path.name for key in functions for path in Path(assembly.directory, f"asset.{key}").iterdir()}
    assert folders == {"custom_resources"}


@pytest.mark.parametrize(("minutes", "legs"), [(50, 0), (51, 1), (360, 7)])
def test_a_relay_has_as_many_legs_as_the_longest_wait_needs(stack, group, minutes, legs):
    solution = Solution(stack, "Solution", dataset_group=group, recipe="aws-hrnn")
    SolutionVersion(stack, "Version", solution=solution, max_duration=cdk.Duration.minutes(minutes))
    waits = [leg["Last"] for leg in properties_of(stack, "Custom::PersonalizeWait")]
    (version,) = properties_of(stack, "Custom::PersonalizeSolutionVersion")
    assert [version["Last"], *waits] == ["false"] * legs + ["true"]


def test_a_campaign_waits_for_the_last_leg_of_its_training(stack, group):
    solution = Solution(stack, "Solution", dataset_group=group, recipe="aws-hrnn")
    version = SolutionVersion(stack, "Version", solution=solution, max_duration=cdk.Duration.minutes(80))
    Campaign(stack, "Campaign", solution_version=version)
    (campaign,) = properties_of(stack, "Custom::PersonalizeCampaign")
    leg, attribute = campaign["Parameters"]["solutionVersionArn"]["Fn::GetAtt"]
    assert leg.startswith("VersionLeg2")
    assert attribute == "Arn"


def test_a_dataset_group_takes_a_key_only_with_a_role(stack):
    with pytest.raises(ValueError, match="encryption_key together with the role"):
        DatasetGroup(stack, "Group", role=iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()))


def test_the_function_may_pass_the_service_role_to_personalize_only(stack):
    Storage(stack, "Storage")
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        {
                            "Action": "iam:PassRole",
                            "Condition": {"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}},
                            "Effect": "Allow",
                            "Resource": {"Fn::GetAtt": [Match.string_like_regexp("StorageServiceRole"), "Arn"]},
                        }
                    ]
                )
            }
        },
    )


@pytest.mark.parametrize(("retain", "policy", "emptied"), [(False, "Delete", 1), (True, "Retain", 0)])
def test_data_is_deleted_with_the_stack_unless_it_is_to_be_retained(stack, retain, policy, emptied):
    Storage(stack, "Storage", retain=retain)
    template = Template.from_stack(stack)
    template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": policy})
    template.has_resource("AWS::KMS::Key", {"DeletionPolicy": policy})
    template.resource_count_is("Custom::PersonalizeBucketContents", emptied)


def test_a_prepared_file_lies_under_a_key_of_its_content(stack, interactions, tmp_path):
    file = tmp_path / "INTERACTIONS.csv"
    file.write_text("USER_ID,ITEM_ID,TIMESTAMP\n")
    storage = Storage(stack, "Storage")
    data = PreparedFile(stack, "File", storage=storage, path=file, prefix="interactions", sha256="0123456789abcdef" * 4)
    DatasetImport(stack, "Import", dataset=interactions, data=data, role=storage.role)
    (copied,) = properties_of(stack, "Custom::PersonalizeDataObject")
    (imported,) = properties_of(stack, "Custom::PersonalizeDatasetImportJob")
    assert copied["Key"] == "interactions/0123456789abcdef/INTERACTIONS.csv"
    assert imported["Parameters"]["dataSource"]["dataLocation"]["Fn::GetAtt"][1] == "Uri"


def test_a_prepared_file_that_lies_in_s3_is_copied_from_there(stack):
    storage = Storage(stack, "Storage")
    uri = "s3://shop/prepared/items/aa/ITEMS.csv"
    PreparedFile(stack, "File", storage=storage, path=uri, prefix="items", sha256="0123456789abcdef" * 4)
    (copied,) = properties_of(stack, "Custom::PersonalizeDataObject")
    assert (copied["SourceBucket"], copied["SourceKey"]) == ("shop", "prepared/items/aa/ITEMS.csv")
    assert copied["Key"] == "items/0123456789abcdef/ITEMS.csv"
    policies = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
    assert ":s3:::shop/prepared/items/aa/ITEMS.csv" in policies


def test_prepared_files_of_one_dataset_are_imported_by_their_folder(stack, interactions, tmp_path):
    paths = [tmp_path / f"part-{number}.csv" for number in (1, 2)]
    for path in paths:
        path.write_text(f"USER_ID,ITEM_ID,TIMESTAMP\n{path.name},i1,1\n")
    storage = Storage(stack, "Storage")
    data = PreparedFolder(
        stack, "Files", storage=storage, paths=paths, prefix="interactions", sha256="0123456789abcdef" * 4
    )
    DatasetImport(stack, "Import", dataset=interactions, data=data, role=storage.role)
    template = Template.from_stack(stack)
    copied = template.find_resources("Custom::PersonalizeDataObject")
    assert {resource["Properties"]["Key"] for resource in copied.values()} == {
        f"interactions/0123456789abcdef/{path.name}" for path in paths
    }
    (imported,) = template.find_resources("Custom::PersonalizeDatasetImportJob").values()
    location = imported["Properties"]["Parameters"]["dataSource"]["dataLocation"]["Fn::Join"][1]
    assert (location[0], location[-1]) == ("s3://", "/interactions/0123456789abcdef/")
    assert copied.keys() <= set(imported["DependsOn"])


def test_asking_a_campaign_is_granted_on_that_campaign(stack, version):
    campaign = Campaign(stack, "Campaign", solution_version=version)
    reader = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    campaign.grant_get_recommendations(reader).assert_success()
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": [
                            "personalize:GetRecommendations",
                            "personalize:GetPersonalizedRanking",
                            "personalize:GetActionRecommendations",
                        ],
                        "Effect": "Allow",
                        "Resource": {"Fn::GetAtt": [Match.string_like_regexp("^Campaign"), "Arn"]},
                    }
                ]
            },
            "Roles": [{"Ref": Match.string_like_regexp("^Reader")}],
        },
    )


def test_sending_events_is_granted_on_everything_since_the_action_knows_no_resource(stack, interactions):
    tracker = EventTracker(stack, "Tracker", interactions=interactions)
    sender = iam.Role(stack, "Sender", assumed_by=iam.AccountRootPrincipal())
    tracker.grant_put_events(sender).assert_success()
    (policy,) = [p for p in properties_of(stack, "AWS::IAM::Policy") if p["Roles"][0]["Ref"].startswith("Sender")]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {"Action": "personalize:PutEvents", "Effect": "Allow", "Resource": "*"}


def test_trackers_and_filters_are_made_after_the_datasets_they_need(stack, group, interactions):
    EventTracker(stack, "Tracker", interactions=interactions)
    Filter(stack, "Unseen", dataset_group=group, expression="EXCLUDE …", datasets=[interactions])
    template = Template.from_stack(stack)
    (dataset_id,) = template.find_resources("Custom::PersonalizeDataset")
    for resource_type in ("Custom::PersonalizeEventTracker", "Custom::PersonalizeFilter"):
        (resource,) = template.find_resources(resource_type).values()
        assert resource["DependsOn"] == [dataset_id]
