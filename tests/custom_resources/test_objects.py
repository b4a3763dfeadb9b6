from functools import partial

import pytest

from .simulation import Deployed


def copy_of(key, source="abc.csv"):
    return {"SourceBucket": "assets", "SourceKey": source, "Bucket": "data", "Key": key}


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.fixture
def assets(s3):
    s3.put_object(Bucket="assets", Key="abc.csv", Body=b"USER_ID\nu1\n")
    s3.put_object(Bucket="assets", Key="def.csv", Body=b"USER_ID\nu2\n")
    s3.delete_object(Bucket="data", Key="INTERACTIONS.csv")


def test_a_prepared_file_is_copied(cloudformation, s3, assets):
    created = cloudformation.create("DataObject", copy_of("users/abc.csv"))

    assert created.physical_id == created.data["Uri"] == "s3://data/users/abc.csv"
    assert s3.get_object(Bucket="data", Key="users/abc.csv")["Body"].read() == b"USER_ID\nu1\n"


def test_a_file_may_be_encrypted_otherwise_than_its_bucket(cloudformation, s3, assets):
    cloudformation.create("DataObject", {**copy_of("users/abc.csv"), "Encryption": "AES256"})

    assert s3.head_object(Bucket="data", Key="users/abc.csv")["ServerSideEncryption"] == "AES256"


def test_another_file_replaces_it(cloudformation, s3, assets):
    created = cloudformation.create("DataObject", copy_of("users/abc.csv"))

    updated = cloudformation.update(created, copy_of("users/def.csv", "def.csv"))
    cloudformation.delete(created)  # as CloudFormation does with what was replaced

    assert updated.data == {"Uri": "s3://data/users/def.csv"}
    assert keys(s3, "data") == ["users/def.csv"]


def test_another_source_is_copied_over_it(cloudformation, s3, assets):
    created = cloudformation.create("DataObject", copy_of("users.csv"))

    updated = cloudformation.update(created, copy_of("users.csv", "def.csv"))

    assert updated.physical_id == created.physical_id
    assert s3.get_object(Bucket="data", Key="users.csv")["Body"].read() == b"USER_ID\nu2\n"


@pytest.mark.parametrize("physical_id", ["s3://data/users.csv", "s3://no-such-bucket/users.csv", "films-Users-1ABCDEF"])
def test_deleting_a_file_that_is_not_there_succeeds(physical_id, cloudformation, assets):
    cloudformation.delete(Deployed("DataObject", "Users", physical_id, copy_of("users.csv")))


def test_a_bucket_is_emptied_of_all_versions_when_it_is_deleted(cloudformation, s3):
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="data", Key="a.csv", Body=body)
    s3.delete_object(Bucket="data", Key="a.csv")
    contents = cloudformation.create("BucketContents", {"Bucket": "data"})
    assert keys(s3, "data") == ["INTERACTIONS.csv"]

    cloudformation.delete(contents)

    s3.delete_bucket(Bucket="data")
    cloudformation.delete(contents)  # again, now that the bucket is gone


def test_more_than_a_page_of_objects_is_emptied(cloudformation, s3, monkeypatch):
    s3.put_object(Bucket="data", Key="more.csv", Body=b"")
    monkeypatch.setattr(s3, "list_object_versions", partial(s3.list_object_versions, MaxKeys=1))

    cloudformation.delete(cloudformation.create("BucketContents", {"Bucket": "data"}))

    assert keys(s3, "data") == []


def test_a_move_to_another_bucket_empties_the_old_one(cloudformation, s3, assets):
    contents = cloudformation.create("BucketContents", {"Bucket": "assets"})

    moved = cloudformation.update(contents, {"Bucket": "data"})

    assert (contents.physical_id, moved.physical_id) == ("assets", "data")
    cloudformation.delete(contents)
    assert keys(s3, "assets") == []
