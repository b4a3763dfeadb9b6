"""The status of an environment: from the service with the durations of AWS, on a clock of its own."""

import io
import json
import socket

import boto3
import pytest
from rich.console import Console

from operations.aws import Aws
from operations.errors import OperationError
from operations.status import FAILED, FINE, NOTHING, status
from personalize_stack.config.load import load

CONFIG = """\
project: films
region: eu-west-1
datasets:
  interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t, EVENT_TYPE: e}}
solutions: {popular: {recipe: popularity-count}}
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "personalize.yaml").write_text(CONFIG)
    return load(tmp_path / "personalize.yaml", "dev")


@pytest.fixture
def told(project, cloud, cloudformation, clock):
    """The exit code and what is printed."""

    def run(**options):
        console = Console(file=io.StringIO(), width=200)
        code = status(project, console, clock, **options)
        return code, console.file.getvalue()

    return run


def test_where_nothing_is_it_says_what_to_do(told):
    code, text = told()
    assert code == NOTHING
    assert text.startswith("nothing of films-dev is in account 123456789012, eu-west-1")
    assert text.endswith("personalize deploy makes it\n")


def test_each_resource_of_the_environment_has_a_line_with_its_state_and_its_age(told, clock):
    personalize = boto3.client("personalize")
    personalize.create_dataset_group(name="films-dev-group")
    personalize.create_dataset_group(name="films-prod-group")
    clock.advance(2 * 3600)
    personalize.create_dataset_group(name="films-dev-other")
    code, text = told()
    lines = [line.split() for line in text.splitlines()[1:]]
    assert code == FINE
    assert lines == [
        ["dataset", "group", "films-dev-group", "ACTIVE", "2", "h"],
        ["dataset", "group", "films-dev-other", "CREATE", "PENDING", "0", "s"],
    ]


def test_what_failed_is_told_with_its_reason_and_what_to_do(told, cloud, clock):
    arn = boto3.client("personalize").create_dataset_group(name="films-dev-group")["datasetGroupArn"]
    cloud.service.fail(arn, "no capacity")
    clock.advance(3600)
    code, text = told()
    assert code == FAILED
    assert "CREATE FAILED" in text
    assert "no capacity; mend the cause, then personalize deploy" in text


def test_watching_ends_when_nothing_is_busy(told):
    boto3.client("personalize").create_dataset_group(name="films-dev-group")
    code, text = told(watch=True)
    assert code == FINE
    statuses = [
        line.split("films-dev-group")[1].split("  ")[1].strip()
        for line in text.splitlines()
        if "films-dev-group" in line
    ]
    assert statuses == ["CREATE PENDING", "CREATE IN PROGRESS", "ACTIVE"]


def test_the_same_as_json(told):
    arn = boto3.client("personalize").create_dataset_group(name="films-dev-group")["datasetGroupArn"]
    code, text = told(as_json=True)
    (resource,) = json.loads(text)
    assert code == FINE
    assert {name: resource[name] for name in ("kind", "name", "arn", "status", "state", "reason", "next")} == {
        "kind": "dataset group",
        "name": "films-dev-group",
        "arn": arn,
        "status": "CREATE PENDING",
        "state": "busy",
        "reason": "",
        "next": "",
    }


@pytest.mark.parametrize(
    ("state", "code"), [("CREATE_COMPLETE", FINE), ("UPDATE_IN_PROGRESS", FINE), ("ROLLBACK_COMPLETE", FAILED)]
)
def test_the_stack_is_told_first(told, cloudformation, state, code):
    cloudformation.add(
        "films-dev", StackStatus=state, CreationTime="2026-01-01T00:00:00+00:00", StackStatusReason="a resource failed"
    )
    found, text = told()
    assert found == code
    assert text.splitlines()[1].startswith("stack")
    assert state.replace("_", " ") in text
    assert ("a resource failed" in text) == (code == FAILED)


def test_a_stack_that_failed_tells_the_first_reason_of_its_latest_change_and_what_to_do(told, cloudformation):
    stack = "arn:aws:cloudformation:eu-west-1:123456789012:stack/films-dev/1"

    def event(name, status, reason=""):
        return {
            "StackId": stack,
            "LogicalResourceId": name,
            "PhysicalResourceId": stack if name == "films-dev" else name,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }

    cloudformation.add("films-dev", StackStatus="UPDATE_ROLLBACK_COMPLETE", CreationTime="2026-01-01T00:00:00+00:00")
    cloudformation.events = [  # the newest first
        event("films-dev", "UPDATE_ROLLBACK_COMPLETE"),
        event("Other", "UPDATE_FAILED", "Resource update cancelled"),
        event("films-dev", "UPDATE_ROLLBACK_IN_PROGRESS"),
        event("PopularVersion", "UPDATE_FAILED", "Error: arn:x is CREATE FAILED: no capacity\n\n    at framework.js"),
        event("films-dev", "UPDATE_IN_PROGRESS"),
        event("Group", "CREATE_FAILED", "of an earlier deploy"),
    ]
    code, text = told(as_json=True)
    (found,) = json.loads(text)
    assert (code, found["reason"]) == (FAILED, "PopularVersion: arn:x is CREATE FAILED: no capacity")
    assert found["next"] == "mend the cause, then personalize deploy"


def test_a_local_cloud_that_is_down_is_told_with_how_to_start_it(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for name, value in {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        OperationError, match=rf"^nothing answers at {url}; start the local cloud with: personalize loc"
    ):
        Aws("us-east-1")
