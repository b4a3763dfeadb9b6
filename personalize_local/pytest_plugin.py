"""A pytest plugin: a local cloud for tests that need more of AWS than Personalize.

```python
pytest_plugins = ["personalize_local.pytest_plugin"]  # in the conftest.py at the root
```
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import boto3
import pytest

from personalize_local.cloud import LocalCloud


@dataclass(frozen=True)
class RunningCloud:
    """A local cloud that runs while the tests do.

    Attributes:
        url: The endpoint of all services.
        settings: What `boto3.client` and `boto3.resource` take to reach it: `boto3.client("s3", **settings)`.
        environment: The variables that send AWS tools of other processes to it.
    """

    url: str
    settings: Mapping[str, str]
    environment: Mapping[str, str]


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A local cloud on a temporary folder, one for all tests of the session (of the worker, with pytest-xdist).

    Steps of Personalize take no time; imports and trainings are real work, so look at their status until it is ACTIVE.
    """
    cloud = LocalCloud(tmp_path_factory.mktemp("local-cloud"), profile="instant")
    url = cloud.up()
    try:
        environment = cloud.environment()
        settings = {
            "endpoint_url": url,
            "region_name": environment["AWS_REGION"],
            "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
        }
        yield RunningCloud(url, settings, environment)
    finally:
        cloud.down()


@pytest.fixture
def in_local_cloud(local_cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> RunningCloud:
    """The local cloud, with the environment of the test set so that plain `boto3.client("s3")` reaches it."""
    for name, value in local_cloud.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep the credentials of before
    return local_cloud
