import csv
from types import MappingProxyType

import boto3
import pytest
from moto import mock_aws

from data_prep.spec import DatasetSpec

START = 1_600_000_000


class Project:
    """A folder with logs of which every row is good, to which a test adds its own."""

    columns = MappingProxyType(
        {"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when", "EVENT_TYPE": "kind", "EVENT_VALUE": "stars"}
    )
    header = "user,item,when,kind,stars\n"

    def __init__(self, root):
        self.root = root
        self.out = root / "prepared"

    def good_rows(self, count=1200):
        return [f"u{n % 60},i{n % 41},{START + 60 * n},{('view', 'buy')[n % 7 == 0]},{n % 5}.5" for n in range(count)]

    def write_log(self, *rows, good=1200, name="log.csv", encoding="utf-8"):
        text = self.header + "".join(f"{row}\n" for row in (*self.good_rows(good), *rows))
        (self.root / name).write_bytes(text.encode(encoding))

    def interactions(self, source="log.csv", **columns):
        return DatasetSpec.model_validate({"source": source, "columns": {**self.columns, **columns}})

    def quarantined(self, dataset="interactions"):
        """The rows of a dataset's quarantine: reason, file, line, row."""
        with (self.out / "quarantine" / f"{dataset}.csv").open(newline="") as file:
            return [tuple(row) for row in csv.reader(file)][1:]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def bucket(monkeypatch):
    """A bucket, `shop`, in moto's S3."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        yield boto3.resource("s3").create_bucket(Bucket="shop")
