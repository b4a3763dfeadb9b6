"""Whatever carries an environment's tags or name is found, and nothing else."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from operations.aws import Aws
from operations.errors import OperationError
from operations.teardown import actions
from operations.teardown.check import check
from operations.teardown.marks import Environment
from personalize_stack.config.load import load_all

FILMS = Environment("films-dev", {"project": "films", "environment": "dev"})
OWNER = "personalize-stack:owner"


@pytest.fixture
def look(aws):
    """Looks for what is left of environments: type, name and why, of each."""

    def run(*environments):
        leftovers = check(aws, environments or [FILMS])
        assert leftovers.not_looked == ()
        return sorted((found.type, found.name, found.why) for found in leftovers.found)

    return run


def own(owner):
    return [{"tagKey": OWNER, "tagValue": owner}]


def test_an_account_with_nothing_of_it_is_clean(bench, look):
    bench.filled_group("books")
    assert look() == []


def test_resources_of_the_service_count_by_the_owners_tag(bench, look):
    bench.group("whatever", tags=own("films-dev/Group"))
    assert look() == [("dataset group", "whatever", f"tag {OWNER}")]


def test_resources_of_the_service_count_by_name(bench, look):
    bench.group("films-dev-group")
    assert {(type_, name) for type_, name, why in look() if why == "name"} >= {
        ("dataset group", "films-dev-group"),
        ("dataset", "films-dev-group-dataset"),
        ("schema", "films-dev-group-schema"),
    }


def test_the_tag_of_another_stack_is_stronger_than_the_name(bench, look):
    bench.personalize.create_dataset_group(name="films-dev-x-group", tags=own("films-dev-x/Group"))
    assert look() == []


def test_a_name_belongs_to_the_stack_with_the_longest_fitting_name(look, cloudformation):
    boto3.client("s3").create_bucket(
        Bucket="films-dev-two-data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    cloudformation.add("films-dev-two")
    assert look() == []
    assert look(FILMS, Environment("films-dev-two")) == [
        ("bucket", "films-dev-two-data", "name"),
        ("stack", "films-dev-two", "name"),
    ]


def test_jobs_that_ended_are_told_and_do_not_count(bench, aws):
    group = bench.group("books")
    bench.import_rows(group.dataset, "films-dev-import")
    running = check(aws, [FILMS])
    bench.wait()
    ended = check(aws, [FILMS])
    assert [(found.name, found.counts) for found in running.found] == [("films-dev-import", True)]
    assert [(found.name, found.counts) for found in ended.found] == [("films-dev-import", False)]
    assert "no operation to delete" in ended.found[0].note
    assert (running.nothing, ended.nothing) == (False, True)


class TestTypes:
    """What a stack is made of besides, each by the mark that it carries on AWS."""

    @pytest.fixture(autouse=True)
    def _cloud(self, cloud):
        pass

    def test_buckets(self, look):
        for name in ("films-dev-data", "films-prod-data"):
            boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        assert look() == [("bucket", "films-dev-data", "name")]

    def test_keys_unless_their_deletion_is_pending(self, look):
        kms = boto3.client("kms")
        keys = [kms.create_key(Description="films-dev: data")["KeyMetadata"]["KeyId"] for _ in range(2)]
        kms.create_alias(AliasName="alias/films-dev-key", TargetKeyId=keys[0])
        kms.schedule_key_deletion(KeyId=keys[1], PendingWindowInDays=7)
        assert look() == [("KMS alias", "alias/films-dev-key", "name"), ("KMS key", "films-dev: data", "name")]

    def test_keys_by_their_tags(self, look):
        tags = [{"TagKey": key, "TagValue": value} for key, value in FILMS.tags.items()]
        boto3.client("kms").create_key(Description="anything", Tags=tags)
        assert look() == [("KMS key", "anything", "tags project, environment")]

    def test_roles_by_name_and_by_tags_where_the_name_was_shortened(self, look):
        iam = boto3.client("iam")
        stack = Environment("recommendations-engine-prod", {"project": "recommendations-engine", "environment": "prod"})
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        for environment in ("prod", "dev"):
            iam.create_role(
                RoleName=f"recommendations-engine-p-Role-{environment}",
                AssumeRolePolicyDocument=trust,
                Tags=[
                    {"Key": "project", "Value": "recommendations-engine"},
                    {"Key": "environment", "Value": environment},
                ],
            )
        iam.create_role(RoleName="films-dev-Role", AssumeRolePolicyDocument=trust)
        assert look() == [("role", "films-dev-Role", "name")]
        why = "tags project, environment"
        assert look(stack) == [("role", "recommendations-engine-p-Role-prod", why)]

    def test_parameters(self, look):
        ssm = boto3.client("ssm")
        for name in ("/personalize/films-dev/tracking-id", "/personalize/films-prod/tracking-id"):
            ssm.put_parameter(Name=name, Value="x", Type="String")
        assert look() == [("parameter", "/personalize/films-dev/tracking-id", "name")]

    def test_log_groups(self, look):
        for name in ("/aws/lambda/films-dev-OnEvent", "films-dev-Logs", "/aws/lambda/films-devil"):
            boto3.client("logs").create_log_group(logGroupName=name)
        assert [name for _, name, _ in look()] == ["/aws/lambda/films-dev-OnEvent", "films-dev-Logs"]

    def test_alarms_dashboards_rules_schedules_and_topics(self, look):
        cloudwatch = boto3.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="films-dev-slow",
            MetricName="Latency",
            Namespace="AWS/Personalize",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.put_dashboard(DashboardName="films-dev-dashboard", DashboardBody='{"widgets": []}')
        boto3.client("events").put_rule(Name="films-dev-weekly", ScheduleExpression="rate(7 days)")
        boto3.client("sns").create_topic(Name="films-dev-alerts")
        assert look() == [
            ("alarm", "films-dev-slow", "name"),
            ("dashboard", "films-dev-dashboard", "name"),
            ("event rule", "films-dev-weekly", "name"),
            ("topic", "films-dev-alerts", "name"),
        ]

    def test_whatever_else_the_tagging_api_knows(self, look):
        boto3.client("sqs").create_queue(QueueName="anything", tags=dict(FILMS.tags))
        assert look() == [("sqs", "anything", "tags project, environment")]


CONFIG = """
project: films
datasets: {interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
environments:
  dev: {}
  prod: {production: true}
"""


class TestCommand:
    """`personalize teardown --check`."""

    @pytest.fixture
    def projects(self, tmp_path, aws):
        def load(text=CONFIG):
            file = tmp_path / "personalize.yaml"
            file.write_text(text, encoding="utf-8")
            return load_all(file)

        return load

    def test_nothing_is_said_in_a_sentence(self, projects, console):
        assert actions.look(projects(), console, as_text=True) is True
        told = "nothing is left of films-dev, films-prod: no resource carries the name or the tags\n"
        assert console.file.getvalue() == told

    def test_what_is_left_is_a_table_which_tells_what_is_kept_on_purpose(self, projects, console):
        for name in ("films-dev-data", "films-prod-data"):
            boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        assert actions.look(projects(), console, as_text=True) is False
        assert console.file.getvalue() == (
            "type    name             found by\n"
            "bucket  films-dev-data   name\n"
            "bucket  films-prod-data  name      kept on purpose: the environment retains its data\n"
        )

    def test_programs_get_json(self, projects, console):
        boto3.client("s3").create_bucket(
            Bucket="films-dev-data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        assert actions.look(projects(), console, as_text=False) is False
        assert json.loads(console.file.getvalue()) == {
            "nothing": False,
            "found": [
                {
                    "type": "bucket",
                    "name": "films-dev-data",
                    "arn": "arn:aws:s3:::films-dev-data",
                    "stack": "films-dev",
                    "why": "name",
                    "note": "",
                    "counts": True,
                }
            ],
            "could_not_look": [],
        }

    def test_what_may_not_be_listed_is_said_and_is_not_nothing(self, projects, console, deny):
        deny("ListSolutions")
        assert actions.look(projects(), console, as_text=True) is False
        told = "could not look for solution: ListSolutions answered AccessDeniedException: not authorized to perform: "
        assert console.file.getvalue().startswith(told)

    def test_what_one_may_not_ask_about_is_told_by_its_name(self, projects, console, bench, deny):
        bench.group("films-dev-group")
        deny("ListTagsForResource")
        assert actions.look(projects(), console, as_text=True) is False
        told = console.file.getvalue()
        assert "could not look for dataset group: ListTagsForResource answered AccessDenied" in told
        assert "dataset group       films-dev-group " in told
        assert "films-dev-group-schema" in told

    def test_an_environment_of_another_account_is_no_environment_that_is_gone(self, projects, console):
        text = CONFIG.replace("dev: {}", 'dev: {account: "210987654321"}')
        assert actions.look(projects(text), console, as_text=True) is False
        told = console.file.getvalue()
        assert "could not look for anything of films-dev: the credentials are of account 123456789012, and the " in told


def test_one_forbidden_key_hides_no_other(aws):
    kms = aws.client("kms")
    keys = [kms.create_key(Description=f"films-dev: {number}")["KeyMetadata"]["KeyId"] for number in range(3)]

    def refuse(params, **more):
        if keys[0] in params["body"].decode():
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeKey")

    kms.meta.events.register("before-call.kms.DescribeKey", refuse)
    leftovers = check(aws, [FILMS])
    assert [found.name for found in leftovers.found] == ["films-dev: 1", "films-dev: 2"]
    reason = "DescribeKey answered AccessDeniedException: no"
    assert [(problem.type, problem.reason) for problem in leftovers.not_looked] == [("KMS key", reason)]


def test_credentials_that_do_not_work_are_said(monkeypatch, cloud):
    def refuse(self):
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "it has expired"}}, "GetCallerIdentity")

    monkeypatch.setattr("moto.sts.responses.TokenResponse.get_caller_identity", refuse)
    with pytest.raises(OperationError, match="the credentials do not work"):
        Aws()


def test_a_missing_region_is_said(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(OperationError, match="no region given; set AWS_REGION, or `region` in the configuration"):
        Aws()
