"""The service through boto3 clients, in the place of moto's own."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from personalize_local.testing import mock_personalize, set_quotas

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/personalize"
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "version": "1.0",
        "fields": [
            {"name": "USER_ID", "type": "string"},
            {"name": "ITEM_ID", "type": "string"},
            {"name": "TIMESTAMP", "type": "long"},
            {"name": "EVENT_TYPE", "type": "string"},
        ],
    }
)


@pytest.fixture
def mocked():
    with mock_personalize():
        yield


@pytest.fixture
def personalize(mocked):
    return boto3.client("personalize", REGION)


@mock_personalize
def test_the_whole_way_from_a_file_to_recommendations():
    rows = [f"u{number % 40},i{number % 7},{1_600_000_000 + number},watch" for number in range(1200)]
    boto3.client("s3", REGION).create_bucket(Bucket="films-logs")
    body = "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows])
    boto3.client("s3", REGION).put_object(Bucket="films-logs", Key="in/interactions.csv", Body=body.encode())

    personalize = boto3.client("personalize", REGION)
    group = personalize.create_dataset_group(name="films")["datasetGroupArn"]
    schema = personalize.create_schema(name="interactions", schema=SCHEMA)["schemaArn"]
    dataset = personalize.create_dataset(
        name="interactions", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    job = personalize.create_dataset_import_job(
        jobName="first", datasetArn=dataset, dataSource={"dataLocation": "s3://films-logs/in/"}, roleArn=ROLE
    )["datasetImportJobArn"]
    assert personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]["status"] == "ACTIVE"
    solution = personalize.create_solution(
        name="popular", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-popularity-count"
    )["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    assert personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]["coverage"] > 0
    campaign = personalize.create_campaign(name="popular", solutionVersionArn=version)["campaignArn"]
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    unseen = personalize.create_filter(name="unseen", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    tracking_id = personalize.create_event_tracker(name="tracker", datasetGroupArn=group)["trackingId"]

    event = {
        "eventType": "watch",
        "sentAt": datetime(2026, 1, 1, tzinfo=UTC),
        "properties": json.dumps({"itemId": "i0"}),
    }
    boto3.client("personalize-events", REGION).put_events(
        trackingId=tracking_id, userId="new", sessionId="s", eventList=[event]
    )
    answer = boto3.client("personalize-runtime", REGION).get_recommendations(
        campaignArn=campaign, userId="new", filterArn=unseen, numResults=2
    )
    assert [item["itemId"] for item in answer["itemList"]] == ["i1", "i2"]

    now = datetime.now(UTC)
    requests = boto3.client("cloudwatch", REGION).get_metric_statistics(
        Namespace="AWS/Personalize",
        MetricName="GetRecommendations",
        Dimensions=[{"Name": "CampaignArn", "Value": campaign}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in requests["Datapoints"]] == [1.0]


def test_times_come_as_datetimes(personalize):
    arn = personalize.create_dataset_group(name="films")["datasetGroupArn"]
    group = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert isinstance(group["creationDateTime"], datetime)
    assert group["status"] == "ACTIVE"


def test_errors_are_caught_by_name(personalize):
    personalize.create_dataset_group(name="films")
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException) as caught:
        personalize.create_dataset_group(name="films")
    assert caught.value.response["Error"] == {
        "Code": "ResourceAlreadyExistsException",
        "Message": f"Another resource with Arn arn:aws:personalize:{REGION}:123456789012:dataset-group/films "
        "already exists.",
    }


def test_runtime_errors_have_their_status(mocked):
    runtime = boto3.client("personalize-runtime", REGION)
    arn = f"arn:aws:personalize:{REGION}:123456789012:campaign/none"
    with pytest.raises(runtime.exceptions.ResourceNotFoundException) as caught:
        runtime.get_recommendations(campaignArn=arn)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_paginators_reach_the_end(personalize):
    for number in range(5):
        personalize.create_schema(name=f"schema{number}", schema=SCHEMA)
    pages = personalize.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 2})
    assert [[schema["name"] for schema in page["schemas"]] for page in pages] == [
        ["schema0", "schema1"],
        ["schema2", "schema3"],
        ["schema4"],
    ]


def test_filters_are_listed_under_a_capital_letter(personalize):
    assert personalize.list_filters()["Filters"] == []


def test_accounts_of_a_region_and_regions_are_apart(mocked):
    boto3.client("personalize", REGION).create_dataset_group(name="films")
    assert boto3.client("personalize", "eu-west-1").list_dataset_groups()["datasetGroups"] == []


def test_every_mock_begins_with_nothing():
    for _ in range(2):
        with mock_personalize():
            personalize = boto3.client("personalize", REGION)
            assert personalize.list_dataset_groups()["datasetGroups"] == []
            personalize.create_dataset_group(name="films")


@mock_personalize
def test_a_unit_test_sets_quotas():
    set_quotas(dataset_groups=0)
    client = boto3.client("personalize", "us-east-1")
    with pytest.raises(client.exceptions.LimitExceededException):
        client.create_dataset_group(name="films")
    set_quotas()
    assert client.create_dataset_group(name="films")
