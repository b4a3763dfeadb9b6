"""The real CDK command line against the local cloud: deploy, update, failed update, interruption, destroy."""

import json
import re
from collections.abc import Iterator

import boto3
import pytest

from operations.errors import OperationError

from .conftest import TOO_LITTLE, USERS, WATCHED

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

NO_RESOURCES = {"ListRecipes", "ListMetricAttributionMetrics", "ListTagsForResource"}


def resources(project) -> dict[str, dict[str, object]]:
    """Return the summaries of all Personalize resources of a project, by ARN."""

    def summaries() -> Iterator[dict[str, object]]:
        personalize = boto3.client("personalize")
        for method, operation in personalize.meta.method_to_api_mapping.items():
            if operation.startswith("List") and operation not in NO_RESOURCES:
                answer = getattr(personalize, method)(maxResults=100)
                yield from next(value for value in answer.values() if isinstance(value, list))

    by_arn = {next(str(v) for k, v in summary.items() if k.endswith("Arn")): summary for summary in summaries()}
    trackers = {arn: summary for arn, summary in by_arn.items() if summary.get("name", "").startswith(project.stack)}
    return {arn: summary for arn, summary in by_arn.items() if f"/{project.stack}-" in arn} | trackers


def solutions(project) -> list[str]:
    return sorted(arn for arn in resources(project) if ":solution/" in arn)


def recommended(project, campaign: str, user: str) -> list[str]:
    answer = boto3.client("personalize-runtime").get_recommendations(
        campaignArn=project.outputs()[f"Campaign{campaign}Arn"], userId=user, numResults=5
    )
    return [item["itemId"] for item in answer["itemList"]]


def logged(project) -> list[dict[str, object]]:
    """Return the lines that the function behind the resources wrote, of each step one."""
    logs = boto3.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    answers = (
        logs.filter_log_events(logGroupName=group, filterPattern='"logical_id"')
        for group in groups
        if project.stack in group
    )
    messages = [event["message"].strip() for answer in answers for event in answer["events"]]
    return [json.loads(message) for message in messages if message.startswith('{"resource_type"')]


def test_a_project_is_deployed_updated_rolled_back_and_destroyed(make_project):
    project = make_project("whole")
    project.cdk().deploy()
    first, outputs = resources(project), project.outputs()
    done = {str(line["logical_id"]) for line in logged(project) if line["outcome"] == "done"}
    for kind in ("Group", "Interactions", "NextSolution", "NextVersion", "NextCampaign", "UnseenFilter"):
        assert any(logical_id.startswith(kind) for logical_id in done), (kind, done)
    assert len(recommended(project, "Next", "u1")) == 5

    unchanged = project.cdk()
    unchanged.deploy()  # nothing has changed, so nothing is called that changes anything
    assert resources(project) == first
    assert unchanged.diff() is False

    project.declare("{recipe: hrnn, hyperparameters: {hidden_dimension: 48}}")
    project.cdk().deploy()
    second, moved = resources(project), project.outputs()
    assert moved["CampaignNextArn"] == outputs["CampaignNextArn"]
    assert moved["SolutionVersionPopularArn"] == outputs["SolutionVersionPopularArn"]
    assert moved["SolutionVersionNextArn"] != outputs["SolutionVersionNextArn"]
    serving = boto3.client("personalize").describe_campaign(campaignArn=moved["CampaignNextArn"])["campaign"]
    assert serving["solutionVersionArn"] == moved["SolutionVersionNextArn"]
    assert len(second) == len(first)
    assert len(recommended(project, "Next", "u1")) == 5

    project.declare(TOO_LITTLE)
    failing = project.cdk()
    with pytest.raises(OperationError, match="cdk deploy"):
        failing.deploy()
    (reason,) = {failure for failure in project.failures() if "fewer than 1000 interactions" in failure}
    assert "arn:aws:personalize:us-east-1:123456789012:solution/whole-dev-NextSolution-" in reason
    assert resources(project).keys() == second.keys()
    assert project.outputs() == moved
    assert recommended(project, "Next", "u1")

    failing.destroy()
    assert resources(project) == {}
    assert not [b for b in boto3.client("s3").list_buckets()["Buckets"] if b["Name"].startswith(project.stack)]


def exported(project) -> list[str]:
    """Return the rows that the project's export has written to its data bucket."""
    bucket = boto3.resource("s3").Bucket(project.outputs()["DataBucketName"])
    files = [found.get()["Body"].read().decode() for found in bucket.objects.filter(Prefix="exports/")]
    return [row for file in files for row in file.splitlines() if not row.startswith("USER_ID")]


def test_what_is_new_is_imported_and_trained_on_and_campaigns_move(make_project):
    bucket = boto3.resource("s3").create_bucket(Bucket="prepared-elsewhere")
    project = make_project("data", "{recipe: popularity-count}")
    declared = project.file.read_text()
    declared = declared.replace("    source: log.csv", "    import: {mode: INCREMENTAL}\n    source: log.csv")
    project.file.write_text(declared + "prep: {out: 's3://prepared-elsewhere/data'}\n")
    full = project.prepare().datasets["interactions"]
    project.cdk().deploy()
    before = project.outputs()

    increment = project.prepare(users=2 * USERS).datasets["interactions"]
    project.file.write_text(
        project.file.read_text() + "exports: {all: {dataset: interactions, ingestion_mode: BULK}}\n"
    )
    cdk = project.cdk()
    cdk.deploy()

    after = project.outputs()
    assert after["SolutionVersionNextArn"] != before["SolutionVersionNextArn"]
    assert after["SolutionVersionNextArn"].split("/")[:2] == before["SolutionVersionNextArn"].split("/")[:2]
    assert after["CampaignNextArn"] == before["CampaignNextArn"]
    imports = boto3.client("personalize").list_dataset_import_jobs(datasetArn=after["DatasetInteractionsArn"])[
        "datasetImportJobs"
    ]
    assert [job["importMode"] for job in sorted(imports, key=lambda job: job["creationDateTime"])] == [
        *("FULL", "INCREMENTAL"),
    ]
    assert (full.mode, increment.mode, increment.aside) == ("FULL", "INCREMENTAL", {"unchanged": USERS * WATCHED})
    rows = exported(project)
    assert len(rows) == len({*rows}) == 2 * USERS * WATCHED == full.rows_written + increment.rows_written
    cdk.destroy()
    assert resources(project) == {}
    bucket.objects.delete()
    bucket.delete()


def fail_to_train(project) -> str:
    project.declare(TOO_LITTLE)
    return r"solution/failing-dev-NextSolution-\w+/\w+ .*Dataset has fewer than 1000 interactions"


def fail_to_import(project) -> str:
    project.spoil()
    return r"dataset-import-job/failing-dev-InteractionsImport-\w+ .*missing the following columns:\[TIMESTAMP\]"


@pytest.mark.parametrize("fail", [fail_to_train, fail_to_import])
def test_a_first_deploy_that_fails_leaves_nothing_but_the_reason(make_project, fail):
    project = make_project("failing")
    reason = fail(project)
    cdk = project.cdk()
    with pytest.raises(OperationError, match=reason):
        cdk.deploy()
    assert any(re.search(reason, failure) for failure in project.failures())
    assert resources(project) == {}
    assert not [b for b in boto3.client("s3").list_buckets()["Buckets"] if b["Name"].startswith(project.stack)]
    cdk.destroy()


def test_a_deploy_that_is_killed_in_a_training_is_resumed(make_project):
    project = make_project("killed")

    def kill_in_training(line: str) -> None:
        if "CREATE_IN_PROGRESS" in line and "NextVersion" in line:
            raise KeyboardInterrupt  # ends the command line and its children

    with pytest.raises(KeyboardInterrupt):
        project.cdk(kill_in_training).deploy()
    cdk = project.cdk()
    cdk.deploy()  # what CloudFormation was asked for goes on, so there is nothing to add
    boto3.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=project.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
    )
    finished = resources(project)
    cdk.deploy()
    assert resources(project) == finished
    versions = [arn for arn in solutions(project) if arn.count("/") == 2]
    assert len(versions) == 2
    assert project.outputs()["SolutionVersionNextArn"] in versions
    cdk.destroy()
    assert resources(project) == {}
