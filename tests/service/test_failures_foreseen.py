"""Every failure of an import or a training that the service has a message for is found before, in the same words."""

import json

import pytest

from data_prep.trainings import Training, Wanted
from data_prep.validation.validate import validate

from .conftest import INTERACTIONS

FIELDS = INTERACTIONS | {
    "EVENT_VALUE": ["float", "null"],
    "IMPRESSION": ["string", "null"],
    "GENRES": ["string", "null"],
}
NOW = 1_700_000_000
GOOD = [
    f"u{n % 50},i{n % 30},{1_600_000_000 + 60 * n},{('watch', 'click')[n % 9 == 0]},1.5,i1|i2,a|b" for n in range(1100)
]


def log(*rows, header=tuple(FIELDS), good=1100):
    return "\n".join([",".join(header), *GOOD[:good], *rows, ""]).encode()


def row(**given):
    return ",".join(
        given.get(name, value)
        for name, value in zip(FIELDS, ("u", "i", "1600000000", "watch", "1", "", ""), strict=True)
    )


@pytest.fixture
def group(lab):
    return lab.group()


@pytest.fixture
def foreseen(lab, group, tmp_path, monkeypatch):
    """What an import of a file fails with, and the errors that a validation of it tells."""
    monkeypatch.chdir(tmp_path)

    def ask(content):
        dataset = lab.dataset(group, fields=FIELDS)
        schema = lab("DescribeSchema", schemaArn=lab.arn("schema/films-Interactions"))["schema"]["schema"]
        (tmp_path / "interactions.avsc").write_text(schema)
        (tmp_path / "data.csv").write_bytes(content)
        lab.objects["bucket", "data.csv"] = content
        found = [one.text for one in validate(["data.csv"], [tmp_path / "interactions.avsc"], now=NOW).of("error")]
        return lab.import_file(dataset, "s3://bucket/data.csv").get("failureReason", ""), found

    return ask


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (log(header=["USER", *list(FIELDS)[1:]]), "Input CSV is missing the following columns:[USER_ID]"),
        (log(row(USER_ID="")), "USER_ID: a value is required"),
        (log(row(ITEM_ID="")), "ITEM_ID: a value is required"),
        (log(row(TIMESTAMP="")), "TIMESTAMP: a value is required"),
        (log(row(TIMESTAMP="2020-09-13")), "TIMESTAMP: '2020-09-13' is not of type long"),
        (log(row(TIMESTAMP="1600000000000")), "TIMESTAMP: 1600000000000 is not a time in Unix epoch seconds"),
        (log(row(EVENT_VALUE="1;5")), "EVENT_VALUE: '1;5' is not of type float"),
        (log(row(USER_ID="u" * 257)), "Length cannot be more than 256 characters for USER_ID"),
        (log(row(ITEM_ID="i" * 257)), "Length cannot be more than 256 characters for ITEM_ID"),
        (log(row(EVENT_TYPE="t" * 257)), "Length cannot be more than 256 characters for EVENT_TYPE"),
        (log(row(IMPRESSION="i|" * 501)), "Length cannot be more than 1000 characters for IMPRESSION"),
        (log(row(GENRES="g" * 1001)), "Length cannot be more than 1000 characters for GENRES"),
        (log(row() + ",more"), "8 values for 7 columns"),
        (log(row(USER_ID='"u"v')), "the line is not valid CSV: ',' expected after '\"'"),
        (log(row(USER_ID='"u\nv"')), "USER_ID: a value cannot have a line break"),
        (log(row(USER_ID="Ü")).replace("Ü".encode(), b"\xdc"), "data is not encoded in UTF-8"),
        (log(good=999), "An import of interactions needs at least 1000 records, got 999"),
    ],
)
def test_what_an_import_fails_with_is_told_before(foreseen, content, reason):
    failed, found = foreseen(content)

    assert reason in failed
    assert any(reason in text for text in found), found


@pytest.mark.parametrize(
    ("rows", "event_type", "reason"),
    [
        ([f"u{n},i{n % 30},{1_600_000_000 + n}" for n in range(1100)], None, "fewer than 25 users with at least 2"),
        ([f"u{n % 50},i{n % 30},{1_600_000_000 + n}" for n in range(1100)], None, ""),
        ([f"u{n % 50},i{n % 30},{1_600_000_000 + n}" for n in range(1100)], "buy", "fewer than 1000 interactions"),
    ],
)
def test_what_a_training_fails_with_is_told_before(lab, group, tmp_path, monkeypatch, rows, event_type, reason):
    monkeypatch.chdir(tmp_path)
    rows = [f"{one},{'buy' if n % 3 == 0 else 'watch'}" for n, one in enumerate(rows)]
    content = "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows, ""])
    (tmp_path / "log.csv").write_text(content)
    lab.objects["bucket", "log.csv"] = content.encode()
    job = lab.import_file(lab.dataset(group), "s3://bucket/log.csv")
    assert job["status"] == "ACTIVE", json.dumps(job)
    wanted = [Training("solutions.popular.event_type", (Wanted(event_type),))] if event_type else []

    found = [one.text for one in validate(["log.csv"], trainings=wanted, now=NOW).of("error")]

    settings = {"eventType": event_type} if event_type else {}
    version = lab.version(lab.solution(group, **settings))
    failed = lab("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"].get("failureReason", "")
    assert reason in failed
    assert bool(found) == bool(failed), (found, failed)
