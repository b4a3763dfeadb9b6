"""Recommenders to measure, in a local cloud of their own, made of generated data by the service's own operations."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import duckdb
from botocore.config import Config

from personalize_local.cloud import LocalCloud

BUCKET = "raw"
INTERACTIONS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long", "EVENT_TYPE": "string"}
ITEMS = {"ITEM_ID": "string", "GENRES": "string", "YEAR": "int"}
CATEGORICAL = ("GENRES",)
START, YEARS = 1_600_000_000, 2
# As fast as it can, and all items.
QUOTAS = dict.fromkeys(("campaign_requests", "runtime_requests", "event_requests", "considered_items"), 1_000_000)
DONE = ("ACTIVE", "CREATE FAILED")


@contextmanager
def local_cloud() -> Iterator[LocalCloud]:
    """A local cloud on a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        (state / "quotas.json").write_text(json.dumps(QUOTAS))
        cloud = LocalCloud(state, profile="instant")
        cloud.up()
        try:
            yield cloud
        finally:
            cloud.down()


class Account:
    """Clients of a local cloud, a bucket and a role that may read it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.s3, self.personalize = self._client("s3"), self._client("personalize")
        self.s3.create_bucket(Bucket=BUCKET)
        trust = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
        reads = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        iam = self._client("iam")
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=_document(trust))
        iam.put_role_policy(RoleName="reader", PolicyName="reads", PolicyDocument=_document(reads))
        self.role_arn = role["Role"]["Arn"]

    def group(self, name: str) -> str:
        """A new dataset group."""
        arn = self.personalize.create_dataset_group(name=name)["datasetGroupArn"]
        self._done("dataset_group", "datasetGroup", datasetGroupArn=arn)
        return arn

    def dataset(self, group: str, record: str, columns: Mapping[str, str], file: Path) -> str:
        """A new dataset with the rows of a file."""
        name = f"{group.rpartition('/')[2]}-{record.lower()}"
        schema = {
            "type": "record",
            "name": record,
            "namespace": "com.amazonaws.personalize.schema",
            "version": "1.0",
            "fields": [
                {"name": column, "type": kind} | ({"categorical": True} if column in CATEGORICAL else {})
                for column, kind in columns.items()
            ],
        }
        schema_arn = self.personalize.create_schema(name=name, schema=json.dumps(schema))["schemaArn"]
        arn = self.personalize.create_dataset(
            name=name, schemaArn=schema_arn, datasetGroupArn=group, datasetType=record
        )["datasetArn"]
        self._done("dataset", "dataset", datasetArn=arn)
        self.s3.upload_file(str(file), BUCKET, f"{name}.csv")
        job = self.personalize.create_dataset_import_job(
            jobName=name,
            datasetArn=arn,
            dataSource={"dataLocation": f"s3://{BUCKET}/{name}.csv"},
            roleArn=self.role_arn,
        )
        self._done("dataset_import_job", "datasetImportJob", **_arn_of(job))
        return arn

    def solution(self, group: str, recipe: str, **settings: Any) -> str:
        """A new solution, without automatic training."""
        arn = self.personalize.create_solution(
            name=f"{group.rpartition('/')[2]}-{recipe}",
            datasetGroupArn=group,
            recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
            performAutoTraining=False,
            solutionConfig=settings,
        )["solutionArn"]
        self._done("solution", "solution", solutionArn=arn)
        return arn

    def start_training(self, solution: str) -> str:
        """A new solution version, in training."""
        return self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    def trained(self, version: str) -> str:
        """The solution version, once it is."""
        self._done("solution_version", "solutionVersion", solutionVersionArn=version)
        return version

    def campaign(self, version: str) -> str:
        """A new campaign."""
        arn = self.personalize.create_campaign(name=version.split("/")[-2], solutionVersionArn=version)["campaignArn"]
        self._done("campaign", "campaign", campaignArn=arn)
        return arn

    def filter(self, group: str, name: str, expression: str) -> str:
        """A new filter."""
        arn = self.personalize.create_filter(name=name, datasetGroupArn=group, filterExpression=expression)
        self._done("filter", "filter", **_arn_of(arn))
        return arn["filterArn"]

    def tracker(self, group: str) -> str:
        """The tracking ID of a new event tracker."""
        made = self.personalize.create_event_tracker(name=group.rpartition("/")[2], datasetGroupArn=group)
        self._done("event_tracker", "eventTracker", eventTrackerArn=made["eventTrackerArn"])
        return made["trackingId"]

    def _done(self, kind: str, key: str, **arn: str) -> None:
        while True:
            shown = getattr(self.personalize, f"describe_{kind}")(**arn)[key]
            if shown["status"] in DONE:
                break
            time.sleep(0.2)
        if shown["status"] != "ACTIVE":
            raise RuntimeError(f"{arn}: {shown.get('failureReason')}")

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(inject_host_prefix=False, s3={"addressing_style": "path"}),
        )


def write_interactions(file: Path, rows: int, users: int, items: int) -> None:
    """A log with popular and rare items; every item occurs if there are rows enough. The same each time."""
    item = f"least(floor(pow({_chance('n', 1)}, 2) * {items}), {items - 1})::BIGINT"
    _write(
        file,
        f"""SELECT 'u' || (hash(n) % {users}) AS USER_ID, 'i' || {item} AS ITEM_ID,
              {START} + floor(n * {YEARS * 365 * 86400.0 / rows})::BIGINT AS TIMESTAMP,
              CASE WHEN hash(n + 7) % 5 = 0 THEN 'purchase' ELSE 'watch' END AS EVENT_TYPE
            FROM range({rows}) AS all_rows(n)""",
    )


def write_items(file: Path, items: int) -> None:
    """A catalogue of items that are in one to three of 20 genres."""
    _write(
        file,
        f"""SELECT 'i' || n AS ITEM_ID,
              array_to_string(list_distinct(['g' || (hash(n) % 20), 'g' || (hash(n + 1) % 20)]), '|') AS GENRES,
              1950 + (hash(n + 2) % 75) AS YEAR
            FROM range({items}) AS all_rows(n)""",
    )


def _chance(number: str, seed: int) -> str:
    """A number from 0 to 1 that follows from another."""
    return f"((hash({number} * 2654435761 + {seed}) % 1000003) / 1000003.0)"


def _write(file: Path, query: str) -> None:
    with duckdb.connect() as database:
        database.execute(f"COPY ({query}) TO '{file}' (FORMAT csv, HEADER)")


def _arn_of(answer: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name.endswith("Arn")}


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def users_of(requests: int, users: int) -> Sequence[str]:
    """Users who ask, some known."""
    return [f"u{(number * 7919) % users}" for number in range(requests)]
