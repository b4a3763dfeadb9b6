"""What the tests of the local cloud share: one that runs, and AWS clients for it."""

import io
import os
import time
import zipfile

import boto3
import pytest
from botocore.config import Config

from personalize_local.cloud import LocalCloud

SECONDS = 30


@pytest.fixture(autouse=True, scope="session")
def _no_aws():
    """The environment of whoever runs the tests plays no part."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"), profile="instant")
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
