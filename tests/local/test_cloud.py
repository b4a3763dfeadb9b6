"""The local cloud starts, is found, stops without a trace, and survives being killed."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from personalize_local import cloud as launcher
from personalize_local.cloud import LocalCloud
from personalize_local.errors import LocalCloudError


@pytest.fixture
def own(tmp_path):
    """A local cloud of the test's own, which is not up yet."""
    cloud = LocalCloud(tmp_path / "state", profile="instant")
    yield cloud
    cloud.down()


def processes_of(group):
    """The processes of a process group that have not ended."""
    statuses = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            statuses.append((process / "stat").read_text().rpartition(")")[2].split())
    return [status for status in statuses if int(status[2]) == group and status[0] != "Z"]


def slow_function(aws, zipped):
    """Make a function that takes as many seconds as its event says; it has answered once when this returns."""
    role = aws("iam").create_role(RoleName="slow", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = aws("lambda")
    code = {"ZipFile": zipped("slow.py", "import time\n\ndef handler(event, context):\n    time.sleep(event)\n")}
    functions.create_function(
        FunctionName="slow", Runtime="python3.13", Handler="slow.handler", Timeout=600, Role=role, Code=code
    )
    functions.invoke(FunctionName="slow", Payload=b"0")
    return functions


def test_a_second_up_finds_the_first(own):
    url = own.up()
    assert own.up() == url
    assert LocalCloud(own.log.parent, profile="instant").up() == url
    assert own.status().url == url


def test_what_runs_with_another_port_or_profile_is_refused(own):
    url = own.up()
    for other in (LocalCloud(own.log.parent, port=1, profile="instant"), LocalCloud(own.log.parent, profile="aws")):
        with pytest.raises(LocalCloudError, match=rf"runs already, at {url} with profile instant; stop it first"):
            other.up()


def test_a_taken_port_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalCloudError, match=rf"port {port} on 127.0.0.1 cannot be used .*--port"):
            LocalCloud(tmp_path, port=port).up()
    assert LocalCloud(tmp_path).status() is None


def test_a_folder_in_use_by_another_program_is_refused(own, monkeypatch):
    own.log.parent.mkdir()
    monkeypatch.setattr(launcher, "STARTING_SECONDS", 0)
    with (own.log.parent / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LocalCloudError, match="is locked by a process that is no local cloud"):
            own.up()


def test_an_unknown_profile_is_refused(tmp_path):
    with pytest.raises(LocalCloudError, match="no profile 'fast'; choose one of instant, brisk, aws"):
        LocalCloud(tmp_path, profile="fast")


def test_another_version_of_ministack_is_refused(own, monkeypatch):
    monkeypatch.setattr("personalize_local.adapters.settings.version", lambda package: "1.6.0")
    with pytest.raises(LocalCloudError, match=r"needs ministack 1\.5\.33 exactly, got 1\.6\.0; run: pip install"):
        own.up()


def test_a_server_that_ends_at_once_is_reported_with_what_it_said(own, monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such module >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(LocalCloudError, match=r"did not start; all it said: .*server\.log\n  no such module"):
        own.up()
    assert own.status() is None


def test_a_file_in_the_state_folder_sets_quotas(own, clients, tmp_path):
    quotas = tmp_path / "state" / "quotas.json"
    quotas.parent.mkdir()
    quotas.write_text('{"dataset_group": 1}')
    with pytest.raises(
        LocalCloudError, match=r"sets \[dataset_group\]; the quotas are \[dataset_groups, .*; correct it$"
    ):
        own.up()

    quotas.write_text('{"dataset_groups": 1, "event_requests": 1}')
    own.up()

    personalize = clients(own)("personalize")
    personalize.create_dataset_group(name="films")
    with pytest.raises(personalize.exceptions.LimitExceededException, match="More than 1 resources in ACTIVE state"):
        personalize.create_dataset_group(name="songs")
    events, codes = clients(own)("personalize-events"), set()
    for _ in range(20):
        with pytest.raises(ClientError) as caught:
            events.put_events(trackingId="none", sessionId="s", eventList=[{"eventType": "watch", "sentAt": 1}])
        codes.add(caught.value.response["Error"]["Code"])
    assert codes == {"InvalidInputException", "ThrottlingException"}


def test_down_leaves_no_process_no_port_and_no_temporary_files(own, clients, zipped, until):
    own.up()
    record = own.status()
    slow_function(clients(own), zipped).invoke(FunctionName="slow", Payload=b"600", InvocationType="Event")
    assert own.down()
    until(lambda: processes_of(record.pid) == [])
    socket.create_server(("127.0.0.1", record.port)).close()
    assert not (own.log.parent / "tmp").exists()
    assert not own.down()


def test_the_state_stays_and_so_does_the_port(own, clients):
    url = own.up()
    clients(own)("s3").create_bucket(Bucket="stays")
    clients(own)("personalize").create_dataset_group(name="stays")
    own.down()
    assert own.up() == url
    assert [bucket["Name"] for bucket in clients(own)("s3").list_buckets()["Buckets"]] == ["stays"]
    (group,) = clients(own)("personalize").list_dataset_groups()["datasetGroups"]
    assert group["name"] == "stays"


def test_a_killed_server_takes_its_workers_along_and_comes_back(own, clients, zipped, until):
    url = own.up()
    aws = clients(own)
    slow_function(aws, zipped).invoke(FunctionName="slow", Payload=b"600", InvocationType="Event")
    aws("s3").create_bucket(Bucket="survives")
    aws("s3").put_object(Bucket="survives", Key="a", Body=b"kept")
    aws("personalize").create_dataset_group(name="survives")
    states = aws("stepfunctions")
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = aws("iam").create_role(RoleName="waits", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    machine = states.create_state_machine(name="waits", definition=json.dumps(waits), roleArn=role)["stateMachineArn"]
    run = states.start_execution(stateMachineArn=machine)["executionArn"]
    services = own.log.parent / "ministack" / "services"
    saved = {"s3": "survives", "lambda": "slow", "stepfunctions": run}
    until(lambda: all(word in text(services / f"{name}.json") for name, word in saved.items()))
    pid = own.status().pid
    os.kill(pid, signal.SIGKILL)
    until(own.crashed)
    until(lambda: processes_of(pid) == [])
    assert own.up() == url
    aws = clients(own)
    assert aws("s3").get_object(Bucket="survives", Key="a")["Body"].read() == b"kept"
    assert aws("personalize").list_dataset_groups()["datasetGroups"][0]["name"] == "survives"
    assert aws("lambda").invoke(FunctionName="slow", Payload=b"0")["StatusCode"] == 200
    assert aws("stepfunctions").describe_execution(executionArn=run)["status"] == "FAILED"  # for another one to go on


def test_after_a_crash_down_tidies_up(own, until):
    own.up()
    os.kill(own.status().pid, signal.SIGKILL)
    until(own.crashed)
    assert not own.down()
    assert not own.crashed()


def test_it_listens_on_this_machine_only(own):
    own.up()
    sockets = subprocess.run(["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True, check=True)
    listening = [line.split()[1] for line in sockets.stdout.splitlines() if line.split()[3] == "0A"]
    assert [where for where in listening if int(where.partition(":")[2], 16) == own.status().port] == [
        f"0100007F:{own.status().port:04X}"
    ]


def test_the_environment_of_a_cloud_that_is_down_is_refused(own):
    with pytest.raises(LocalCloudError, match=r"no local cloud runs on .*; start it with: personalize local up"):
        own.environment()


def text(path):
    return path.read_text() if path.exists() else ""
