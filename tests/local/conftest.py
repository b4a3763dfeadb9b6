"""What the tests of the local cloud share: one that runs, and AWS clients for it."""

import io
import json
import os
import time
import zipfile

import boto3
import pytest
from botocore.config import Config

from personalize_local.cloud import LocalCloud

SECONDS, DATASET_GROUPS = 30, 60


@pytest.fixture(autouse=True, scope="session")
def _no_aws():
    """The environment of whoever runs the tests plays no part."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    state = tmp_path_factory.mktemp("cloud")
    (state / "quotas.json").write_text(json.dumps({"dataset_groups": DATASET_GROUPS}))  # all tests share it
    cloud = LocalCloud(state, profile="instant")
    cloud.up()
    yield cloud
    cloud.down()


@pytest.fixture(scope="session")
def clients():
    """Makes makers of a local cloud's clients."""
    return client_maker


@pytest.fixture(scope="session")
def aws(cloud):
    """Makes a client of the local cloud: the name of the service, and other than usual credentials or region."""
    return client_maker(cloud)


@pytest.fixture(scope="session")
def until():
    """Asks again until the answer is as wanted, and returns it; fails after half a minute."""

    def ask_until(ask, holds=bool):
        deadline = time.monotonic() + SECONDS
        while not holds(answer := ask()):
            assert time.monotonic() < deadline, f"still {answer!r}"
        return answer

    return ask_until


@pytest.fixture(scope="session")
def zipped():
    """Makes the zip file with a function's code: a file's name and its text."""

    def archive(name, text):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr(name, text)
        return buffer.getvalue()

    return archive


def client_maker(cloud):
    url = cloud.status().url

    def client(service, key="test", secret="test", token=None, region="us-east-1"):
        return boto3.client(
            service,
            endpoint_url=url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
        )

    return client


@pytest.fixture
def service_role(aws):
    """Makes a role of a name that the service may assume, and that may do only what the statements say."""

    def role(name, *statements, condition=None, service="personalize.amazonaws.com"):
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        trust |= {"Condition": condition} if condition else {}
        iam = aws("iam")
        try:
            arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        except iam.exceptions.EntityAlreadyExistsException:
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document(*allowed))
        return arn

    return role


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
