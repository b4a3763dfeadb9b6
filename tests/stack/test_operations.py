"""What acts on a deployed recommender by itself: that it is in the template, and what it may do."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from data_prep.manifest import Manifest, Part, PreparedDataset
from data_prep.spec import fingerprint
from personalize_stack.config.load import load
from personalize_stack.pipeline import Pipeline, Preparation
from personalize_stack.stack import PersonalizeStack

PROJECT = """
project: films
domain: VIDEO_ON_DEMAND
datasets:
  interactions: {source: log.csv, columns: {USER_ID: user, ITEM_ID: film, TIMESTAMP: at, EVENT_TYPE: {value: Watch}}}
solutions:
  popular: {recipe: popularity-count}
campaigns:
  popular:
    solution: popular
    min_provisioned_tps: 2
    autoscaling: {max_tps: 20, prewarm: [{from: "fri 18:00", to: "fri 22:00", tps: 15}]}
  steady: {solution: popular, pause_after_idle_days: 14}
recommenders:
  top: {recipe: vod-most-popular, autoscaling: {}}
event_tracker: true
watch: {error_share: 0.1}
budget: {usd_per_month: 300}
notify: [ops@example.com]
pipeline: {repository: octo/films}
max_import_hours: 1
max_training_hours: 1
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("operations")
    (folder / "personalize.yaml").write_text(PROJECT)
    project = load(folder / "personalize.yaml")
    (folder / "INTERACTIONS.csv").write_text("USER_ID,ITEM_ID,TIMESTAMP\n")
    (folder / "interactions.avsc").write_text(json.dumps({"type": "record", "name": "Interactions"}))
    parts = (Part("INTERACTIONS.csv", 0, "ab" * 32),)
    prepared = PreparedDataset(parts, "interactions.avsc", 0, 0, {}, (), event_types={"watch": 5000})
    manifest = Manifest({"interactions": prepared}, fingerprint(project.datasets), folder)
    app = cdk.App()
    PersonalizeStack(app, project.stack_name, project=project, manifest=manifest)
    return app


@pytest.fixture(scope="module")
def template(app):
    return Template.from_stack(app.node.find_child("films-dev"))


@pytest.fixture(scope="module")
def allowed(template):
    """What a role may do, as actions and the resources as text, by the first part of its logical ID."""

    def ask(role):
        return {
            action: json.dumps(statement["Resource"])
            for policy in template.find_resources("AWS::IAM::Policy").values()
            if policy["Properties"]["Roles"][0]["Ref"].startswith(role)
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
        }

    return ask


def test_the_autoscaler_looks_every_minute_at_what_shall_scale_and_at_nothing_else(template):
    schedules = template.find_resources("AWS::Scheduler::Schedule").values()
    (scaling,) = [found for found in schedules if "policy" in json.dumps(found["Properties"]["Target"]["Input"])]
    assert scaling["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    text = scaling["Properties"]["Target"]["Input"]["Fn::Join"][1]
    given = "".join(part if isinstance(part, str) else "ARN" for part in text)
    policy = {"min_tps": 2, "max_tps": 20, "headroom": 0.08, "cooldown_minutes": 5}
    window = {"start": "fri 18:00", "end": "fri 22:00", "tps": 15}
    assert json.loads(given)["targets"] == {
        "campaigns.popular": {"arn": "ARN", "policy": {**policy, "prewarm": [window]}},
        "recommenders.top": {"arn": "ARN", "policy": {**policy, "min_tps": 1, "max_tps": 100, "prewarm": []}},
    }


def test_the_autoscaler_may_change_what_it_scales_alone(allowed):
    may = allowed("AutoscalerFunctionRole")
    assert may.keys() == {
        *("logs:CreateLogStream", "logs:PutLogEvents", "events:PutEvents"),
        *("cloudwatch:GetMetricData", "cloudwatch:PutMetricData"),
        *("personalize:DescribeCampaign", "personalize:UpdateCampaign"),
        *("personalize:DescribeRecommender", "personalize:UpdateRecommender"),
    }
    assert "PopularCampaign" in may["personalize:UpdateCampaign"]
    assert "Steady" not in may["personalize:UpdateCampaign"]
    assert [action for action, resource in may.items() if resource == '"*"'] == [
        "cloudwatch:GetMetricData",
        "cloudwatch:PutMetricData",
    ]


def test_the_pauser_may_end_what_it_pauses_and_write_down_what_it_was(allowed):
    may = allowed("PauserFunctionRole")
    assert {action for action in may if action.startswith(("personalize:", "s3:"))} == {
        *("personalize:DescribeCampaign", "personalize:DeleteCampaign", "personalize:ListTagsForResource"),
        "s3:PutObject",
    }
    assert "Steady" in may["personalize:DeleteCampaign"]
    assert "Popular" not in may["personalize:DeleteCampaign"]
    assert "/operations/paused/*" in may["s3:PutObject"]


def alarms(template):
    found = template.find_resources("AWS::CloudWatch::Alarm")
    return {name.removeprefix("Watch")[:-8]: alarm["Properties"] for name, alarm in found.items()}


def test_everything_that_serves_and_learns_has_its_alarms_and_they_are_told(template):
    found = alarms(template)
    assert found.keys() == {
        *(
            f"campaigns{name}{what}"
            for name in ("popular", "steady")
            for what in ("Errors", "Latency", "Idle", "Stale")
        ),
        *(f"recommenderstop{what}" for what in ("Errors", "Latency", "Idle", "Stale")),
        *("interactionsFailedImport", "NoData", "NoEvents", "Watching"),
    }
    assert all(len(alarm["AlarmActions"]) == len(alarm["OKActions"]) == 1 for alarm in found.values())
    assert not any("AlarmName" in alarm for alarm in found.values())
    errors = found["campaignspopularErrors"]
    assert (errors["Threshold"], errors["MetricName"], errors["TreatMissingData"]) == (
        0.1,
        "ErrorShare",
        "notBreaching",
    )
    silence = found["NoEvents"]
    assert (silence["MetricName"], silence["EvaluationPeriods"], silence["TreatMissingData"]) == (
        "PutEventsRequests",
        24,
        "breaching",
    )


def test_the_dashboard_shows_each_that_serves_and_the_data(template):
    (dashboard,) = template.find_resources("AWS::CloudWatch::Dashboard").values()
    assert "DashboardName" not in dashboard["Properties"]
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    for title in (
        *(f"campaigns.popular: {what}" for what in ("requests and errors", "latency, ms", "TPS against minimum")),
        *("campaigns.steady: the model over its versions", "recommenders.top: latency, ms"),
        *("hours since new data", "events in, and errors"),
    ):
        assert title in body


def test_the_watcher_may_only_look(allowed):
    may = allowed("WatchFunctionRole")
    assert {action for action in may if action.startswith("personalize:")} == {
        *("personalize:DescribeCampaign", "personalize:DescribeRecommender", "personalize:ListDatasetImportJobs"),
        *("personalize:DescribeSolutionVersion", "personalize:GetSolutionMetrics"),
    }
    assert "PopularSolution" in may["personalize:GetSolutionMetrics"]


def test_the_budget_counts_what_carries_the_tags_of_the_environment_and_is_told(template):
    (budget,) = template.find_resources("AWS::Budgets::Budget").values()
    data = budget["Properties"]["Budget"]
    assert data["BudgetLimit"] == {"Amount": 300, "Unit": "USD"}
    assert data["FilterExpression"]["And"] == [
        {"Tags": {"Key": "project", "Values": ["films"]}},
        {"Tags": {"Key": "environment", "Values": ["dev"]}},
    ]
    told = budget["Properties"]["NotificationsWithSubscribers"]
    assert [(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in told] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]
    (policy,) = template.find_resources("AWS::SNS::TopicPolicy").values()
    assert "budgets.amazonaws.com" in json.dumps(policy)


def test_only_jobs_of_the_repositorys_environment_deploy_and_pull_requests_may_only_look(template, allowed):
    roles = template.find_resources("AWS::IAM::Role")
    subjects = {
        name[: -len("12345678")]: role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
        for name, role in roles.items()
        if name.startswith("Pipeline")
    }
    issuer = "token.actions.githubusercontent.com"
    assert subjects == {
        "PipelineDeploy": {
            "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": "repo:octo/films:environment:dev"}
        },
        "PipelineDiff": {
            "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": "repo:octo/films:pull_request"}
        },
    }
    looks = allowed("PipelineDiff")
    assert looks.keys() == {"sts:AssumeRole"}
    assert "lookup-role" in looks["sts:AssumeRole"]
    assert "deploy-role" not in looks["sts:AssumeRole"]
    deploys = allowed("PipelineDeploy")
    assert not [
        action
        for action in deploys
        if action.startswith("personalize:") and not action[12:].startswith(("List", "Describe"))
    ]
    assert deploys["cloudformation:ExecuteChangeSet"] == json.dumps({"Ref": "AWS::StackId"})


def test_who_deploys_may_run_the_job_that_prepares_and_bring_what_it_makes():
    stack = cdk.Stack(cdk.App(), "films-dev")
    preparation = Preparation("films-dev-preparation", {"project": "films", "environment": "dev"})
    Pipeline(stack, "Pipeline", repository="octo/films", environment="dev", preparation=preparation)
    (policy,) = (
        Template.from_stack(stack)
        .find_resources("AWS::IAM::Policy", {"Properties": {"PolicyName": Match.string_like_regexp("Deploy")}})
        .values()
    )
    may = {
        action: statement
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert "job/films-dev-preparation" in json.dumps(may["glue:StartJobRun"]["Resource"])
    assert "films-dev-preparation-bucket*/runs/*" in json.dumps(may["s3:GetObject"]["Resource"])
    bounds = may["kms:Decrypt"]["Condition"]["StringEquals"]
    assert (bounds["aws:ResourceTag/project"], bounds["aws:ResourceTag/environment"]) == ("films", "dev")
    assert "s3." in json.dumps(bounds["kms:ViaService"])


def test_the_function_has_its_own_folder_for_code_and_nothing_else(app, template):
    (function,) = template.find_resources(
        "AWS::Lambda::Function", {"Properties": {"Handler": "operations.functions.scaling.handler"}}
    ).values()
    key = function["Properties"]["Code"]["S3Key"].removesuffix(".zip")
    assembly = app.synth().directory
    (folder,) = Path(assembly).glob(f"asset.{key}*")
    files = {str(file.relative_to(folder)) for file in folder.rglob("*.py")}
    assert {"operations/__init__.py", "operations/functions/scaling.py"} <= files
    assert all(file == "operations/__init__.py" or file.startswith("operations/functions/") for file in files)


def test_nothing_that_the_checks_know_of_is_wrong(app):
    report = AwsSolutionsChecks(app).validate_scope(app)
    assert sorted({violation.rule_name for violation in report.violations}) == []


def test_environments_do_not_clash(template):
    """No resource of operations has a name of its own: CloudFormation makes one that begins with the stack's."""
    named = {
        "AWS::SNS::Topic": "TopicName",
        "AWS::Lambda::Function": "FunctionName",
        "AWS::Scheduler::Schedule": "Name",
    }
    for kind, key in named.items():
        template.all_resources_properties(kind, Match.object_like({key: Match.absent()}))
