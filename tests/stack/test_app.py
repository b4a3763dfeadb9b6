"""app.py as the CDK command line runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_prep.prepare import prepare
from personalize_stack.config.load import load

ROOT = Path(__file__).parent.parent.parent
PROJECT = """
project: films
datasets:
  interactions: {source: log.csv, columns: {USER_ID: user, ITEM_ID: film, TIMESTAMP: at}}
environments: {dev: {}}
"""


@pytest.fixture
def run_app(tmp_path):
    """Return a function that runs the app on a project, and one that lists what the assembly says is wrong."""

    def run(text: str | None, **variables: str) -> subprocess.CompletedProcess[str]:
        if text is not None:
            (tmp_path / "personalize.yaml").write_text(text)
        context = {"config": str(tmp_path / "personalize.yaml")}
        variables = {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(tmp_path / "cdk.out"), **variables}
        return subprocess.run(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def errors_in(assembly: Path) -> list[str]:
    """Return the errors that keep the CDK command line from deploying the assembly."""
    stack = json.loads((assembly / "manifest.json").read_text())["artifacts"]["films-dev"]
    metadata = [stack.get("metadata", {})]
    if "additionalMetadataFile" in stack:
        metadata.append(json.loads((assembly / stack["additionalMetadataFile"]).read_text()))
    entries = [entry for part in metadata for entries in part.values() for entry in entries]
    return [entry["data"] for entry in entries if entry["type"] == "aws:cdk:error"]


def test_without_prepared_files_it_says_which_command_to_run(run_app, tmp_path):
    (tmp_path / "log.csv").write_text("user,film,at\n")
    app = run_app(PROJECT)
    assert (app.returncode, app.stderr) == (0, "")
    (error,) = errors_in(tmp_path / "cdk.out")
    assert error.startswith("the data is not prepared as the configuration says: there are no prepared files in ")
    assert error.endswith(f"; run: personalize prep -f {tmp_path / 'personalize.yaml'} --env dev")


def test_a_source_that_changed_since_is_named(run_app, tmp_path):
    rows = [f"u{n % 40},f{n % 30},{1_700_000_000 + n}" for n in range(1200)]
    (tmp_path / "log.csv").write_text("\n".join(["user,film,at", *rows]))
    (tmp_path / "personalize.yaml").write_text(PROJECT)
    project = load(tmp_path / "personalize.yaml")
    prepare(project.datasets, project.root, project.root / project.prepared)
    assert run_app(PROJECT).returncode == 0
    assert errors_in(tmp_path / "cdk.out") == []
    (tmp_path / "log.csv").write_text("\n".join(["user,film,at", *reversed(rows)]))
    assert run_app(PROJECT).returncode == 0
    (error,) = errors_in(tmp_path / "cdk.out")
    assert "source log.csv has changed; run: personalize prep" in error


def test_a_job_whose_file_is_missing_is_told(run_app, tmp_path):
    (tmp_path / "log.csv").write_text("user,film,at\n")
    jobs = "data_deletions: {gone: {input: users.csv}, elsewhere: {input: 's3://bucket/users/'}}\n"
    assert run_app(PROJECT + jobs).returncode == 0
    assert "data_deletions.gone.input: there is no file users.csv" in errors_in(tmp_path / "cdk.out")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "personalize.yaml: the configuration cannot be read: No such file or directory"),
        ("project: 7\n", "personalize.yaml:1: project: 7 given; should be"),
    ],
)
def test_a_configuration_that_cannot_be_used_ends_it_with_the_reason(run_app, text, message):
    app = run_app(text)
    assert app.returncode == 1
    assert message in app.stderr
    assert "Traceback" not in app.stderr


def test_without_node_it_says_what_to_install(run_app, tmp_path):
    app = run_app(PROJECT, PATH=str(tmp_path))
    assert app.returncode == 1
    assert "the CDK needs Node.js 18 or newer, and there is no `node` on the PATH" in app.stderr
    assert "Traceback" not in app.stderr
