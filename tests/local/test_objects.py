"""The objects that import jobs read."""

import pytest

from personalize_local.adapters.objects import S3Objects
from personalize_local.service.objects import NoSuchObject


@pytest.fixture
def objects(cloud, aws):
    aws("s3").create_bucket(Bucket="objects")
    for key in ("a/1.csv", "a/2.csv", "b/1.csv"):
        aws("s3").put_object(Bucket="objects", Key=key, Body=key.encode())
    return S3Objects(cloud.status().url, cloud.account, cloud.region)


def test_keys_are_listed_by_prefix(objects):
    assert objects.list("objects", "a/") == ["a/1.csv", "a/2.csv"]


def test_an_object_is_read(objects):
    with objects.open("objects", "b/1.csv") as content:
        assert content.read() == b"b/1.csv"


def test_what_is_missing_is_said(objects):
    with pytest.raises(NoSuchObject, match="s3://objects/c"):
        objects.open("objects", "c")
    with pytest.raises(NoSuchObject, match="s3://none/"):
        objects.list("none", "")
