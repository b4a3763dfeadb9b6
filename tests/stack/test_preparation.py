"""The stack with the job that prepares data: what the job is, what it may, and nothing beyond."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from personalize_stack.config.load import load
from personalize_stack.preparation import PreparationStack

from .test_security import findings, statements

PROJECT = """
project: films
prep: {engine: spark, workers: 12, worker_type: G.2X, max_hours: 2, out: s3://shop/prepared/}
datasets:
  interactions:
    source: [s3://logs/2026/*.csv, s3://logs/first.csv, {path: s3://shop/orders/, format: csv}]
    columns: {USER_ID: user, ITEM_ID: film, TIMESTAMP: at}
environments: {dev: {}}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "personalize.yaml"
    path.write_text(PROJECT)
    project = load(path)
    return PreparationStack(cdk.App(), project.preparation_stack_name, project=project)


def test_the_job_is_as_large_as_declared_and_runs_the_package_of_here(stack):
    Template.from_stack(stack).has_resource_properties(
        "AWS::Glue::Job",
        {
            "Command": {"Name": "glueetl", "ScriptLocation": {"Fn::Sub": Match.string_like_regexp(r"s3://.*\.py")}},
            "GlueVersion": "5.1",
            "WorkerType": "G.2X",
            "NumberOfWorkers": 12,
            "Timeout": 120,
            "DefaultArguments": {
                "--extra-py-files": {"Fn::Sub": Match.string_like_regexp(r"s3://.*\.zip")},
                "--additional-python-modules": Match.string_like_regexp(r"duckdb==[\d.]+,pydantic==[\d.]+,sqlglot=="),
            },
        },
    )


def test_it_reads_the_sources_and_writes_only_into_its_own_bucket_and_the_folder_of_prepared_files(stack):
    found = statements(Template.from_stack(stack), "JobRole")

    def places(action):
        said = [
            one for one in found if action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
        ]
        return [json.dumps(one["Resource"]) for one in said]

    assert places("s3:PutObject") == places("s3:DeleteObject")
    own, stored = places("s3:PutObject")
    assert '"Bucket' in own
    assert ":s3:::shop/prepared/*" in stored
    read = " ".join(places("s3:GetObject"))
    assert all(part in read for part in (":s3:::logs/2026/*", ":s3:::logs/first.csv", ":s3:::shop/orders/*"))
    assert not any("*" in one["Action"] for one in found)


def test_nothing_that_the_checks_know_of_is_wrong(tmp_path):
    (tmp_path / "personalize.yaml").write_text(PROJECT)
    app = cdk.App()
    PreparationStack(app, "films-dev-preparation", project=load(tmp_path / "personalize.yaml"))

    assert findings(app) == []
