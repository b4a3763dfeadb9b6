"""The preparation as a job on a Spark cluster: what to do is read from S3, and what was made is written there.

`job.py --order s3://BUCKET/KEY --out s3://BUCKET/PREFIX`, which AWS Glue calls with further arguments of its own.
Outside of a cluster it runs on this machine alone.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from pyspark.sql import SparkSession

from data_prep import s3
from data_prep.engines.session import local_session
from data_prep.engines.shared import Shared, SharedFolder, SharedPrefix
from data_prep.engines.spark import Spark
from data_prep.errors import DataPrepError
from data_prep.manifest import FILE_NAME as MANIFEST
from data_prep.orders import FAILURE_FILE, Order, dump_failure
from data_prep.prepare import prepare
from data_prep.publishing import FAILED
from data_prep.summary.model import FILE_NAME as SUMMARY

_MEMORY = "4GiB"  # of the leading machine, whose Java has most of the rest


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare what the order says; a failure is left in S3 too, for whoever waits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order", required=True, help="the URI of what to do")
    parser.add_argument("--out", required=True, help="the URI of the folder for what is made")
    args, _ = parser.parse_known_args(arguments)
    out = args.out.rstrip("/")
    with TemporaryDirectory() as folder:
        scratch, made = Path(folder) / "scratch", Path(folder) / "made"
        made.mkdir()
        try:
            order = Order.parse(s3.download(args.order, scratch).read_text("utf-8"))
            _prepare(order, made, scratch, f"{out}-scratch")
        except DataPrepError as error:
            (made / FAILURE_FILE).write_text(dump_failure(error), "utf-8")
            _upload([made / FAILURE_FILE, *(made / FAILED).glob("*")], made, out)
            print(error, file=sys.stderr)  # noqa: T201 (the log of the job)
            return 1
        # The manifest goes last, since a preparation with one is finished.
        files = [path for path in made.rglob("*") if path.is_file()]
        _upload(sorted(files, key=lambda path: path.name == MANIFEST), made, out)
    return 0


def _prepare(order: Order, made: Path, scratch: Path, shared_prefix: str) -> None:
    if order.before:
        (made / SUMMARY).write_text(order.before, "utf-8")
    # What spark-submit starts finds its cluster by this.
    session = SparkSession.builder.getOrCreate() if "PYSPARK_GATEWAY_PORT" in os.environ else local_session(scratch)
    is_alone = str(session.sparkContext.master).startswith("local")
    shared: Shared = SharedFolder(scratch / "shared") if is_alone else SharedPrefix(shared_prefix)
    engine = partial(Spark, session=session, shared=shared, memory=_MEMORY)
    try:
        prepare(
            order.datasets,
            scratch,
            made,
            order.domain,
            engine=engine,
            trainings=order.trainings,
            incremental=order.incremental,
            store=order.store,
        )
    finally:
        session.stop()


def _upload(files: Iterable[Path], folder: Path, uri: str) -> None:
    bucket, prefix = s3.parts(uri)
    client = boto3.client("s3")
    for path in files:
        client.upload_file(str(path), bucket, f"{prefix}/{path.relative_to(folder).as_posix()}")


if __name__ == "__main__":
    if code := main():
        sys.exit(code)
