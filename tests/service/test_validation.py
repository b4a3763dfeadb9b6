"""What an import refuses, `personalize validate` finds before it: the same file through both."""

import json

import boto3
import pytest
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from data_prep.errors import SourceError
from data_prep.schemas import DATASET_TYPES
from data_prep.validation.validate import validate
from tests.service.conftest import INTERACTIONS, schema_text

HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"
ROWS = [f"u{n % 60},i{n % 41},{1_600_000_000 + 60 * n},watch" for n in range(1200)]


def content(*rows, header=HEADER, good=ROWS):
    return "\n".join([header, *good, *rows, ""]).encode()


REFUSED = {
    "columns are missing": (
        content(header="USER,ITEM_ID,TIME,EVENT_TYPE"),
        "Input CSV is missing the following columns:[USER_ID, TIMESTAMP]",
    ),
    "an id is too long": (
        content(f"{'u' * 257},i1,1600000000,watch"),
        "Length cannot be more than 256 characters for USER_ID, got 257",
    ),
    "an event type is too long": (
        content(f"u1,i1,1600000000,{'w' * 257}"),
        "Length cannot be more than 256 characters for EVENT_TYPE, got 257",
    ),
    "too few records": (content(good=ROWS[:999]), "An import of interactions needs at least 1000 records, got 999"),
    "milliseconds": (content("u1,i1,1600000000000,watch"), "1600000000000 is not a time in Unix epoch seconds"),
    "no number": (content("u1,i1,soon,watch"), "'soon' is not of type long"),
    "a value is missing": (content(",i1,1600000000,watch"), "USER_ID: a value is required"),
    "a line break": (content('u1,"i\n1",1600000000,watch'), "ITEM_ID: a value cannot have a line break"),
    "too many values": (content("u1,i1,1600000000,watch,more"), "5 values for 4 columns"),
    "an open quotation mark": (content('u1,"i1,1600000000,watch'), "the line is not valid CSV"),
    "another encoding": (content("u1,caf\u00e9,1600000000,watch").decode().encode("latin-1"), "not encoded in UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf" + content(), "Input CSV is missing the following columns:[USER_ID]"),
}


def errors(summary):
    return [finding for finding in summary.findings if finding.severity == "error"]


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Validate a content with the schema of the service's dataset."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.avsc").write_text(schema_text("Interactions", INTERACTIONS))

    def run(data, **options):
        (tmp_path / "data.csv").write_bytes(data)
        return validate(["data.csv"], [tmp_path / "schema.avsc"], now=1_700_000_000, **options)

    return run


@pytest.mark.parametrize("case", REFUSED)
def test_what_an_import_refuses_is_found_before_it(lab, checked, case):
    data, message = REFUSED[case]
    lab.objects["bucket", "data.csv"] = data

    job = lab.import_file(lab.dataset(lab.group()), "s3://bucket/data.csv")
    summary = checked(data)

    assert job["status"] == "CREATE FAILED"
    assert message in job["failureReason"]
    assert any(message in finding.text for finding in errors(summary))


def test_what_an_import_takes_has_no_errors(lab, checked):
    lab.objects["bucket", "data.csv"] = content()

    assert lab.import_file(lab.dataset(lab.group()), "s3://bucket/data.csv")["status"] == "ACTIVE"
    assert errors(checked(content())) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [f"u{n},i{n % 9},{1_600_000_000 + n},watch" for n in range(1200)],
            "Dataset has fewer than 25 users with at least 2 interactions each.",
        ),
        ([f"u{n % 50},i{n % 9},{1_600_000_000 + n},kind{n % 11}" for n in range(1200)], "11 event types; at most 10"),
    ],
)
def test_what_fails_a_training_is_found_too(checked, rows, message):
    assert any(message in finding.text for finding in errors(checked(content(good=rows))))


def test_a_location_with_nothing_and_one_that_may_not_be_read_are_told(lab, tmp_path, monkeypatch):
    request = {"jobName": "first", "datasetArn": lab.dataset(lab.group()), "roleArn": lab.role}
    nothing = lab.refusal("CreateDatasetImportJob", dataSource={"dataLocation": "s3://bucket/none.csv"}, **request)
    assert nothing == ("InvalidInputException", "Invalid Data location.")
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="bucket")
        with pytest.raises(SourceError, match=r"no object s3://bucket/none\.csv"):
            validate(["s3://bucket/none.csv"])
        with pytest.raises(SourceError, match=r"s3://elsewhere/data\.csv cannot be read: .*NoSuchBucket"):
            validate(["s3://elsewhere/data.csv"])
        boto3.client("s3").put_object(Bucket="bucket", Key="in/interactions.csv", Body=content())
        assert errors(validate(["s3://bucket/in/"], now=1_700_000_000)) == []
        with pytest.raises(SourceError, match=r"s3://bucket/in/ cannot be read: .*InvalidAccessKeyId"):
            set_initial_no_auth_action_count(0)(validate)(["s3://bucket/in/"])


def test_a_project_cannot_have_more_datasets_than_imports_may_run_at_once():
    assert len(DATASET_TYPES[None]) <= 5


def test_schemas_that_the_service_refuses_are_told_with_everything_that_is_wrong(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    schema = json.loads(
        schema_text("Interactions", {**INTERACTIONS, "EVENT_VALUE": "string", "USER_ID": ["string", "null"]})
    )
    (tmp_path / "schema.avsc").write_text(json.dumps(schema))
    (tmp_path / "data.csv").write_bytes(content())

    with pytest.raises(SourceError) as raised:
        validate(["data.csv"], [tmp_path / "schema.avsc"])

    assert str(raised.value).splitlines() == [
        f"{tmp_path / 'schema.avsc'}: USER_ID: this column cannot be null",
        f"{tmp_path / 'schema.avsc'}: EVENT_VALUE: the type of this reserved column is float, got string",
    ]
