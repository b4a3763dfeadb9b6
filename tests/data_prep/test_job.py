"""The job as a cluster runs it: by spark-submit, with its order and its results in S3."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pyspark
import pytest

from data_prep import job
from data_prep.engines.session import java_home
from data_prep.manifest import Manifest
from data_prep.orders import Order, parse_failure
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
from data_prep.trainings import Training, Wanted

pytest_plugins = ["personalize_local.pytest_plugin"]
pytestmark = pytest.mark.timeout(600)  # Java starts slowly where much else runs

ROOT = Path(__file__).parents[2]
NEW = [f"new{n % 60},i{n},{1_600_100_000 + n},view,{n}.25" for n in range(1100)]


@pytest.fixture
def bucket(in_local_cloud):
    bucket = boto3.resource("s3").create_bucket(Bucket="jobs")
    yield bucket
    bucket.objects.delete()
    bucket.delete()


@pytest.fixture
def package(tmp_path):
    """The package as the stack brings it to the job, and an empty folder to run in."""
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for source in (path for path in (ROOT / "data_prep").rglob("*") if path.suffix in (".py", ".css")):
            archive.write(source, source.relative_to(ROOT))
    return path


def submit(package, *arguments):
    """Run the script as AWS Glue does, on this machine."""
    return subprocess.run(
        [
            *(Path(pyspark.__file__).parent / "bin" / "spark-submit", "--master", "local[2]"),
            *(
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.log.level=ERROR",
                "--conf",
                "spark.sql.shuffle.partitions=2",
            ),
            *("--driver-java-options", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"),
            *("--py-files", package, ROOT / "data_prep" / "job.py", *arguments),
        ],
        cwd=package.parent,
        env=os.environ | {"JAVA_HOME": str(java_home()), "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_job_makes_in_s3_what_is_made_here(project, bucket, package):
    project.write_log(",i1,1600000000,view,1", "u0,i0,1600000000,buy,0.5")
    bucket.upload_file(str(project.root / "log.csv"), "logs/2026/log.csv")
    datasets = {"interactions": project.interactions("s3://jobs/logs/*.csv")}
    full = prepare(datasets, project.root, project.root / "full", store="s3://jobs/kept").datasets["interactions"]
    project.write_log(",i1,1600000000,view,1", "u0,i0,1600000000,buy,0.5", *NEW)
    bucket.upload_file(str(project.root / "log.csv"), "logs/2026/log.csv")
    order = Order(datasets, store="s3://jobs/kept", incremental=["interactions"])
    bucket.put_object(Key="run/order.json", Body=order.dump().encode())

    ran = submit(package, "--order", "s3://jobs/run/order.json", "--out", "s3://jobs/run/out", "--JOB_NAME", "films")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    here = prepare(
        datasets, project.root, project.root / "full", store="s3://jobs/kept", incremental=["interactions"]
    ).datasets["interactions"]
    prepare(datasets, project.root, project.out)
    brought = project.root / "brought"
    for found in bucket.objects.filter(Prefix="run/out/"):
        (brought / found.key.removeprefix("run/out/")).parent.mkdir(parents=True, exist_ok=True)
        bucket.download_file(found.key, str(brought / found.key.removeprefix("run/out/")))
    assert {path.name for path in brought.rglob("*")} == {
        *("interactions.avsc", "manifest.json", "report.html", "report.json")
    }
    assert (brought / "interactions.avsc").read_bytes() == (project.out / "interactions.avsc").read_bytes()
    made = Manifest.read(brought).datasets["interactions"]
    assert (made.rows_read, made.rejected) == (2302, {"duplicate": 1, "missing_user_id": 1})
    assert (made.mode, made.rows_written, made.aside) == ("INCREMENTAL", 1100, {"unchanged": 1200})
    assert (made.baseline, made.parts) == (full.parts, here.parts)
    quarantine = bucket.Object(f"kept/{made.quarantine_file}").get()["Body"].read()
    assert quarantine == (project.out / "quarantine" / "interactions.csv").read_bytes()
    assert not list(bucket.objects.filter(Prefix="run/out-scratch"))


def test_what_is_wrong_is_left_for_whoever_waits(bucket, capsys):
    bucket.put_object(Key="order.json", Body=b'{"datasets": {}, "domain": null, "trainings": [], "before": null}')
    items = DatasetSpec.model_validate({"source": "s3://jobs/none.csv", "columns": {"ITEM_ID": "id", "X": "x"}})
    bucket.put_object(Key="order.json", Body=Order({"items": items}).dump().encode())

    assert job.main(["--order", "s3://jobs/order.json", "--out", "s3://jobs/out/"]) == 1

    told = str(parse_failure(bucket.Object("out/failure.json").get()["Body"].read().decode()))
    assert told == "no object s3://jobs/none.csv; the bucket has 0 objects that begin so"
    assert told in capsys.readouterr().err


def test_an_order_is_read_as_it_was_written():
    items = DatasetSpec.model_validate(
        {"source": ["s3://a/b.csv", {"path": "s3://a/c", "format": "csv"}], "columns": {"ITEM_ID": "id", "X": "x"}}
    )
    trainings = [Training("solutions.a", (Wanted("view", 0.5),))]
    order = Order({"items": items}, "ECOMMERCE", trainings, json.dumps({}), "s3://a/out", ["items"])

    assert Order.parse(order.dump()) == order
