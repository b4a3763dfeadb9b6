"""Roles that are passed to the service: by whom, and what it may do with them."""

import json

import pytest
from botocore.exceptions import ClientError

from .conftest import document

ACCOUNT = "123456789012"
SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "version": "1.0",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
}
ROWS = "".join(f"u{n % 30},i{n % 7},{1_600_000_000 + n}\n" for n in range(1000))
WRITE = (("s3:PutObject", "arn:aws:s3:::roles-data/*"),)
READ = (("s3:ListBucket", "arn:aws:s3:::roles-data"), ("s3:GetObject", "arn:aws:s3:::roles-data/*"))


@pytest.fixture(scope="module")
def key(aws):
    return aws("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def dataset(aws, key, until):
    """A dataset, and a bucket that is encrypted with a key."""
    s3, personalize = aws("s3"), aws("personalize")
    s3.create_bucket(Bucket="roles-data")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket="roles-data", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(
        Bucket="roles-data",
        Key="log.csv",
        Body=f"USER_ID,ITEM_ID,TIMESTAMP\n{ROWS}".encode(),
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=key,
    )
    group = personalize.create_dataset_group(name="roles")["datasetGroupArn"]
    schema = personalize.create_schema(name="roles", schema=json.dumps(SCHEMA))["schemaArn"]
    until(lambda: personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE")
    request = {"name": "roles", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Interactions"}
    arn = personalize.create_dataset(**request)["datasetArn"]
    until(lambda: personalize.describe_dataset(datasetArn=arn)["dataset"]["status"] == "ACTIVE")
    return arn


@pytest.fixture
def imported(aws, dataset, until):
    """Imports as a role; answers the job's failure, or None."""
    personalize = aws("personalize")

    def run(role_arn, client=personalize):
        name = f"job-{len(personalize.list_dataset_import_jobs(datasetArn=dataset)['datasetImportJobs'])}"
        source = {"dataLocation": "s3://roles-data/log.csv"}
        try:
            job = client.create_dataset_import_job(
                jobName=name, datasetArn=dataset, dataSource=source, roleArn=role_arn
            )["datasetImportJobArn"]
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        done = until(
            lambda: personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"],
            lambda job: job["status"] in ("ACTIVE", "CREATE FAILED"),
        )
        return done.get("failureReason")

    return run


@pytest.fixture
def exported(aws, dataset, imported, service_role, key, until):
    """Exports as a role; answers the job's failure, or None."""
    personalize = aws("personalize")

    def run(role_arn, name):
        assert imported(service_role(f"{name}-reads", *READ, ("kms:Decrypt", key))) is None
        job = personalize.create_dataset_export_job(
            jobName=name,
            datasetArn=dataset,
            roleArn=role_arn,
            jobOutput={"s3DataDestination": {"path": "s3://roles-data/out/", "kmsKeyArn": key}},
        )["datasetExportJobArn"]
        done = until(
            lambda: personalize.describe_dataset_export_job(datasetExportJobArn=job)["datasetExportJob"],
            lambda job: job["status"] in ("ACTIVE", "CREATE FAILED"),
        )
        return done.get("failureReason")

    return run


@pytest.fixture
def acting(aws):
    """Makes clients of a role of a name that may do only what the statements say."""

    def client(name, *statements):
        iam = aws("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document(*statements))
        session = aws("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return aws("personalize", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

    return client


def allowed(action, resource, **condition):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **condition}


def passing(role_arn, service):
    return allowed(
        "iam:PassRole", role_arn, Condition={"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    )


def test_with_all_permissions_the_data_is_read(imported, service_role, key):
    role = service_role("reads", *READ, ("kms:Decrypt", key))

    assert imported(role) is None


@pytest.mark.parametrize("missing", ["s3:ListBucket", "s3:GetObject", "kms:Decrypt"])
def test_without_one_of_them_the_failure_names_it(missing, imported, service_role, key):
    statements = [(action, arn) for action, arn in (*READ, ("kms:Decrypt", key)) if action != missing]
    role = service_role(f"reads-without-{missing.replace(':', '-')}", *statements)

    failure = imported(role)

    assert "Insufficient privileges for accessing data in Amazon S3." in failure
    assert missing in failure


def test_with_all_permissions_the_rows_are_written(exported, service_role, key):
    assert exported(service_role("writes", *WRITE, ("kms:GenerateDataKey", key)), "writes") is None


@pytest.mark.parametrize("missing", ["s3:PutObject", "kms:GenerateDataKey"])
def test_without_one_of_them_the_failure_of_an_export_names_it(missing, exported, service_role, key):
    statements = [(action, arn) for action, arn in (*WRITE, ("kms:GenerateDataKey", key)) if action != missing]
    name = f"writes-without-{missing.replace(':', '-')}"

    failure = exported(service_role(name, *statements), name)

    assert missing in failure


@pytest.mark.parametrize(
    ("name", "trust"),
    [
        ("another-service", {"service": "lambda.amazonaws.com"}),
        ("another-account", {"condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}),
        (
            "another-region",
            {"condition": {"ArnLike": {"aws:SourceArn": "arn:aws:personalize:eu-west-1:123456789012:*"}}},
        ),
    ],
)
def test_a_role_that_does_not_trust_the_service_for_this_account_is_not_assumed(
    name, trust, imported, service_role, key
):
    role = service_role(name, *READ, ("kms:Decrypt", key), **trust)

    assert f"the trust policy of {role} does not let personalize.amazonaws.com perform sts:AssumeRole" in imported(role)


def test_the_conditions_against_a_confused_deputy_hold_for_this_account(imported, service_role, key):
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:personalize:us-east-1:{ACCOUNT}:*"},
    }
    role = service_role("conditioned", *READ, ("kms:Decrypt", key), condition=condition)

    assert imported(role) is None


def test_a_role_must_exist(imported):
    assert "there is no role arn:aws:iam::123456789012:role/nobody" in imported(f"arn:aws:iam::{ACCOUNT}:role/nobody")


def test_who_passes_a_role_needs_the_permission_for_this_service(imported, acting, service_role, key):
    role = service_role("passed", *READ, ("kms:Decrypt", key))
    everything = allowed("personalize:*", "*")

    refused = imported(role, acting("passes-nothing", everything))
    assert refused.startswith("AccessDeniedException: User: arn:aws:sts::")
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in refused
    assert "iam:PassRole" in imported(role, acting("passes-to-lambda", everything, passing(role, "lambda")))
    assert imported(role, acting("passes", everything, passing(role, "personalize"))) is None
