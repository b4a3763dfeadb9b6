"""Where operations tell what happened."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from personalize_stack.function import OperationsFunction
from personalize_stack.notifications import Notifications


@pytest.fixture(scope="module")
def app():
    return cdk.App()


@pytest.fixture(scope="module")
def template(app):
    stack = cdk.Stack(app, "films-dev")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    notifications = Notifications(stack, "Notifications", encryption_key=key, emails=["ops@example.com"])
    function = OperationsFunction(stack, "Watcher", handler="watching.handler", description="looks")
    notifications.grant_tell(function.role)
    metric = cloudwatch.Metric(namespace="X", metric_name="Y")
    notifications.add_alarm(
        cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=1, alarm_name="a")
    )
    return Template.from_stack(stack)


def test_problems_among_the_events_reach_people_as_a_sentence(template):
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventBusName": {"Ref": Match.string_like_regexp("^NotificationsBus")},
            "EventPattern": {"source": ["personalize-stack"], "detail": {"severity": ["problem"]}},
            "Targets": [
                Match.object_like(
                    {
                        "Arn": {"Ref": Match.string_like_regexp("^NotificationsTopic")},
                        "InputTransformer": {
                            "InputPathsMap": {
                                "detail-stack": "$.detail.stack",
                                "detail-type": "$.detail-type",
                                "detail-summary": "$.detail.summary",
                            },
                            "InputTemplate": '"<detail-stack>: <detail-type>: <detail-summary>"',
                        },
                    }
                )
            ],
        },
    )
    template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "ops@example.com"})


def test_an_alarm_tells_that_it_goes_off_and_that_it_is_over(template):
    topic = {"Ref": Match.string_like_regexp("^NotificationsTopic")}
    template.has_resource_properties("AWS::CloudWatch::Alarm", {"AlarmActions": [topic], "OKActions": [topic]})


def test_the_bus_gets_what_becomes_of_the_stacks_alarms_and_of_no_others(template):
    (rule,) = template.find_resources("AWS::Events::Rule", {"Properties": {"EventBusName": Match.absent()}}).values()
    pattern = rule["Properties"]["EventPattern"]
    assert pattern["source"] == ["aws.cloudwatch"]
    assert ":alarm:films-dev-" in json.dumps(pattern["resources"])
    (target,) = rule["Properties"]["Targets"]
    assert "NotificationsBus" in json.dumps(target["Arn"])


def test_the_topic_is_encrypted_and_its_publishers_may_use_the_key(template):
    template.has_resource_properties("AWS::SNS::Topic", {"KmsMasterKeyId": Match.any_value()})
    (key,) = template.find_resources("AWS::KMS::Key").values()
    statements = key["Properties"]["KeyPolicy"]["Statement"]
    allowed = {json.dumps(statement["Principal"]) for statement in statements if "kms:Decrypt" in statement["Action"]}
    assert {'{"Service": "events.amazonaws.com"}', '{"Service": "cloudwatch.amazonaws.com"}'} <= allowed


def test_a_function_may_write_its_log_and_put_events_on_this_bus_alone(template, app):
    policies = template.find_resources("AWS::IAM::Policy").values()
    (policy,) = [found for found in policies if "Watcher" in json.dumps(found["Properties"]["Roles"])]
    allowed = {
        action: json.dumps(statement["Resource"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }
    assert allowed.keys() == {"logs:CreateLogStream", "logs:PutLogEvents", "events:PutEvents"}
    assert "NotificationsBus" in allowed["events:PutEvents"]
    report = AwsSolutionsChecks(app).validate_scope(app)
    assert sorted({violation.rule_name for violation in report.violations}) == []
