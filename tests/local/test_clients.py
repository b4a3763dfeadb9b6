"""What programs written against AWS rely on: seen in public scripts, notebooks and tools. One test for each habit.

The order follows a program's way: setting up, training, asking, cleaning up.
"""

import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from rich.console import Console

from operations.clock import SystemClock
from operations.status import status
from personalize_stack.config.load import load

REGION, ACCOUNT = "us-east-1", "123456789012"
EXPRESSIONS = (
    'INCLUDE ItemID WHERE items.genres IN ("drama")',
    "INCLUDE ItemID WHERE ITEMS.Year >= 1990 AND Items.YEAR < 2000.5",
    "EXCLUDE ItemID WHERE Items.GENRES IN ($GENRE)",
    "INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES",
    'EXCLUDE ItemID WHERE interactions.event_type IN ("*")',
)
# As notebooks write it: unions with null, names in mixed case, no version.
SCHEMAS = {
    "Interactions": [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_TYPE", "string")],
    "Items": [("ITEM_ID", "string"), ("GENRES", ["null", "string"]), ("Year", ["null", "int"])],
}


def arn(path):
    """ARNs are built from names by hand."""
    return f"arn:aws:personalize:{REGION}:{ACCOUNT}:{path}"


def schema(record):
    fields = [
        {"name": name, "type": kind} | ({"categorical": True} if name == "GENRES" else {})
        for name, kind in SCHEMAS[record]
    ]
    return json.dumps(
        {"type": "record", "name": record, "namespace": "com.amazonaws.personalize.schema", "fields": fields}
        | {"version": "1.0"}
    )


@pytest.fixture(scope="module")
def personalize(aws):
    return aws("personalize")


@pytest.fixture(scope="module")
def role(aws):
    """Managed policies are attached after the role was made."""
    iam = aws("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName="PersonalizeRole", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for policy in ("service-role/AmazonPersonalizeFullAccess", "AmazonS3FullAccess"):
        iam.attach_role_policy(RoleName="PersonalizeRole", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    return made


@pytest.fixture(scope="module")
def bucket(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="films-logs")
    log = [f"u{n % 40},i{(n // 40 + n) % 12},{1_600_000_000 + 60 * n},watch" for n in range(1200)]
    s3.put_object(
        Bucket="films-logs", Key="log.csv", Body="\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *log]).encode()
    )
    # Integers come with gaps and with odd values.
    films = [
        f"i{n},{'drama' if n % 2 else 'comedy|drama'},{'' if n == 3 else 0 if n == 4 else 1990 + n}" for n in range(12)
    ]
    s3.put_object(Bucket="films-logs", Key="films.csv", Body="\n".join(["ITEM_ID,GENRES,Year", *films]).encode())
    s3.put_object(Bucket="films-logs", Key="in/users.json", Body=b'{"userId": "u1"}\n{"userId": "u2"}\n')
    return "s3://films-logs"


@pytest.fixture(scope="module")
def active(until):
    """Waits as notebooks do, by asking for the status."""

    def wait(describe, key, **which):
        shown = until(lambda: describe(**which)[key], lambda one: one["status"] in {"ACTIVE", "CREATE FAILED"})
        assert shown["status"] == "ACTIVE", shown
        return which

    return wait


@pytest.fixture(scope="module")
def deployed(personalize, role, bucket, active):
    """All that a notebook makes."""
    group = arn("dataset-group/clients")
    personalize.create_dataset_group(name="clients")
    active(personalize.describe_dataset_group, "datasetGroup", datasetGroupArn=group)
    for record, file in (("Interactions", "log.csv"), ("Items", "films.csv")):
        made = personalize.create_schema(name=f"clients-{record}", schema=schema(record))["schemaArn"]
        dataset = personalize.create_dataset(
            name=record, schemaArn=made, datasetGroupArn=group, datasetType=record.upper()
        )["datasetArn"]
        assert dataset == arn(f"dataset/clients/{record.upper()}")
        active(personalize.describe_dataset, "dataset", datasetArn=dataset)
        job = personalize.create_dataset_import_job(
            jobName=f"clients-{record}",
            datasetArn=dataset,
            dataSource={"dataLocation": f"{bucket}/{file}"},
            roleArn=role,
        )["datasetImportJobArn"]
        active(personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)
    for recipe in ("aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart", "aws-sims", "aws-popularity-count"):
        small = {"algorithmHyperParameters": {"hidden_dimension": "32"}} if "hrnn" in recipe else {}
        solution = personalize.create_solution(
            name=recipe,
            datasetGroupArn=group,
            recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
            solutionConfig=small,
        )["solutionArn"]
        version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        active(personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version)
    campaign = personalize.create_campaign(name="clients", solutionVersionArn=version, minProvisionedTPS=1)
    active(personalize.describe_campaign, "campaign", **{"campaignArn": campaign["campaignArn"]})
    return {"group": group, "solution": solution, "version": version, "campaign": campaign["campaignArn"]}


@pytest.mark.parametrize("variables", [["AWS_ENDPOINT_URL"], ["AWS_ENDPOINT_URL_PERSONALIZE", "AWS_ENDPOINT_URL_STS"]])
def test_endpoints_come_from_the_environment(cloud, variables):
    program = """if True:
        import boto3
        print(boto3.client("sts").get_caller_identity()["Account"], "datasetGroups" in
              boto3.client("personalize").list_dataset_groups())
        """
    usual = {name: value for name, value in cloud.environment().items() if not name.startswith("AWS_ENDPOINT_URL")}
    env = {**os.environ, **usual, **dict.fromkeys(variables, cloud.status().url)}
    told = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout
    assert told == f"{ACCOUNT} True\n"


@pytest.mark.parametrize("service", ["s3", "iam", "sts", "ssm", "cloudwatch", "lambda"])
def test_other_services_stand_beside_it(aws, service):
    asks = {
        "s3": "list_buckets",
        "iam": "list_roles",
        "sts": "get_caller_identity",
        "ssm": "describe_parameters",
        "cloudwatch": "list_metrics",
        "lambda": "list_functions",
    }
    assert getattr(aws(service), asks[service])()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_deleted_resource_is_seen_for_a_moment_and_then_vanishes(personalize, until):
    group = personalize.create_dataset_group(name="passing")["datasetGroupArn"]
    personalize.delete_dataset_group(datasetGroupArn=group)
    shown = personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]
    assert shown["status"] in {"DELETE PENDING", "DELETE IN_PROGRESS"}

    def gone():
        try:
            personalize.describe_dataset_group(datasetGroupArn=group)
        except personalize.exceptions.ResourceNotFoundException:
            return True
        return False

    assert until(gone)


def test_parents_go_right_after_their_children(personalize):
    group = personalize.create_dataset_group(name="family")["datasetGroupArn"]
    made = personalize.create_schema(name="family", schema=schema("Interactions"))["schemaArn"]
    dataset = personalize.create_dataset(
        name="family", schemaArn=made, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.delete_dataset_group(datasetGroupArn=group)
    personalize.delete_dataset(datasetArn=dataset)
    personalize.delete_dataset_group(datasetGroupArn=group)
    with pytest.raises(personalize.exceptions.ResourceInUseException):  # once more, as tear-down tools do
        personalize.delete_dataset_group(datasetGroupArn=group)


def test_the_dataset_for_events_that_groups_once_had_can_be_deleted(personalize, deployed):
    personalize.delete_dataset(datasetArn=arn("dataset/clients/EVENT_INTERACTIONS"))


def test_legacy_recipes_are_listed_and_described_and_domains_have_their_own(personalize):
    pages = personalize.get_paginator("list_recipes").paginate()
    names = {recipe["name"] for page in pages for recipe in page["recipes"]}
    legacy = {"aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart", "aws-sims", "aws-popularity-count"}
    assert legacy <= names
    for name in legacy:
        recipe = personalize.describe_recipe(recipeArn=f"arn:aws:personalize:::recipe/{name}")["recipe"]
        assert recipe["algorithmArn"] == f"arn:aws:personalize:::algorithm/{name}"
    video = personalize.list_recipes(domain="VIDEO_ON_DEMAND")["recipes"]
    assert {recipe["domain"] for recipe in video} == {"VIDEO_ON_DEMAND"}


def test_with_instant_a_step_is_done_when_it_is_first_looked_at(personalize):
    group = personalize.create_dataset_group(name="quick")["datasetGroupArn"]
    assert personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE"


def test_filters_name_fields_in_any_case(aws, personalize, deployed):
    runtime = aws("personalize-runtime")
    for number, expression in enumerate(EXPRESSIONS):
        personalize.create_filter(
            name=f"clients-{number}", datasetGroupArn=deployed["group"], filterExpression=expression
        )
        answer = runtime.get_recommendations(
            campaignArn=deployed["campaign"],
            userId="u1",
            itemId="i1",
            filterArn=arn(f"filter/clients-{number}"),
            **({"filterValues": {"GENRE": '"comedy"'}} if "$GENRE" in expression else {}),
        )
        assert (len(answer["itemList"]) > 0) == ("event_type" not in expression), expression
    listed = personalize.list_filters(datasetGroupArn=deployed["group"])["Filters"]
    assert [found["name"] for found in listed] == [f"clients-{number}" for number in range(len(EXPRESSIONS))]


def test_a_batch_job_writes_its_answers_under_the_name_of_its_input(aws, personalize, deployed, role, bucket, until):
    job = personalize.create_batch_inference_job(
        jobName="clients",
        solutionVersionArn=deployed["version"],
        roleArn=role,
        jobInput={"s3DataSource": {"path": f"{bucket}/in/users.json"}},
        jobOutput={"s3DataDestination": {"path": f"{bucket}/out/"}},
    )["batchInferenceJobArn"]
    until(
        lambda: personalize.describe_batch_inference_job(batchInferenceJobArn=job)["batchInferenceJob"],
        lambda shown: shown["status"] == "ACTIVE",
    )
    body = aws("s3").get_object(Bucket="films-logs", Key="out/users.json.out")["Body"].read().decode()
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["input"] for line in lines] == [{"userId": "u1"}, {"userId": "u2"}]
    assert all(line["error"] is None and line["output"]["recommendedItems"] for line in lines)


def test_events_come_one_by_one_with_nothing_but_an_item_in_their_properties(aws, personalize, deployed):
    tracking_id = personalize.create_event_tracker(name="clients", datasetGroupArn=deployed["group"])["trackingId"]
    events = aws("personalize-events")
    for number in range(200):
        events.put_events(
            trackingId=tracking_id,
            userId="somebody",
            sessionId=f"never-seen-{number}",
            eventList=[
                {
                    "eventType": "watch",
                    "sentAt": datetime(2026, 1, 1, minute=number % 60, tzinfo=UTC),
                    "properties": json.dumps({"itemId": f"i{number % 11}"}),
                }
            ],
        )
    unseen = personalize.create_filter(
        name="clients-unseen",
        datasetGroupArn=deployed["group"],
        filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
    )["filterArn"]
    answer = aws("personalize-runtime").get_recommendations(
        campaignArn=deployed["campaign"], userId="somebody", filterArn=unseen
    )
    assert [item["itemId"] for item in answer["itemList"]] == ["i11"]


def test_campaigns_are_listed_by_the_solution_that_the_versions_arn_begins_with(personalize, deployed):
    solution = deployed["version"].rpartition("/")[0]
    assert solution == deployed["solution"]
    pages = personalize.get_paginator("list_campaigns").paginate(solutionArn=solution)
    assert [one["campaignArn"] for page in pages for one in page["campaigns"]] == [deployed["campaign"]]


@pytest.mark.parametrize("operation", ["list_solutions", "list_datasets", "list_dataset_import_jobs", "list_schemas"])
def test_lists_have_paginators(personalize, deployed, operation):
    assert personalize.get_paginator(operation).paginate(PaginationConfig={"PageSize": 1}).build_full_result()


def test_metadata_with_gaps_and_odd_years_is_imported(aws, personalize, deployed):
    campaign = personalize.describe_campaign(campaignArn=deployed["campaign"])["campaign"]
    config = campaign.get("campaignConfig", {}) | {"enableMetadataWithRecommendations": True}
    personalize.update_campaign(campaignArn=deployed["campaign"], campaignConfig=config)
    answer = aws("personalize-runtime").get_recommendations(
        campaignArn=deployed["campaign"], userId="u1", metadataColumns={"ITEMS": ["GENRES", "Year"]}
    )
    years = {item["itemId"]: item["metadata"].get("year") for item in answer["itemList"]}
    assert (years["i2"], years["i3"], years["i4"]) == ("1992", None, "0")


def test_errors_are_caught_by_name(personalize, deployed):
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException):
        personalize.create_dataset_group(name="clients")
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_campaign(campaignArn=arn("campaign/none"))
    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.delete_solution(solutionArn=deployed["solution"])
    made = []
    with suppress(personalize.exceptions.LimitExceededException):
        while len(made) < 1000:
            made.append(personalize.create_dataset_group(name=f"many{len(made)}")["datasetGroupArn"])
    assert 0 < len(made) < 1000
    for group in made:
        personalize.delete_dataset_group(datasetGroupArn=group)


def test_an_import_of_a_missing_object_leaves_its_name_free(aws, personalize, deployed, role, bucket):
    request = {
        "jobName": "again",
        "datasetArn": arn("dataset/clients/INTERACTIONS"),
        "dataSource": {"dataLocation": f"{bucket}/later.csv"},
        "roleArn": role,
    }
    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.create_dataset_import_job(**request)
    s3 = aws("s3")
    s3.copy_object(Bucket="films-logs", Key="later.csv", CopySource="films-logs/log.csv")
    assert personalize.create_dataset_import_job(**request)["datasetImportJobArn"] == arn("dataset-import-job/again")


def test_a_training_is_stopped_and_a_recommender_rests(personalize, deployed, until):
    version = personalize.create_solution_version(solutionArn=arn("solution/aws-hrnn"))["solutionVersionArn"]
    personalize.stop_solution_version_creation(solutionVersionArn=version)
    shown = until(
        lambda: personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["status"],
        lambda status: status == "CREATE STOPPED",
    )
    assert shown == "CREATE STOPPED"
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.stop_recommender(recommenderArn=arn("recommender/none"))


def test_the_status_of_an_environment_tells_what_is_to_be_known_of_a_model(
    cloud, aws, personalize, deployed, role, bucket, active, tmp_path, monkeypatch
):
    """Everybody takes four hits in the end. SIMS leaves out what is popular, so here it is worse than popularity."""
    taken = [
        [*(f"rare{(user + place) % 40}" for place in range(26)), *(f"hit{n}" for n in range(4))] for user in range(60)
    ]
    log = [
        f"u{user},{item},{1_600_000_000 + 60 * n},watch"
        for user, items in enumerate(taken)
        for n, item in enumerate(items)
    ]
    log = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *log]
    aws("s3").put_object(Bucket="films-logs", Key="hits.csv", Body="\n".join(log).encode())
    group, dataset = arn("dataset-group/hits"), arn("dataset/hits/INTERACTIONS")
    personalize.create_dataset_group(name="hits")
    active(personalize.describe_dataset_group, "datasetGroup", datasetGroupArn=group)
    made = {"schemaArn": arn("schema/clients-Interactions"), "datasetGroupArn": group}
    personalize.create_dataset(name="hits", datasetType="INTERACTIONS", **made)
    active(personalize.describe_dataset, "dataset", datasetArn=dataset)
    job = personalize.create_dataset_import_job(
        jobName="hits", datasetArn=dataset, dataSource={"dataLocation": f"{bucket}/hits.csv"}, roleArn=role
    )["datasetImportJobArn"]
    active(personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)
    solution = personalize.create_solution(
        name="told-dev-sims",
        datasetGroupArn=group,
        recipeArn="arn:aws:personalize:::recipe/aws-sims",
        solutionConfig={"featureTransformationParameters": {"max_item_interaction_count_percentile": "0.9"}},
    )["solutionArn"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    active(personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version)
    for variable, value in cloud.environment().items():
        monkeypatch.setenv(variable, value)
    (tmp_path / "personalize.yaml").write_text(
        f"project: told\nregion: {REGION}\ndatasets:\n"
        "  interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}\n"
    )
    console = Console(file=io.StringIO(), width=300)
    status(load(tmp_path / "personalize.yaml", "dev"), console, SystemClock())
    (line,) = (line for line in console.file.getvalue().splitlines() if line.startswith("solution version"))
    assert "ACTIVE" in line
    assert "popularity alone would do better: " in line
