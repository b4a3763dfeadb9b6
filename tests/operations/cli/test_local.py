"""`personalize local`."""

import json
import os
import re
import signal

import boto3
import pytest

from operations.cli.main import run
from personalize_local.cloud import LocalCloud


@pytest.fixture
def local(tmp_path, capsys, monkeypatch):
    """Runs an action on a state folder of the test's own: its exit code, what it printed, its errors."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)

    def act(action, *more):
        code = run(["local", action, "--state", str(tmp_path), *more])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield act
    LocalCloud(tmp_path).down()


def test_up_status_env_down(local, tmp_path):
    code, printed, _ = local("up", "--profile", "instant")
    url = re.search(r"the local cloud is up at (http://127\.0\.0\.1:\d+)\n", printed)[1]
    assert (code, f'eval "$(personalize local env --state {tmp_path})"' in printed) == (0, True)
    assert local("up", "--profile", "instant")[1] == f"the local cloud runs already at {url}\n"
    assert re.fullmatch(rf"the local cloud runs at {url} \(process \d+, profile instant\)\n", local("status")[1])
    told = json.loads(local("status", "--json")[1])
    assert (told["running"], told["url"], told["problems"]) == (True, url, [])
    assert f"export AWS_ENDPOINT_URL={url}\n" in local("env")[1]
    assert local("down") == (0, f"the local cloud is down; its state stays in {tmp_path}\n", "")
    assert local("status") == (3, f"no local cloud runs on {tmp_path}\n", "")
    assert local("down") == (0, f"no local cloud runs on {tmp_path}\n", "")


def test_a_crash_is_said_and_repaired(local, tmp_path):
    local("up")
    cloud = LocalCloud(tmp_path)
    os.kill(cloud.status().pid, signal.SIGKILL)
    while cloud.status():
        pass
    assert local("status") == (3, f"the local cloud has crashed; see {tmp_path}/server.log\n", "")
    code, printed, _ = local("up")
    assert (code, printed.splitlines()[0]) == (0, "the local cloud had crashed; it goes on with what it had saved")


def test_the_environment_of_none_is_an_error(local, tmp_path):
    code, printed, errors = local("env")
    assert (code, printed) == (1, "")
    assert f"no local cloud runs on {tmp_path}" in errors


def test_faults_are_added_listed_kept_and_removed(local, capsys, tmp_path):
    local("up", "--profile", "instant")

    def fault(*words):
        code = run(["local", "fault", *words, "--state", str(tmp_path)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    assert fault("add", "*", "--throttle", "0.1", "--seed", "7") == (
        0,
        "fault 1: 0.1 of * is throttled, seed 7\n",
        "",
    )
    fault("add", "GetRecommendations", "--latency", "200ms", "--rate", "0.5")
    fault("add", "CreateSolutionVersion", "--fail", "no capacity", "--times", "1")
    fault("add", "CreateDatasetImportJob", "--denied")
    local("down")
    local("up", "--profile", "instant")
    assert [re.split(" {2,}", line) for line in fault("list")[1].splitlines()] == [
        ["ID", "WHAT", "CALLS", "HIT"],
        ["1", "0.1 of * is throttled, seed 7", "0", "0"],
        ["2", "0.5 of GetRecommendations is answered 200 ms late, seed 0", "0", "0"],
        ["3", "CreateSolutionVersion begins what fails: no capacity, 1 at most, seed 0", "0", "0"],
        ["4", "CreateDatasetImportJob begins what is denied by S3, seed 0", "0", "0"],
    ]
    assert fault("remove", "1")[1] == "fault 1 is removed\n"
    assert fault("add", "ListNothing", "--error", "1")[::2] == (
        1,
        "ListNothing is not an operation of personalize, personalize-runtime, personalize-events\n",
    )
    assert fault("remove", "--all")[1] == "all faults are removed\n"


@pytest.fixture
def filled(local, tmp_path):
    """The state folder of a local cloud that is down, in which there is a Users dataset with a user."""
    local("up", "--profile", "instant")

    def client(service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, "us-east-1", endpoint_url=LocalCloud(tmp_path).status().url, **keys)

    fields = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
    schema = {"type": "record", "name": "Users", "namespace": "com.amazonaws.personalize.schema", "fields": fields}
    personalize = client("personalize")
    group = personalize.create_dataset_group(name="films")["datasetGroupArn"]
    schema = personalize.create_schema(name="users", schema=json.dumps(schema | {"version": "1.0"}))["schemaArn"]
    dataset = personalize.create_dataset(name="users", schemaArn=schema, datasetGroupArn=group, datasetType="Users")
    user = {"userId": "ann", "properties": json.dumps({"age": 30})}
    client("personalize-events").put_users(datasetArn=dataset["datasetArn"], users=[user])
    local("down")
    return tmp_path


def test_a_state_that_cannot_be_used_is_said(local, filled):
    (resources,) = filled.glob("personalize/*/*/resources.sqlite")
    whole = resources.read_bytes()
    resources.write_bytes(b"spoilt" * 1000)
    code, _, errors = local("up", "--profile", "instant")
    assert code == 1
    assert f"{resources} is damaged: file is not a database" in errors
    assert "to begin anew, use another state folder" in errors
    resources.write_bytes(whole)
    assert local("up", "--profile", "instant")[0] == 0


def test_what_is_damaged_is_said_by_up_and_status(local, filled):
    (rows,) = filled.glob("personalize/*/*/datasets/*/rows.sqlite")
    rows.write_bytes(b"spoilt" * 1000)
    said = f"problem: {rows} is damaged: file is not a database; delete arn:"
    assert said in local("up", "--profile", "instant")[1]
    assert said in local("status")[1]
