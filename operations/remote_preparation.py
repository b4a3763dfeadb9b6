"""Preparing data by a job in AWS: deploy the job, order, wait, bring what it has made."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from data_prep.errors import DataPrepError, SourceError, UnusableDataError
from data_prep.manifest import FILE_NAME as MANIFEST
from data_prep.manifest import Manifest
from data_prep.orders import FAILURE_FILE, Order, parse_failure
from data_prep.publishing import FAILED, fail, publish, workspace
from data_prep.summary.model import FILE_NAME as SUMMARY
from data_prep.summary.model import Summary
from operations.aws import Aws, explained
from operations.clock import Clock
from operations.deploy import deploy_preparation
from operations.errors import OperationError
from operations.preparation import incremental, trainings
from personalize_stack.config.load import load
from personalize_stack.config.model import Project
from personalize_stack.config.preparation import BUCKET_OUTPUT, JOB_OUTPUT

_POLL_SECONDS = 15
_STARTING = ("STARTING", "WAITING", "RUNNING", "STOPPING")


def prepare_remotely(file: Path, environment: str, console: Console, clock: Clock) -> Manifest:
    """Prepare an environment's data by its job, into the same folder as on this machine.

    Interrupted, the job goes on; what it makes is not brought here then.

    Raises:
        OperationError: The configuration has no such job, or the job did not come to its end.
        DataPrepError: The data cannot be prepared, as on this machine.
    """
    project = load(file, environment)
    _refuse_local(project)
    aws = Aws(project.region, project.account)
    if aws.is_local:
        raise OperationError(
            f"{aws.place} is no cloud with clusters; leave out --remote: what Spark makes on this machine is the same"
        )
    outputs = deploy_preparation(file, project, aws, console)
    return Run(project, aws, outputs[BUCKET_OUTPUT], outputs[JOB_OUTPUT]).prepare(console, clock)


def _refuse_local(project: Project) -> None:
    if project.prep.engine != "spark":
        raise OperationError(
            "`prep.engine` is duckdb, which prepares on this machine; set it to spark, or leave out --remote"
        )
    local = [
        f"datasets.{name}.source: {source.path}"
        for name, spec in project.datasets.items()
        for source in spec.source
        if not source.path.startswith("s3://")
    ]
    functions = [f"datasets.{name}.rules.python" for name, spec in project.datasets.items() if spec.rules.python]
    if functions:
        raise OperationError(
            f"a job has no code of yours: {', '.join(functions)}; say it in SQL, or leave out --remote"
        )
    if local:
        raise SourceError("\n".join(["a job reads from S3 alone; bring these there, and name them s3://…:", *local]))


class Run:
    """One run of the job."""

    def __init__(self, project: Project, aws: Aws, bucket: str, job: str) -> None:
        self._project, self._bucket, self._job = project, bucket, job
        self._s3, self._glue = aws.client("s3"), aws.client("glue")

    def prepare(self, console: Console, clock: Clock) -> Manifest:
        """Order, wait, and bring."""
        folder = f"runs/{datetime.fromtimestamp(clock.now(), UTC):%Y-%m-%dT%H-%M-%SZ}"
        with explained(f"the job {self._job} cannot be started"):
            order = self._order().dump().encode()
            self._s3.put_object(Bucket=self._bucket, Key=f"{folder}/order.json", Body=order)
            places = {
                "--order": f"s3://{self._bucket}/{folder}/order.json",
                "--out": f"s3://{self._bucket}/{folder}/out",
            }
            run = self._glue.start_job_run(JobName=self._job, Arguments=places)["JobRunId"]
        console.print(f"job {self._job}, run {run}: {self._project.prep.workers} machines", soft_wrap=True)
        with console.status("preparing in AWS Glue"), explained(f"the job {self._job} cannot be watched"):
            ended = self._ended(run, clock)
        return self._brought(f"{folder}/out/", ended)

    def _order(self) -> Order:
        before = self._project.root / self._project.prepared / SUMMARY
        return Order(
            self._project.datasets,
            self._project.domain,
            trainings(self._project),
            before.read_text("utf-8") if before.is_file() else None,
            self._project.prep.out,
            incremental(self._project),
        )

    def _ended(self, run: str, clock: Clock) -> Mapping[str, Any]:
        """Wait for the end of a run."""
        while True:
            found: Mapping[str, Any] = self._glue.get_job_run(JobName=self._job, RunId=run)["JobRun"]
            if found["JobRunState"] not in _STARTING:
                return found
            clock.sleep(_POLL_SECONDS)

    def _brought(self, prefix: str, run: Mapping[str, Any]) -> Manifest:
        """Bring what was made, in place of what was prepared before."""
        out = self._project.root / self._project.prepared
        with workspace(out) as (made, _), explained("what the job has made cannot be brought here"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for key in [found["Key"] for page in pages for found in page.get("Contents", ())]:
                path = made / key.removeprefix(prefix)
                path.parent.mkdir(parents=True, exist_ok=True)
                self._s3.download_file(self._bucket, key, str(path))
            if (made / FAILURE_FILE).exists():
                raise self._failure(made, out)
            if run["JobRunState"] != "SUCCEEDED" or not (made / MANIFEST).exists():
                raise OperationError(
                    f"run {run['Id']} of the job {self._job} ended as {run['JobRunState']}: "
                    f"{run.get('ErrorMessage') or 'no reason is told'}; its log is in CloudWatch, below /aws-glue/jobs"
                )
            return publish(replace(Manifest.read(made), folder=out), made)

    def _failure(self, made: Path, out: Path) -> DataPrepError:
        """What the job says is wrong with the data, its report brought here too."""
        error = parse_failure((made / FAILURE_FILE).read_text("utf-8"))
        report = Summary.read(made / FAILED)
        if isinstance(error, UnusableDataError) and report:
            return UnusableDataError(error.problems, error.examples, fail(report, out))
        return error
