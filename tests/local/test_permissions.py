"""Policies are enforced: a deployment that works here has the permissions that it needs on AWS."""

import json

import pytest
from botocore.exceptions import ClientError

OURS = "arn:aws:personalize:us-east-1:123456789012"


@pytest.fixture
def acting(aws):
    """Makes clients of a role that may do only what the statements say."""

    def client(service, name, *statements):
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        iam = aws("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document(*allowed))
        session = aws("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return aws(service, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

    return client


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def code(call, **parameters):
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return refused.value.response["Error"]["Code"]


def test_what_no_statement_allows_is_denied(acting):
    reader = acting("personalize", "reader", ("personalize:Describe*", "*"))
    assert code(reader.create_dataset_group, name="denied") == "AccessDeniedException"
    assert code(reader.describe_campaign, campaignArn=f"{OURS}:campaign/none") == "ResourceNotFoundException"


def test_a_statement_on_one_resource_allows_no_other(acting):
    role = acting("personalize", "narrow", ("personalize:*", f"{OURS}:dataset-group/mine"))
    assert role.create_dataset_group(name="mine")
    assert code(role.create_dataset_group, name="yours") == "AccessDeniedException"
    assert code(role.describe_dataset_group, datasetGroupArn=f"{OURS}:dataset-group/yours") == "AccessDeniedException"


def test_lists_need_a_statement_on_all_resources(acting):
    narrow = acting("personalize", "lists-narrow", ("personalize:List*", f"{OURS}:*"))
    assert code(narrow.list_dataset_groups) == "AccessDeniedException"
    assert "datasetGroups" in acting("personalize", "lists", ("personalize:List*", "*")).list_dataset_groups()


def test_recommendations_are_allowed_by_campaign(acting):
    runtime = acting("personalize-runtime", "asking", ("personalize:GetRecommendations", f"{OURS}:campaign/films"))
    asked = {"userId": "1", "filterArn": f"{OURS}:filter/unseen"}
    assert code(runtime.get_recommendations, campaignArn=f"{OURS}:campaign/films", **asked) == (
        "ResourceNotFoundException"
    )
    assert code(runtime.get_recommendations, campaignArn=f"{OURS}:campaign/books", **asked) == "AccessDeniedException"


def test_a_bucket_that_insists_on_encrypted_connections_can_be_used(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="encrypted-only")
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::encrypted-only", "arn:aws:s3:::encrypted-only/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="encrypted-only", Policy=document(denial))
    s3.put_object(Bucket="encrypted-only", Key="a", Body=b"kept")
    assert s3.get_object(Bucket="encrypted-only", Key="a")["Body"].read() == b"kept"
