"""Alarms, budgets and conditions on metrics, where ministack is brought closer to AWS."""

import json

import pytest

from .conftest import document


def put(aws, campaign, value):
    dimension = {"Name": "Campaign", "Value": campaign}
    datum = {"MetricName": "Waiting", "Dimensions": [dimension], "Value": value}
    aws("cloudwatch").put_metric_data(Namespace="Mine", MetricData=[datum])


def test_an_alarm_looks_at_its_own_dimensions_and_tells_its_new_state_as_an_event(aws, until):
    cloudwatch = aws("cloudwatch")
    for campaign in ("one", "two"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"waiting-{campaign}",
            Namespace="Mine",
            MetricName="Waiting",
            Dimensions=[{"Name": "Campaign", "Value": campaign}],
            Statistic="Maximum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=5,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
    sqs, events = aws("sqs"), aws("events")
    queue = sqs.create_queue(QueueName="alarms")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document({**send, "Resource": arn})})
    resources = [{"prefix": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:waiting-o"}]
    pattern = {"source": ["aws.cloudwatch"], "resources": resources}
    events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": arn}])
    put(aws, "one", 9.0)
    put(aws, "two", 1.0)
    (message,) = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    event = json.loads(message["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert (event["detail"]["alarmName"], event["detail"]["state"]["value"]) == ("waiting-one", "ALARM")
    found = cloudwatch.describe_alarms(AlarmNamePrefix="waiting-")["MetricAlarms"]
    assert {alarm["AlarmName"]: alarm["StateValue"] for alarm in found} == {"waiting-one": "ALARM", "waiting-two": "OK"}


def test_a_policy_may_bound_the_namespace_of_metrics(aws, service_role):
    role = service_role("measures", ("s3:ListBucket", "*"))
    statement = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Mine"}},
    }
    aws("iam").put_role_policy(RoleName="measures", PolicyName="only", PolicyDocument=document(statement))
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    aws("iam").update_assume_role_policy(RoleName="measures", PolicyDocument=document(trust))
    given = aws("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    cloudwatch = aws("cloudwatch", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    datum = [{"MetricName": "Waiting", "Value": 1.0}]
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=datum)
    with pytest.raises(cloudwatch.exceptions.ClientError, match="not authorized to perform: cloudwatch:PutMetricData"):
        cloudwatch.put_metric_data(Namespace="Theirs", MetricData=datum)


def test_a_template_may_hold_a_budget(aws, until):
    told = {
        "Notification": {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80},
        "Subscribers": [{"SubscriptionType": "SNS", "Address": "arn:aws:sns:us-east-1:123456789012:people"}],
    }
    limit = {"Amount": 50, "Unit": "USD"}
    budget = {"BudgetName": "mine", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    properties = {"Budget": budget, "NotificationsWithSubscribers": [told]}
    template = {"Resources": {"Budget": {"Type": "AWS::Budgets::Budget", "Properties": properties}}}
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="budgets", TemplateBody=json.dumps(template))

    def status():
        return cloudformation.describe_stacks(StackName="budgets")["Stacks"][0]["StackStatus"]

    assert until(lambda: status().endswith("COMPLETE") and status()) == "CREATE_COMPLETE"
    (found,) = aws("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
    assert (found["BudgetName"], float(found["BudgetLimit"]["Amount"])) == ("mine", 50.0)
    cloudformation.delete_stack(StackName="budgets")
    until(lambda: not aws("budgets").describe_budgets(AccountId="123456789012").get("Budgets"))
