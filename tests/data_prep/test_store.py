"""Prepared files that lie in S3: named by their content, counted by the manifest, whole at every moment."""

import json

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from data_prep.checks import read_csv
from data_prep.errors import DataPrepError, SourceError
from data_prep.manifest import Manifest
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
from data_prep.store import Store
from personalize_local.evaluation.data import read_catalogue

pytest_plugins = ["personalize_local.pytest_plugin"]

STORE = "s3://shop/prepared/films"


@pytest.fixture
def run(project):
    """Prepares two items, and a log if there is one, into S3."""

    def run(*, x="a", **settings):
        file, text = project.root / "items.csv", f"id,x\n1,{x}\n2,b\n,c\n"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        specs = {"items": DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}})}
        if (project.root / "log.csv").exists():
            specs["interactions"] = project.interactions()
        return prepare(specs, project.root, project.out, store=STORE, **settings)

    return run


def keys(bucket):
    return {found.key.removeprefix("prepared/films/"): found.last_modified for found in bucket.objects.all()}


def text(bucket, name):
    return bucket.Object(f"prepared/films/{name}").get()["Body"].read().decode()


def is_whole(bucket):
    """Whether all that the manifest in S3 names is there, and has the rows that it says."""
    made = Store(STORE).former()
    for dataset in made.datasets.values():
        rows = sum(len(list(read_csv(text(bucket, part.file).splitlines()))) - 1 for part in dataset.parts)
        assert rows == dataset.rows_written
    return set(made.files()) <= keys(bucket).keys()


def test_the_rows_are_in_s3_and_what_is_about_them_here_too(run, project, bucket):
    project.write_log(",i1,1600000000,view,1")
    made = run(part_bytes=20_000)

    log, items = made.datasets["interactions"], made.datasets["items"]
    assert len(log.parts) > 2
    assert {part.file.rpartition("/")[0] for part in log.parts} == {f"interactions/{log.sha256[:16]}"}
    assert text(bucket, items.location) == 'ITEM_ID,X\n"1","a"\n"2","b"\n'
    assert ",i1,1600000000,view,1" in text(bucket, log.quarantine_file)
    there = Store(f"{STORE}/").former()
    assert there.store == STORE
    assert is_whole(bucket)
    assert json.loads(text(bucket, there.datasets["items"].schema_file))["name"] == "Items"
    assert text(bucket, there.report).startswith("<!DOCTYPE html>")
    assert {path.name for path in project.out.iterdir()} == {
        *("interactions.avsc", "items.avsc", "manifest.json", "report.html", "report.json"),
    }
    assert Manifest.read(project.out) == made
    assert made.is_current(made.spec, project.root) == []
    assert list(read_catalogue(made).item_ids) == ["1", "2"]


def test_the_same_input_changes_nothing_but_the_manifest(run, bucket):
    first = run()
    before = keys(bucket)

    assert run() == first
    after = keys(bucket)
    assert {name for name in after if after[name] != before[name]} <= {"manifest.json"}


def test_what_was_there_stays_whole_when_the_network_is_lost_at_any_upload(run, project, bucket):
    former = run()
    there, report = text(bucket, "manifest.json"), (project.out / "report.json").read_text()
    uploads = 0

    def lose(**_):
        nonlocal uploads
        uploads += 1
        if uploads == lost:
            raise EndpointConnectionError(endpoint_url="https://s3")

    boto3.DEFAULT_SESSION.events.register("before-send.s3.PutObject", lose)
    for lost in (1, 2, 4):  # the items, their report, the manifest
        uploads = 0
        with pytest.raises(DataPrepError, match=f"{STORE}/ cannot be written: .*Could not connect"):
            run(x=f"changed{lost}")
        assert text(bucket, "manifest.json") == there
        assert is_whole(bucket)
        assert Manifest.read(project.out) == former
        assert (project.out / "report.json").read_text() == report

    lost = -1
    run(x="changed at last")
    assert is_whole(bucket)


def test_what_nobody_names_any_more_is_deleted_and_nothing_else(run, bucket):
    first = run()
    bucket.put_object(Key="prepared/films/items/0123456789abcdef/ITEMS.csv", Body=b"of a run that was killed")
    bucket.put_object(Key="prepared/films/notes/0123456789abcdef/ITEMS.csv", Body=b"somebody else's")
    bucket.Object("prepared/films/items/0123456789abcdef/part-00001.csv").initiate_multipart_upload()
    bucket.Object("prepared/films/video.mp4").initiate_multipart_upload()

    second = run(x="second")
    assert {first.datasets["items"].location, second.datasets["items"].location} <= keys(bucket).keys()
    third = run(x="third")
    left = keys(bucket)

    assert first.datasets["items"].location not in left
    assert {made.datasets["items"].location for made in (second, third)} <= left.keys()
    assert "items/0123456789abcdef/ITEMS.csv" not in left
    assert "notes/0123456789abcdef/ITEMS.csv" in left
    assert [upload.object_key for upload in bucket.multipart_uploads.all()] == ["prepared/films/video.mp4"]


def test_a_manifest_of_another_version_is_replaced_and_what_it_may_name_stays(run, bucket):
    bucket.put_object(Key="prepared/films/manifest.json", Body=b'{"version": 1}')
    bucket.put_object(Key="prepared/films/items/0123456789abcdef/ITEMS.csv", Body=b"of then")

    run(incremental=["items"])

    assert is_whole(bucket)
    assert "items/0123456789abcdef/ITEMS.csv" in keys(bucket)


def test_an_increment_is_told_from_the_full_output_in_s3(run, project, bucket):
    project.write_log()
    full = run(incremental=["interactions", "items"])
    project.write_log(*(f"new{n % 60},i{n},{1_600_100_000 + n},view,{n}.25" for n in range(1100)))

    for _ in range(2):
        made = run(x="corrected", incremental=["interactions", "items"])
        log = made.datasets["interactions"]
        assert (log.mode, log.rows_written, log.aside) == ("INCREMENTAL", 1100, {"unchanged": 1200})
        assert log.baseline == full.datasets["interactions"].parts
        assert text(bucket, made.datasets["items"].location) == 'ITEM_ID,X\n"1","corrected"\n'
        assert is_whole(bucket)
        assert {part.file for part in log.baseline} <= keys(bucket).keys()


def test_a_bucket_that_is_not_there_is_told_before_anything_is_read(run, bucket):
    bucket.delete()

    with pytest.raises(SourceError, match=f"{STORE}/manifest.json cannot be read: .*NoSuchBucket"):
        run()


def test_large_files_go_in_several_pieces_to_the_local_cloud(project, in_local_cloud):
    bucket = boto3.resource("s3").create_bucket(Bucket="large")
    (project.root / "items.csv").write_text("id,x\n" + "".join(f"{n},{'x' * 990}\n" for n in range(9000)))
    items = DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}})

    made = prepare({"items": items}, project.root, project.out, store="s3://large")

    (part,) = made.datasets["items"].parts
    found = bucket.Object(part.file)
    assert (found.content_length, found.e_tag.strip('"').partition("-")[2]) == (part.bytes, "2")
    again = prepare({"items": items}, project.root, project.out, store="s3://large")
    assert again == made
    assert bucket.Object(part.file).last_modified == found.last_modified
