"""What would make a deploy fail is found before it."""

import json
from types import SimpleNamespace

import boto3
import pytest

from data_prep.prepare import prepare
from operations.aws import Aws
from operations.doctor import doctor
from personalize_stack.config.load import load

CONFIG = """\
project: films
region: eu-west-1
datasets: {interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
solutions: {popular: {recipe: popularity-count}}
"""


@pytest.fixture
def project(app, tmp_path):
    rows = "".join(f"u{n % 40},i{n % 30},{1_700_000_000 + n}\n" for n in range(1_200))
    (tmp_path / "log.csv").write_text("u,i,t\n" + rows)
    app.declare(CONFIG)
    return load(app.file)


@pytest.fixture
def prepared(project):
    prepare(project.datasets, project.root, project.root / project.prepared)
    return project


@pytest.fixture
def simulated(monkeypatch):
    """Decisions of IAM's simulator, and quotas as by default; moto has neither."""
    denied, client = [], Aws.client

    def simulate(PolicySourceArn, ActionNames, ResourceArns):  # noqa: N803 - boto3's names
        return {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "implicitDeny" if name in denied else "allowed"}
                for name in ActionNames
            ]
        }

    pages = SimpleNamespace(paginate=lambda **_: SimpleNamespace(search=lambda _: []))
    fakes = {
        "iam": SimpleNamespace(simulate_principal_policy=simulate),
        "service-quotas": SimpleNamespace(get_paginator=lambda _: pages),
    }
    monkeypatch.setattr(Aws, "client", lambda aws, service: fakes.get(service) or client(aws, service))
    return denied


@pytest.fixture
def found(cloud, cloudformation, simulated, app, console):
    def run(project):
        fine = doctor(project, app.file, console, as_json=True)
        told = json.loads(console.file.getvalue())
        assert told["fine"] == fine
        return {finding["what"]: finding for finding in told["findings"]}

    return run


def problems(found):
    return {what: finding["told"] for what, finding in found.items() if finding["state"] == "problem"}


def test_where_all_is_well_it_says_so(prepared, found, cloudformation, app, console):
    everything = found(prepared)
    assert problems(everything) == {}
    assert everything.keys() >= {
        *("configuration", "Python", "CDK command line", "prepared data", "credentials", "Amazon Personalize"),
        *("CDK bootstrap", "stack", "dataset groups", "schemas", "imports", "trainings", "permissions"),
    }
    assert everything["CDK bootstrap"]["state"] == "warning"  # a deploy does it
    console.file.truncate(0)
    assert doctor(prepared, app.file, console)
    assert console.file.getvalue().endswith("nothing keeps a deploy from beginning\n")


def test_data_that_is_not_prepared_is_told_with_the_command(project, found):
    finding = found(project)["prepared data"]
    assert finding["state"] == "problem"
    assert finding["next"].startswith("personalize prep -f ")


def test_a_region_without_room_for_a_dataset_group_is_told_with_those_there_are(prepared, found):
    for name in ("one", "two", "three", "four", "five"):
        boto3.client("personalize").create_dataset_group(name=name)
    everything = found(prepared)
    assert problems(everything) == {"dataset groups": "5 of 5 in eu-west-1: five, four, one, three, two"}


def test_a_region_without_room_for_the_schemas_is_told(prepared, found):
    personalize = boto3.client("personalize")
    fields = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
    schema = {"type": "record", "name": "Users", "namespace": "com.amazonaws.personalize.schema", "fields": fields}
    for number in range(500):
        personalize.create_schema(name=f"left-{number}", schema=json.dumps(schema | {"version": "1.0"}))
    assert problems(found(prepared)) == {"schemas": "500 of 500 in eu-west-1"}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("UPDATE_ROLLBACK_FAILED", "films-dev is UPDATE_ROLLBACK_FAILED; no update can begin"),
        ("UPDATE_IN_PROGRESS", "films-dev is UPDATE_IN_PROGRESS"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_told(prepared, found, cloudformation, status, told):
    cloudformation.add("films-dev", StackStatus=status)
    assert problems(found(prepared)) == {"stack": told}


def test_permissions_that_are_missing_are_named(prepared, found, simulated):
    simulated += ["sts:AssumeRole", "cloudformation:CreateChangeSet"]
    told = problems(found(prepared))["permissions"]
    assert told.endswith("may not: cloudformation:CreateChangeSet, sts:AssumeRole")


def test_an_old_bootstrap_is_told(prepared, found):
    boto3.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="5", Type="String")
    assert problems(found(prepared)) == {"CDK bootstrap": "version 5, and 6 is needed"}


def test_without_credentials_what_needs_none_is_looked_at_all_the_same(prepared, app, console, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert not doctor(prepared, app.file, console)
    text = console.file.getvalue()
    assert "prepared data" in text
    assert "the credentials do not work" in text


def test_prepared_files_that_are_gone_from_s3_are_told(project, found, console):
    bucket = boto3.resource("s3").create_bucket(
        Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    made = prepare(project.datasets, project.root, project.root / project.prepared, store="s3://shop/films")
    file = made.datasets["interactions"].location
    assert found(project)["prepared files"]["state"] == "ok"

    bucket.Object(f"films/{file}").delete()
    console.file.truncate(0)
    console.file.seek(0)

    told = found(project)["prepared files"]
    assert (told["state"], told["told"], told["next"]) == (
        "problem",
        f"s3://shop/films lacks {file}",
        "personalize prep",
    )
