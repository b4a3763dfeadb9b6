"""Shortened waits are made up for by more attempts."""

import json

import pytest

MACHINE = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:personalize:describeDatasetGroup",
            # Looks for another group at each attempt; only the fifth exists.
            "Parameters": {
                "DatasetGroupArn.$": "States.Format('arn:aws:personalize:us-east-1:123456789012:dataset-group/{}-{}', "
                "$$.StateMachine.Name, $$.State.RetryCount)"
            },
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}],
            "End": True,
        }
    },
}


@pytest.mark.parametrize(("name", "backoff", "end"), [("polls", 1, "SUCCEEDED"), ("backs-off", 2, "FAILED")])
def test_a_state_machine_that_polls_goes_on_for_as_long_as_on_aws(aws, name, backoff, end):
    machine = json.loads(json.dumps(MACHINE))
    machine["States"]["Look"]["Retry"][0]["BackoffRate"] = backoff
    aws("personalize").create_dataset_group(name=f"{name}-5")
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "personalize:*", "Resource": "*"}}
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    aws("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    states = aws("stepfunctions")
    arn = states.create_state_machine(name=name, type="EXPRESS", definition=json.dumps(machine), roleArn=role)
    execution = states.start_sync_execution(stateMachineArn=arn["stateMachineArn"], input="{}")
    assert execution["status"] == end, execution
