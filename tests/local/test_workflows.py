"""State machines: what their roles allow, and what their history tells."""

import json

import pytest

POLICY = {"Effect": "Allow", "Action": "personalize:ListSchemas", "Resource": "*"}


@pytest.fixture
def run(aws):
    """Runs states by a role that may do what the statements say; answers the execution and the states entered."""

    def run_states(name, states, *statements):
        iam, stepfunctions = aws("iam"), aws("stepfunctions")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        policy = {"Version": "2012-10-17", "Statement": statements or [POLICY]}
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
        machine = stepfunctions.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
        return stepfunctions, stepfunctions.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]

    return run_states


@pytest.fixture
def ended(run, until):
    def run_to_the_end(*about):
        stepfunctions, arn = run(*about)
        execution = until(
            lambda: stepfunctions.describe_execution(executionArn=arn), lambda found: found["status"] != "RUNNING"
        )
        events = stepfunctions.get_execution_history(executionArn=arn)["events"]
        return execution, [
            event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event
        ]

    return run_to_the_end


def task(resource, arguments):
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}


@pytest.mark.parametrize(
    ("resource", "arguments", "action"),
    [
        ("aws-sdk:personalize:listSolutions", {}, "personalize:ListSolutions"),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "workflow", "Prefix": "in/"}, "s3:ListBucket"),
        ("aws-sdk:ssm:getParameter", {"Name": "/workflow"}, "ssm:GetParameter"),
        (
            "events:putEvents",
            {"Entries": [{"EventBusName": "default", "Source": "a", "DetailType": "b", "Detail": {}}]},
            "events:PutEvents",
        ),
    ],
)
def test_a_state_machine_may_do_what_its_role_may(ended, aws, resource, arguments, action):
    name = action.replace(":", "-")
    aws("s3").create_bucket(Bucket="workflow")
    aws("ssm").put_parameter(Name="/workflow", Value="1", Type="String", Overwrite=True)
    execution, _ = ended(f"{name}-denied", {"Ask": task(resource, arguments)})
    assert execution["status"] == "FAILED"
    assert f"is not authorized to perform: {action}" in execution["cause"]
    allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
    if action == "s3:ListBucket":
        allowed["Condition"] = {"StringLike": {"s3:prefix": "in/*"}}
    execution, _ = ended(f"{name}-allowed", {"Ask": task(resource, arguments)}, allowed)
    assert execution["status"] == "SUCCEEDED", execution


def test_a_role_that_is_passed_has_to_be_one_that_the_machine_may_pass(ended, aws):
    arguments = {
        "Name": "passed",
        "RoleArn": "arn:aws:iam::123456789012:role/other",
        "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    }
    create = {"Effect": "Allow", "Action": "personalize:CreateDatasetGroup", "Resource": "*"}
    states = {"Create": task("aws-sdk:personalize:createDatasetGroup", arguments)}
    execution, _ = ended("passing", states, create)
    assert execution["status"] == "FAILED"
    assert "is not authorized to perform: iam:PassRole" in execution["cause"]


def test_the_history_tells_the_states_of_each_item(ended):
    inner = {"First": {"Type": "Pass", "Next": "Second"}, "Second": {"Type": "Pass", "End": True}}
    each = {
        "Type": "Map",
        "Items": [1, 2],
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "First", "States": inner},
        "End": True,
    }
    _, entered = ended("items", {"Each": each})
    assert entered == ["Each", "First", "Second", "First", "Second"]
