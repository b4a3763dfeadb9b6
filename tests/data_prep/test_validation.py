"""Files made elsewhere: schemas told from them, findings with their rows, and the command as a gate."""

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from data_prep import checks
from data_prep.errors import SourceError
from data_prep.prepare import prepare
from data_prep.trainings import Training, Wanted
from data_prep.validation.validate import validate
from operations.cli import validate as command

START, NOW = 1_600_000_000, 1_700_000_000
HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def interactions(*rows, count=1200, header=HEADER):
    good = [f"u{n % 60},i{n % 41},{START + 60 * n},{('view', 'buy')[n % 7 == 0]}" for n in range(count)]
    return "\n".join([header, *good, *rows, ""])


def run(*arguments):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["validate", *map(str, arguments)])
    return parsed.run(parsed)


def told(summary, severity="error"):
    return {finding.check: finding.text for finding in summary.findings if finding.severity == severity}


def test_datasets_and_schemas_are_told_from_headers_and_values(folder):
    (folder / "log.csv").write_text(interactions())
    items = "".join(f"i{n},{n % 5}.5,{('red', 'blue')[n % 2]},{n % 4 or ''}\n" for n in range(41))
    (folder / "things.csv").write_text(f"ITEM_ID,PRICE,COLOUR,SIZE\n{items}")

    summary = validate(["log.csv", "things.csv"], now=NOW)

    assert summary.findings == ()
    assert (summary.datasets["interactions"].log.users, summary.datasets["items"].coverage.known) == (60, 41)
    assert [(column.name, column.type, column.filled) for column in summary.datasets["items"].columns] == [
        ("PRICE", "float", 41),
        ("COLOUR", "string", 41),
        ("SIZE", "long", 30),
    ]


def test_rows_that_prove_an_error_are_told_with_their_lines(folder):
    (folder / "log.csv").write_text(interactions("u1,i1,soon,view", "u2,i1,later,view", ",i1,1600000000,view"))

    summary = validate(["log.csv"], now=NOW)

    found = {finding.text: [str(row) for row in finding.evidence] for finding in summary.of("error")}
    assert found == {
        "log.csv: TIMESTAMP: 'soon' is not of type long (2 rows)": [
            "log.csv:1202: u1,i1,soon,view",
            "log.csv:1203: u2,i1,later,view",
        ],
        "log.csv: USER_ID: a value is required": ["log.csv:1204: ,i1,1600000000,view"],
    }


def test_times_in_the_future_are_errors(folder):
    (folder / "log.csv").write_text(interactions(f"u1,i1,{NOW + 10 * 86400},view", f"u1,i2,{NOW + 3600},view"))

    (finding,) = validate(["log.csv"], now=NOW).of("error")

    assert finding.check == "future"
    assert finding.text.startswith("1 rows have a TIMESTAMP in the future, up to 2023-11-24 22:13; correct the unit")
    assert [row.line for row in finding.evidence] == [1202]


def test_a_training_that_learns_from_some_interactions_must_find_enough(folder):
    (folder / "log.csv").write_text(interactions())
    wanted = [Training("solutions.buyers.event_type", (Wanted("Buy"),)), Training("solutions.all", (Wanted("view"),))]

    found = told(validate(["log.csv"], trainings=wanted, now=NOW))

    assert found == {
        "training_too_small": "solutions.buyers.event_type learns from Buy: 172 of 1,200 interactions and 60 users "
        "with two of them are left; a training needs 1000 interactions and 25 users with two"
    }


@pytest.mark.parametrize(
    ("files", "severity", "check", "text"),
    [
        (
            {"log.csv": interactions(header=HEADER.replace("USER_ID", '"USER_ID"'))},
            "error",
            "header",
            "has quotation marks",
        ),
        (
            {"interactions.csv": interactions(header=HEADER.lower())},
            "error",
            "import",
            "Input CSV is missing the following columns:[USER_ID, ITEM_ID, TIMESTAMP]",
        ),
        (
            {"a.csv": interactions(), "b.csv": "ITEM_ID,USER_ID,TIMESTAMP,EVENT_TYPE\ni,u,1600000000,view\n"},
            "error",
            "header",
            "b.csv has another header than a.csv",
        ),
        (
            {"log.csv": interactions(header=f"{HEADER},EVENT_TYPE").replace("\nu", ",\nu", 1)},
            "error",
            "header",
            "names columns more than once: EVENT_TYPE",
        ),
        (
            {"log.csv": interactions(), "interactions.avsc": ["USER_ID", "TIMESTAMP", "ITEM_ID"]},
            "warning",
            "field_order",
            "in another order (USER_ID, ITEM_ID, TIMESTAMP) than the schema (USER_ID, TIMESTAMP, ITEM_ID)",
        ),
        (
            {"log.csv": interactions(), "interactions.avsc": ["USER_ID", "ITEM_ID", "TIMESTAMP"]},
            "warning",
            "surplus_columns",
            "has columns that the schema does not: EVENT_TYPE",
        ),
    ],
)
def test_headers_and_schemas_that_do_not_fit_are_told(folder, files, severity, check, text):
    given = []
    for name, content in files.items():
        if name.endswith(".csv"):
            (folder / name).write_text(content)
            continue
        fields = [{"name": field, "type": "long" if field == "TIMESTAMP" else "string"} for field in content]
        record = {"type": "record", "name": "Interactions", "version": "1.0", "fields": fields}
        (folder / name).write_text(json.dumps(record | {"namespace": "com.amazonaws.personalize.schema"}))
        given.append(folder / name)

    summary = validate([name for name in files if name.endswith(".csv")], given, now=NOW)

    assert any(text in finding.text for finding in summary.of(severity) if finding.check == check)


def test_sizes_and_inner_folders_that_an_import_does_not_take_are_told(folder, monkeypatch):
    (folder / "in" / "deeper").mkdir(parents=True)
    (folder / "in" / "log.csv").write_text(interactions())
    (folder / "in" / "deeper" / "log.csv").write_text(interactions())
    monkeypatch.setitem(checks.MOST_BYTES, "INCREMENTAL", 1000)

    summary = validate(["in"], mode="INCREMENTAL", now=NOW)

    assert "an import with the mode INCREMENTAL takes 1,000 bytes, got 2" in told(summary)["import"]
    assert told(summary, "warning")["folders"].endswith("passes over what is in folders inside of it: deeper/log.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"user;item;time\n1;2;3\n", "reads values between commas, and the header has ';'"),
        ("log.csv", b'{"user": 1}\n', "this is JSON, and an import reads CSV"),
        ("log.csv", b"a,b,c\n1,2,3\n", "its columns are a, b, c, and USER_ID, ITEM_ID and TIMESTAMP would"),
        ("items.csv.gz", b"\x1f\x8b", "an import reads CSV files as they are, not .gz"),
        ("none.txt", None, "no file none.txt in"),
    ],
)
def test_what_is_no_dataset_is_told_with_what_to_do(folder, name, content, message):
    if content is not None:
        (folder / name).write_bytes(content)

    with pytest.raises(SourceError) as raised:
        validate([name])

    assert message in str(raised.value)


def test_the_command_is_a_gate(folder, capsys):
    (folder / "good.csv").write_text(interactions())
    (folder / "odd.csv").write_text(interactions(*["u1,i1,1600000000,view"] * 120))
    (folder / "bad.csv").write_text(interactions("u1,i1,soon,view"))

    assert run("good.csv", "--strict") == 0
    assert capsys.readouterr().out.endswith("the service would take this\n")
    assert run("odd.csv") == 0
    assert capsys.readouterr().out.endswith("the service would take this; 2 warnings\n")
    assert run("odd.csv", "--strict") == 1
    capsys.readouterr()
    assert run("bad.csv", "--json", "--report", "checked") == 1
    summary = json.loads(capsys.readouterr().out)
    assert [finding["severity"] for finding in summary["findings"]] == ["error"]
    assert json.loads((folder / "checked" / "report.json").read_text()) == summary
    assert "soon" in (folder / "checked" / "report.html").read_text()
    with pytest.raises(SourceError):
        run("none.csv", "--json")
    assert json.loads(capsys.readouterr().out)["findings"][0]["text"].startswith("no file none.csv in")


def test_a_run_is_compared_with_the_one_before(folder, capsys):
    (folder / "log.csv").write_text(interactions(count=3000))
    run("log.csv", "--report", "before")
    (folder / "log.csv").write_text(interactions(count=1200).replace(",buy", ",purchase"))
    capsys.readouterr()

    assert run("log.csv", "--against", "before", "--json") == 0

    found = [finding["text"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert found == [
        "1,200 rows, 60 % fewer than the 3,000 before; is a source missing?",
        "the newest interaction is of 2020-09-14; before there were some until 2020-09-15",
        "the event type 'buy' is gone; it had 14 % of the interactions",
        "the event type 'purchase' is new, with 14 % of the interactions",
        "users have 20.0 interactions on average, 50.0 before",
    ]


def test_files_in_s3_are_checked_as_an_import_of_the_folder_reads_them(folder, bucket, capsys):
    bucket.put_object(Key="out/a.csv", Body=interactions().encode())
    bucket.put_object(Key="out/b.csv", Body=interactions("u1,i1,soon,view").encode())
    bucket.put_object(Key="out/more/c.csv", Body=b"not looked at")

    assert run("s3://shop/out/") == 1

    said = " ".join(capsys.readouterr().out.split())
    assert "error: interactions: s3://shop/out/b.csv: TIMESTAMP: 'soon' is not of type long" in said
    assert "passes over what is in folders inside of it: s3://shop/out/more/c.csv" in said
    with pytest.raises(SourceError, match=r"there is no file directly in s3://shop/, but s3://shop/out/a.csv"):
        run("s3://shop/")
    with pytest.raises(
        SourceError, match=r"3 objects that begin so; a folder is named with a slash .* s3://shop/out/$"
    ):
        run("s3://shop/out")


def test_a_location_that_an_import_could_not_read_is_told(folder, bucket):
    with pytest.raises(
        SourceError, match=r"s3://elsewhere/a.csv cannot be read: .*NoSuchBucket"
    ):  # Invalid Data location.
        run("s3://elsewhere/a.csv")

    def forbid(**_):
        refused = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        return AWSResponse("https://s3", 403, {}, SimpleNamespace(stream=lambda: [refused]))

    boto3.DEFAULT_SESSION.events.register("before-send.s3", forbid)
    with pytest.raises(
        SourceError, match=r"s3://shop/a.csv cannot be read: .*AccessDenied"
    ):  # Insufficient privileges …
        run("s3://shop/a.csv")


def test_what_was_prepared_is_checked_by_its_folder_wherever_its_rows_are(project, bucket, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    project.write_log()
    for store, name in ((None, "prepared/INTERACTIONS.csv"), ("s3://shop/films", "s3://shop/films/interactions/")):
        prepare({"interactions": project.interactions()}, project.root, Path("prepared"), store=store)

        assert run("prepared", "--json", "--strict") == 0

        found = json.loads(capsys.readouterr().out)["datasets"]["interactions"]
        assert (found["rows_read"], found["rejected"]) == (1200, {})
        assert found["file"].startswith(name)
