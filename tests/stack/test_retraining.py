"""The retraining of a project: what starts it, what it may do, who is told, and what a deploy leaves alone."""

import json
import random

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from data_prep.prepare import prepare
from personalize_stack.config.load import load
from personalize_stack.stack import PersonalizeStack

CONFIG = """\
project: films
datasets:
  interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}
solutions:
  weekly: {recipe: popularity-count, retraining: {schedule: "cron(0 3 ? * MON *)", on_new_data: true, keep_days: 9}}
  by-hand: {recipe: sims, retraining: {keep_days: 9}}
campaigns:
  weekly: {solution: weekly}
  again: {solution: weekly}
  by-hand: {solution: by-hand}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retraining")
    chance = random.Random(0)
    rows = [f"u{user},i{chance.randrange(50)},{1_700_000_000 + n}" for user in range(60) for n in range(20)]
    (folder / "log.csv").write_text("\n".join(["u,i,t", *rows]))
    return folder


@pytest.fixture(scope="module")
def synthesized(folder):
    (folder / "personalize.yaml").write_text(CONFIG)
    project = load(folder / "personalize.yaml", "dev")
    manifest = prepare(project.datasets, folder, folder / "prepared")
    app = cdk.App()
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    stack = PersonalizeStack(app, project.stack_name, project=project, manifest=manifest, env=env)
    return app, Template.from_stack(stack)


@pytest.fixture(scope="module")
def template(synthesized):
    return synthesized[1]


def allowed(template, role):
    """What a role may do: (action, resource as text, whether under a condition)."""
    (policy,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for name, policy in template.find_resources("AWS::IAM::Policy").items()
        if name.startswith(role)
    )
    return {
        (action, json.dumps(resource), "Condition" in statement)
        for statement in policy
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    }


def test_nothing_that_the_checks_know_of_is_wrong(synthesized):
    report = AwsSolutionsChecks(synthesized[0]).validate_scope(synthesized[0])
    assert [violation.rule_name for violation in report.violations] == []


def test_each_retrained_solution_has_a_machine_and_only_those_that_ask_for_it_begin_by_themselves(template):
    names = [
        machine["Properties"]["StateMachineName"]
        for machine in template.find_resources("AWS::StepFunctions::StateMachine").values()
        if "StateMachineName" in machine["Properties"]
    ]
    assert sorted(names) == ["films-dev-retrain-by-hand", "films-dev-retrain-weekly"]
    template.resource_count_is("AWS::Scheduler::Schedule", 1)
    template.has_resource_properties(
        "AWS::Scheduler::Schedule",
        {
            "ScheduleExpression": "cron(0 3 ? * MON *)",
            "ScheduleExpressionTimezone": "Etc/UTC",
            "Target": {"Input": '{"trigger":"schedule"}'},
        },
    )
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"object": {"key": [{"prefix": "incoming/interactions/"}]}},
            },
            "Targets": [Match.object_like({"Input": '{"trigger":"data"}'})],
        },
    )


def test_the_bucket_tells_of_new_files_and_forgets_those_that_were_added_long_ago(template):
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "LifecycleConfiguration": {
                "Rules": [
                    Match.any_value(),
                    {"Id": "incoming expires", "Prefix": "incoming/", "ExpirationInDays": 9, "Status": "Enabled"},
                ]
            },
        },
    )


def test_whatever_ends_a_run_too_early_is_told_and_why_it_failed(template):
    for statuses, text in (
        (["FAILED"], "<detail-error>: <detail-cause>. Each"),
        (["TIMED_OUT", "ABORTED"], "<detail-status>. Each"),
    ):
        template.has_resource_properties(
            "AWS::Events::Rule",
            {
                "EventPattern": {"source": ["aws.states"], "detail": {"status": statuses}},
                "Targets": [
                    {
                        "Arn": {"Ref": Match.string_like_regexp("^NotificationsTopic")},
                        "InputTransformer": {"InputTemplate": Match.string_like_regexp(f"{text} campaign goes on")},
                    }
                ],
            },
        )


def test_the_machine_may_do_what_its_states_do_and_no_more(template):
    granted = allowed(template, "WeeklyRetrainingRole")
    own = "arn:aws:personalize:eu-west-1:123456789012:"
    assert {action for action, *_ in granted if action.split(":")[0] not in {"logs", "xray"}} == {
        "personalize:DescribeDatasetImportJob",
        "personalize:CreateDatasetImportJob",
        "personalize:DescribeSolution",
        "personalize:CreateSolutionVersion",
        "personalize:DescribeSolutionVersion",
        "personalize:GetSolutionMetrics",
        "personalize:DescribeCampaign",
        "personalize:UpdateCampaign",
        "states:ListExecutions",
        "s3:ListBucket",
        "iam:PassRole",
        "ssm:GetParameter",
        "ssm:PutParameter",
        "events:PutEvents",
    }
    everywhere = {action.split(":")[0] for action, resource, _ in granted if resource == '"*"'}
    assert everywhere == {"logs", "xray"}
    assert {action for action, _, is_bound in granted if is_bound} == {"s3:ListBucket", "iam:PassRole"}
    patterns = {resource.strip('"').removeprefix(f"arn:{own}") for _, resource, _ in granted if resource.endswith('*"')}
    assert all(pattern == "*" or "films-dev-" in pattern for pattern in patterns), patterns
    (campaign,) = {resource for action, resource, _ in granted if action == "personalize:CreateSolutionVersion"}
    assert "WeeklySolution" in campaign
    updated = [resource for action, resource, _ in granted if action == "personalize:UpdateCampaign"]
    assert len(updated) == 2
    assert not any("ByHand" in resource for _, resource, _ in granted)


def test_a_deploy_writes_who_serves_only_when_it_lets_another_version_serve(template):
    """What CloudFormation compares is the template: the version that the deploy trained."""
    parameters = {
        parameter["Properties"]["Name"]: json.dumps(parameter["Properties"]["Value"])
        for parameter in template.find_resources("AWS::SSM::Parameter").values()
    }
    for campaign, version in (("weekly", "WeeklyVersion"), ("again", "WeeklyVersion"), ("by-hand", "ByHandVersion")):
        value = parameters[f"/personalize/films-dev/campaigns/{campaign}/serving"]
        assert version in value
        assert "deploy" in value
    assert json.loads(json.loads(parameters["/personalize/films-dev/solutions/weekly/judged"])) == {"version": ""}


def test_a_project_without_retraining_has_none_of_it(folder):
    (folder / "plain.yaml").write_text(
        "\n".join(line.split(", retraining")[0] + ("}" if "retraining" in line else "") for line in CONFIG.splitlines())
    )
    project = load(folder / "plain.yaml", "dev")
    manifest = prepare(project.datasets, folder, folder / "prepared")
    template = Template.from_stack(PersonalizeStack(cdk.App(), project.stack_name, project=project, manifest=manifest))
    template.resource_count_is("AWS::Events::Rule", 0)
    template.resource_count_is("AWS::Scheduler::Schedule", 0)
    template.resource_count_is("AWS::SNS::Topic", 0)
