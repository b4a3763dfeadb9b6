"""Sources of other shapes: dialects, encodings, nested JSON, compression, S3, several shapes in one dataset."""

import json

import boto3
import duckdb
import pytest
from pydantic import ValidationError

from data_prep.checks import read_csv
from data_prep.errors import SourceError
from data_prep.manifest import Manifest
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec

pytest_plugins = ["personalize_local.pytest_plugin"]


def items(project, source, *, rules=None, **columns):
    declared = {"source": source, "columns": {"ITEM_ID": "id", "X": "x", **columns}, "rules": rules or {}}
    spec = DatasetSpec.model_validate(declared)
    prepared = prepare({"items": spec}, project.root, project.out).datasets["items"]
    with (project.out / "ITEMS.csv").open(newline="") as file:
        return list(read_csv(file))[1:], prepared


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ({"delimiter": "^"}, "id^x\n1^a, b\n2^c\n"),
        ({"quote": "'"}, "id,x\n1,'a, b'\n2,c\n"),
        ({"quote": "", "delimiter": ";"}, "id;x\n1;a, b\n2;c\n"),
        ({"escape": "backslash"}, 'id,x\n1,"a, b"\n2,"c"\n'),
        ({"header": ["id", "x"]}, '1,"a, b"\n2,c\n'),
        ({"format": "csv"}, 'id,x\n1,"a, b"\n2,c\n'),
    ],
)
def test_a_csv_of_any_dialect_is_read(project, source, content):
    (project.root / "items.log").write_text(content)

    rows, _ = items(project, {"path": "items.log", "format": "csv", **source})

    assert rows == [["1", "a, b"], ["2", "c"]]


def test_quotation_marks_after_a_backslash_are_read(project):
    (project.root / "items.csv").write_text('id,x\n1,"say \\"so\\", C:\\\\"\n2,"two\nlines"\n')

    rows, _ = items(project, {"path": "items.csv", "escape": "backslash"})

    assert rows == [["1", 'say "so", C:\\'], ["2", "two lines"]]


def test_what_the_preparation_has_written_it_reads_again(project):
    (project.root / "items.csv").write_text('id,x\n1,"say ""so"", C:\\"\n2,plain\n')
    first, _ = items(project, "items.csv")

    again, _ = items(project, {"path": "prepared/ITEMS.csv", "escape": "backslash"}, ITEM_ID="ITEM_ID", X="X")

    assert again == first


def test_text_of_another_encoding_is_read(project):
    (project.root / "items.csv").write_bytes("id,x\n1,caf\u00e9\n".encode("latin-1"))

    assert items(project, {"path": "items.csv", "encoding": "latin-1"})[0] == [["1", "caf\u00e9"]]
    manifest = Manifest.read(project.out)
    assert manifest.is_current(manifest.spec, project.root) == []  # it is the file that is compared, not a copy
    with pytest.raises(SourceError, match="cannot be read as klingon"):
        items(project, {"path": "items.csv", "encoding": "klingon"})


def test_nested_json_is_read_by_paths(project):
    lines = [{"item": {"id": 1, "about": {"x": "a", "tags": ["b", "c"]}}}, {"item": {"id": 2, "about": {"x": "d"}}}]
    (project.root / "items.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tags = {"column": "$.item.about.tags", "categorical": True, "nullable": True}

    rows, _ = items(project, "items.jsonl", ITEM_ID="$.item.id", X="$.item.about.x", TAGS=tags)

    assert rows == [["1", "a", "b|c"], ["2", "d", ""]]


def test_of_json_whatever_the_specification_names_is_read(project):
    """By an expression, in whatever case, or for which row is the newest; a column that is missing is told with all."""
    lines = [{"id": 1, "Kind": "a", "Part": 'x"', "at": 1, "unused": 0}, {"id": 1, "Kind": "b", "Part": "y", "at": 2}]
    (project.root / "items.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    rows, _ = items(project, "items.jsonl", X={"sql": "KIND || '-' || part"}, rules={"newest_by": "at"})

    assert rows == [["1", "b-y"]]
    with pytest.raises(SourceError, match=r"no columns \['y'\], it has \['id', 'Kind', 'Part', 'at', 'unused'\]"):
        items(project, "items.jsonl", X="y")


def test_zstandard_is_read(project):
    (project.root / "items.csv").write_text("id,x\n1,a\n2,b\n")
    duckdb.sql(f"""copy (select * from read_csv('{project.root}/items.csv', header = true, all_varchar = true))
                   to '{project.root}/more.csv.zst' (header, compression zstd)""")

    assert items(project, "more.csv.zst")[0] == [["1", "a"], ["2", "b"]]


def test_sources_of_different_shapes_are_one_dataset(project):
    (project.root / "old.csv").write_text("ID;NAME\n1;a\n;b\n")
    (project.root / "new.jsonl").write_text('{"id": 2, "x": "c"}\n')
    old = {"path": "old.csv", "columns": {"ITEM_ID": "ID", "X": "NAME"}}

    rows, prepared = items(project, [old, "new.jsonl"])

    assert rows == [["1", "a"], ["2", "c"]]
    assert (prepared.rows_read, prepared.rejected) == (3, {"missing_item_id": 1})
    assert project.quarantined("items") == [("missing_item_id", "old.csv", "3", ";b")]


@pytest.mark.parametrize("uri", ["s3://logs/items/a.csv", "s3://logs/items/", "s3://logs/items/*.csv"])
def test_sources_in_s3_are_read(project, uri, in_local_cloud):
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs")
    client.put_object(Bucket="logs", Key="items/a.csv", Body=b"id,x\n1,a\n,b\n")

    rows, prepared = items(project, uri)

    assert rows == [["1", "a"]]
    assert project.quarantined("items") == [("missing_item_id", "s3://logs/items/a.csv", "3", ",b")]
    assert [source.path for source in prepared.sources] == ["s3://logs/items/a.csv"]


def test_what_cannot_be_split_or_decoded_is_refused(project):
    with pytest.raises(ValidationError, match="should be an ASCII character"):
        items(project, {"path": "items.csv", "delimiter": "→"})
    (project.root / "items.csv.zst").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"items.csv.zst: only UTF-8 can be read from .zst; use .gz for latin-1"):
        items(project, {"path": "items.csv.zst", "encoding": "latin-1"})


def test_what_s3_does_not_have_is_told(project, in_local_cloud):
    with pytest.raises(SourceError, match=r"s3://nowhere/nothing.csv cannot be read: .*NoSuchBucket"):
        items(project, "s3://nowhere/nothing.csv")
