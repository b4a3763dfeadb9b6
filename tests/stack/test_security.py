"""Keys, buckets, roles: what may be done, and by whom."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from custom_resources.kinds import KINDS

from .everything import Everything


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return Everything(cdk.App(), tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def template(stack):
    return Template.from_stack(stack)


def findings(app):
    report = AwsSolutionsChecks(app).validate_scope(app)
    return sorted({violation.rule_name for violation in report.violations})


def statements(template, role):
    """The statements of a role's policy, by the first part of its logical ID."""
    policies = template.find_resources("AWS::IAM::Policy").values()
    return [
        statement
        for policy in policies
        if policy["Properties"]["Roles"][0]["Ref"].startswith(role)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def texts(value):
    return [value] if isinstance(value, str) else value


def resources_of(statement):
    """The statement's resources as text, references left as they are."""
    given = statement["Resource"]
    return [json.dumps(resource) for resource in (given if isinstance(given, list) else [given])]


@pytest.mark.parametrize("retain", [False, True])
def test_nothing_that_the_checks_know_of_is_wrong(retain, tmp_path):
    app = cdk.App()
    Everything(app, tmp_path, retain=retain)

    assert findings(app) == []


def test_the_checks_find_what_is_wrong(tmp_path):
    """What is accepted is accepted at its resource, and for what is known there."""
    app = cdk.App()
    stack = Everything(app, tmp_path)
    s3.Bucket(stack, "Open")
    stack.storage.role.add_to_policy(
        cdk.aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::x*"])
    )

    assert findings(app) == ["AwsSolutions-IAM5[Resource::arn:aws:s3:::x*]", "AwsSolutions-S1", "AwsSolutions-S10"]


def test_every_kind_is_allowed_what_it_needs_on_resources_of_its_own(template):
    granted = statements(template, "PersonalizeProviderRole")
    for kind in KINDS.values():
        for action, pattern in (*kind.permissions("films-dev-"), *kind.diagnostics):
            assert any(
                action in texts(statement["Action"]) and any(pattern in text for text in resources_of(statement))
                for statement in granted
            ), (kind, action)


def test_only_actions_that_know_no_resource_are_allowed_on_everything(template):
    on_everything = [
        action
        for role in ("PersonalizeProviderRole", "StorageServiceRole")
        for statement in statements(template, role)
        if "*" in texts(statement["Resource"])
        for action in texts(statement["Action"])
    ]
    assert {action for action in on_everything if not action.startswith("personalize:List")} == {
        "cloudwatch:PutMetricData"
    }
    assert "personalize:ListTagsForResource" not in on_everything


def test_kinds_that_are_not_used_are_not_allowed(tmp_path):
    from personalize_stack.dataset_group import DatasetGroup  # noqa: PLC0415 - the one construct of this stack

    stack = cdk.Stack(cdk.App(), "films-dev")
    DatasetGroup(stack, "Group")
    allowed = {
        action
        for statement in statements(Template.from_stack(stack), "PersonalizeProviderRole")
        for action in texts(statement["Action"])
        if action.startswith("personalize:")
    }
    kind = KINDS["DatasetGroup"]
    assert allowed == {action for action, _ in (*kind.permissions(""), *kind.diagnostics)}


def test_the_service_role_trusts_the_service_for_this_account_alone(template):
    template.has_resource_properties(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Action": "sts:AssumeRole",
                        "Effect": "Allow",
                        "Principal": {"Service": "personalize.amazonaws.com"},
                        "Condition": {
                            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                            "ArnLike": {"aws:SourceArn": Match.any_value()},
                        },
                    }
                ]
            }
        },
    )


def test_the_service_role_may_read_the_bucket_and_write_into_the_folders_of_outputs(template):
    allowed = {
        (action, resource)
        for statement in statements(template, "StorageServiceRole")
        for action in texts(statement["Action"])
        if action.startswith("s3:")
        for resource in resources_of(statement)
    }
    assert {action for action, _ in allowed} == {"s3:ListBucket", "s3:GetObject", "s3:PutObject"}
    written = [resource for action, resource in allowed if action == "s3:PutObject"]
    assert len(written) == 4
    assert all(any(f"/{folder}/*" in resource for resource in written) for folder in ("attribution", "inference"))


def test_the_bucket_is_private_encrypted_versioned_and_refuses_what_is_not_encrypted_on_its_way(template):
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": Match.any_value()}}
                    | {"BucketKeyEnabled": True}
                ]
            },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    )
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})]
                )
            }
        },
    )


def test_the_functions_logs_are_encrypted_with_the_key_which_allows_that_for_them_alone(template):
    template.has_resource_properties(
        "AWS::Logs::LogGroup", {"KmsKeyId": {"Fn::GetAtt": [Match.string_like_regexp("^StorageKey"), "Arn"]}}
    )
    (key,) = template.find_resources("AWS::KMS::Key").values()
    (logs,) = [
        statement
        for statement in key["Properties"]["KeyPolicy"]["Statement"]
        if "logs." in json.dumps(statement["Principal"])
    ]
    assert "log-group:films-dev-*" in json.dumps(logs["Condition"])
