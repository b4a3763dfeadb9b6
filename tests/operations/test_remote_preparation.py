"""`personalize prep --remote`: the job is deployed, ordered, waited for, and what it made is as if made here."""

import json
from types import SimpleNamespace

import boto3
import pytest

from data_prep.errors import SourceError, UnusableDataError
from data_prep.manifest import Manifest
from data_prep.orders import Order, dump_failure
from data_prep.prepare import prepare
from data_prep.summary.model import Summary
from operations.errors import OperationError
from operations.remote_preparation import prepare_remotely

CONFIG = """
project: films
prep: {engine: spark}
datasets:
  interactions: {source: s3://raw-data/log.csv, columns: {USER_ID: user, ITEM_ID: item, TIMESTAMP: at}}
environments: {dev: {}, local: {datasets: {interactions: {source: log.csv}}}, here: {prep: {engine: duckdb}}}
"""
LOG = "user,item,at\n" + "".join(f"u{n % 40},i{n % 30},{1_600_000_000 + 60 * n}\n" for n in range(1100)) + ",i1,1\n"
STACK, BUCKET = "films-dev-preparation", "films-runs"


@pytest.fixture
def bucket(cloud):
    boto3.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="29", Type="String")
    s3 = boto3.resource("s3")
    place = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="raw-data", CreateBucketConfiguration=place).put_object(Key="log.csv", Body=LOG.encode())
    return s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)


@pytest.fixture
def glue(monkeypatch):
    """AWS Glue with one run that ends as a test wants; moto's runs end at once."""
    glue = SimpleNamespace(asked=[], states=["STARTING", "RUNNING", "SUCCEEDED"], message="")
    glue.start_job_run = lambda **given: glue.asked.append(given) or {"JobRunId": "jr_1"}
    glue.get_job_run = lambda **_: {
        "JobRun": {"Id": "jr_1", "JobRunState": glue.states.pop(0), "ErrorMessage": glue.message}
    }
    clients = boto3.Session.client
    monkeypatch.setattr(
        boto3.Session, "client", lambda self, name, **more: glue if name == "glue" else clients(self, name, **more)
    )
    return glue


@pytest.fixture
def run(app, console, clock, cloudformation, bucket, glue):
    app.declare(CONFIG)
    outputs = [
        {"OutputKey": "BucketName", "OutputValue": BUCKET},
        {"OutputKey": "JobName", "OutputValue": "films-job"},
    ]
    cloudformation.add(STACK, Outputs=outputs)
    return lambda environment="dev": prepare_remotely(app.file, environment, console, clock)


def places(glue):
    """The order and the folder for what is made, as keys."""
    (asked,) = glue.asked
    assert asked["JobName"] == "films-job"
    return [asked["Arguments"][name].removeprefix(f"s3://{BUCKET}/") for name in ("--order", "--out")]


@pytest.mark.parametrize("store", [None, "s3://raw-data/prepared"])
def test_what_the_job_makes_is_brought_here(run, app, clock, bucket, glue, tmp_path, store):
    def work():
        order, out = places(glue)
        ordered = Order.parse(bucket.Object(order).get()["Body"].read().decode())
        prepare(ordered.datasets, tmp_path, tmp_path / "made", ordered.domain, store=ordered.store)
        for path in (path for path in (tmp_path / "made").rglob("*") if path.is_file()):
            bucket.upload_file(str(path), f"{out}/{path.relative_to(tmp_path / 'made')}")

    if store:
        app.declare(CONFIG.replace("engine: spark", f"engine: spark, out: '{store}/'"))
    clock.at[20] = work
    manifest = run()

    prepared = app.file.parent / "prepared"
    assert manifest == Manifest.read(prepared)
    assert (manifest.store, manifest.datasets["interactions"].rejected) == (store, {"missing_user_id": 1})
    assert {str(path.relative_to(prepared)) for path in prepared.rglob("*") if path.is_file()} == {
        *(() if store else ("INTERACTIONS.csv", "quarantine/interactions.csv")),
        *("interactions.avsc", "manifest.json", "report.html", "report.json"),
    }
    assert [call.split()[0] for call in app.calls()] == ["synth", "deploy"]


def test_what_is_wrong_with_the_data_is_told_as_here_and_what_was_prepared_stays(run, app, clock, bucket, glue):
    (app.file.parent / "prepared").mkdir()
    (app.file.parent / "prepared" / "manifest.json").write_text("{}")
    glue.states[-1] = "FAILED"
    problem = UnusableDataError(["There is no usable row"], ["missing_user_id: log.csv:2: ,i1,1"])

    def fail():
        out = places(glue)[1]
        bucket.put_object(Key=f"{out}/failure.json", Body=dump_failure(problem).encode())
        bucket.put_object(Key=f"{out}/failed/report.json", Body=Summary.of_problems(["odd"]).model_dump_json().encode())

    clock.at[20] = fail

    with pytest.raises(UnusableDataError) as raised:
        run()

    report = app.file.parent / "prepared" / "failed" / "report.html"
    assert str(raised.value) == f"{problem}\nreport of what was read: prepared/failed/report.html"
    assert raised.value.report == report
    assert "odd" in report.read_text()
    assert json.loads((app.file.parent / "prepared" / "manifest.json").read_text()) == {}


def test_a_job_that_does_not_come_to_its_end_is_told(run, glue):
    glue.states[-1], glue.message = "TIMEOUT", "240 minutes are over"

    with pytest.raises(
        OperationError, match="run jr_1 of the job films-job ended as TIMEOUT: 240 minutes are over; its"
    ):
        run()


def test_what_a_job_cannot_do_is_refused_before_anything_is_deployed(run, app):
    with pytest.raises(SourceError, match=r"reads from S3 alone; .*\ndatasets.interactions.source: log.csv"):
        run("local")
    with pytest.raises(OperationError, match=r"`prep.engine` is duckdb"):
        run("here")
    assert app.calls() == []
