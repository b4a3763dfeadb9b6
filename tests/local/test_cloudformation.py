"""Where ministack's CloudFormation was brought closer to the real one, by stacks with a custom resource."""

import json
import os
import signal

import pytest

from personalize_local.cloud import LocalCloud

# Notes each request as a parameter, and answers with what the resource's properties say; without a status, never.
FUNCTION = """
import json, os, urllib.request, boto3

def handler(event, context):
    properties, kind = event["ResourceProperties"], event["RequestType"]
    boto3.client("ssm").put_parameter(Name=f"/{properties['Name']}/{kind}", Type="String", Overwrite=True,
                                      Value=event.get("PhysicalResourceId", "none"))
    status = properties[kind] if kind in properties else "SUCCESS"
    if status == "none":
        return
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": status, "Reason": "told to", "PhysicalResourceId": "thing-" + properties["Name"],
               "Data": {"Filler": "x" * int(properties.get("Filler", 0))}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request).close()
"""


def template(name, **properties):
    role = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "Policies": [
            {
                "PolicyName": "notes",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"}],
                },
            }
        ],
    }
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Timeout": 30,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": FUNCTION},
        "LoggingConfig": {"LogGroup": f"deleted-{name}"},
    }
    thing = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Name": name, **properties}
    return json.dumps(
        {
            "Resources": {
                "Role": {"Type": "AWS::IAM::Role", "Properties": role},
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                "Thing": {"Type": "Custom::Thing", "Properties": thing},
            }
        }
    )


@pytest.fixture
def deploy(aws, until):
    """Creates a stack of its name and the properties of its custom resource; returns how that ended."""

    def created(name, **properties):
        cloudformation = aws("cloudformation")
        body = template(name, **properties)
        cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        status = until(
            lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"],
            lambda status: not status.endswith("IN_PROGRESS"),
        )
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
        return status, reasons

    return created


def noted(aws, name):
    """What the function was asked for, with the physical IDs that it was told."""
    found = aws("ssm").get_parameters_by_path(Path=f"/{name}")["Parameters"]
    return {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in found}


def test_a_custom_resource_whose_create_failed_is_deleted(deploy, aws):
    status, reasons = deploy("fails", Create="FAILED")
    assert (status, reasons) == ("ROLLBACK_COMPLETE", ["told to"])
    assert noted(aws, "fails") == {"Create": "none", "Delete": "thing-fails"}


def test_a_response_over_4096_bytes_fails_the_resource(deploy):
    status, reasons = deploy("long", Filler="4096")
    assert (status, reasons) == ("ROLLBACK_COMPLETE", ["Response object is too long."])


def test_a_response_below_that_does_not(deploy, aws):
    assert deploy("short", Filler="3000") == ("CREATE_COMPLETE", [])
    assert noted(aws, "short") == {"Create": "none"}


def test_a_function_makes_no_log_group_of_a_name_that_it_was_given(deploy, aws):
    assert deploy("late", Filler="1") == ("CREATE_COMPLETE", [])

    groups = aws("logs").describe_log_groups()["logGroups"]
    assert "deleted-late" not in {group["logGroupName"] for group in groups}


@pytest.fixture
def crashing(tmp_path, clients, until):
    """A local cloud, and what kills it once it has saved that a stack is so far, and starts it again."""
    cloud = LocalCloud(tmp_path, profile="instant")
    cloud.up()

    def crash(stack, request):
        saved = tmp_path / "ministack" / "services"
        until(lambda: request in noted(clients(cloud), stack))
        until(lambda: f"{request.upper()}_IN_PROGRESS" in text(saved / "cloudformation.json"))
        until(lambda: stack in text(saved / "lambda.json"))
        os.kill(cloud.status().pid, signal.SIGKILL)
        until(cloud.crashed)
        cloud.up()
        (stack,) = clients(cloud)("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return stack["StackStatus"], stack["StackStatusReason"]

    yield cloud, crash
    cloud.down()


def test_a_creation_that_a_crash_cut_short_can_be_deleted(crashing, clients, until):
    cloud, crash = crashing
    body = template("silent", Create="none")
    options = {"StackName": "silent", "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"]}
    clients(cloud)("cloudformation").create_stack(**options)
    assert crash("silent", "Create") == ("ROLLBACK_FAILED", "the local cloud ended during the operation")
    cloudformation = clients(cloud)("cloudformation")
    cloudformation.delete_stack(StackName="silent")
    until(lambda: cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"])


def test_an_update_that_a_crash_cut_short_is_taken_up_by_the_next(crashing, clients, until):
    cloud, crash = crashing

    def status():
        return clients(cloud)("cloudformation").describe_stacks(StackName="s")["Stacks"][0]["StackStatus"]

    def update(**properties):
        body = template("s", **properties)
        options = {"StackName": "s", "TemplateBody": body, "Capabilities": ["CAPABILITY_IAM"]}
        call = clients(cloud)("cloudformation")
        (call.update_stack if "Update" in properties else call.create_stack)(**options)

    update()
    until(lambda: status() == "CREATE_COMPLETE")
    update(Update="none")
    assert crash("s", "Update")[0] == "UPDATE_ROLLBACK_COMPLETE"
    deployed = clients(cloud)("cloudformation").get_template(StackName="s")["TemplateBody"]
    assert deployed == json.loads(template("s"))
    update(Update="SUCCESS")
    until(lambda: status() == "UPDATE_COMPLETE")


def text(path):
    return path.read_text() if path.exists() else ""


def test_a_bucket_has_the_encryption_of_its_template(aws, until):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    encryption = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": by_default}]}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept-secret", "BucketEncryption": encryption}}
    cloudformation = aws("cloudformation")

    cloudformation.create_stack(StackName="secret", TemplateBody=json.dumps({"Resources": {"Bucket": bucket}}))
    until(lambda: cloudformation.describe_stacks(StackName="secret")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")

    s3 = aws("s3")
    (rule,) = s3.get_bucket_encryption(Bucket="kept-secret")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == by_default
    assert s3.put_object(Bucket="kept-secret", Key="one", Body=b"1")["SSEKMSKeyId"] == key
