"""With the exports, AWS tools reach the local cloud and nothing else."""

import boto3
import pytest

from personalize_local.cloud import LocalCloud
from personalize_local.environment import exports, refuse_real_credentials
from personalize_local.errors import LocalCloudError

REAL = {"AWS_ACCESS_KEY_ID": "AKIAABCDEFGHIJKLMNOP", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}


@pytest.mark.parametrize(
    ("environ", "unset"),
    [
        (REAL, "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"),
        ({"AWS_ACCESS_KEY_ID": "ASIAABCDEFGHIJKLMNOP"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_PROFILE": "production"}, "AWS_PROFILE"),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com"}, "AWS_ENDPOINT_URL_S3"),
    ],
)
def test_an_environment_that_points_at_aws_is_refused(environ, unset):
    with pytest.raises(LocalCloudError, match=rf"points at AWS .* run first: unset {unset}$"):
        refuse_real_credentials(environ)


def test_the_secrets_are_not_in_the_message():
    with pytest.raises(LocalCloudError) as refused:
        refuse_real_credentials(REAL)
    assert not any(value in str(refused.value) for value in REAL.values() if len(value) > 1)


@pytest.mark.parametrize("environ", [{}, {"AWS_ACCESS_KEY_ID": "test"}, exports("http://127.0.0.1:1", {})])
def test_one_that_does_not_is_not(environ):
    refuse_real_credentials(environ)


def test_up_and_environment_refuse_too(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    for action in (LocalCloud(tmp_path).up, LocalCloud(tmp_path).environment):
        with pytest.raises(LocalCloudError, match="unset AWS_PROFILE"):
            action()


def test_the_users_own_configuration_plays_no_part(cloud, tmp_path, monkeypatch):
    configuration = tmp_path / ".aws"
    configuration.mkdir()
    (configuration / "credentials").write_text("[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\n")
    (configuration / "config").write_text(
        "[default]\nregion = eu-west-1\nignore_configured_endpoint_urls = true\nendpoint_url = https://example.com\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet")
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("sts")
    assert client.meta.endpoint_url == cloud.status().url
    assert client.meta.region_name == "us-east-1"
    assert client.get_caller_identity()["Account"] == LocalCloud.account
    assert cloud.environment()["NO_PROXY"].startswith("intranet,")
