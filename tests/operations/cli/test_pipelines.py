"""The pipelines of the example: their commands and options exist, and nothing in them is unsafe."""

import re
import shlex
import subprocess
from importlib.metadata import files
from pathlib import Path

import pytest
import yaml

from operations.cli.main import parser

EXAMPLE = Path(__file__).parents[3] / "examples" / "movielens"
RECOMMENDER = EXAMPLE / ".github" / "workflows" / "recommender.yml"
WORKFLOW = yaml.safe_load(RECOMMENDER.read_text())
BUILDSPEC = yaml.safe_load((EXAMPLE / "buildspec.yml").read_text())
STEPS = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
STEPS += [command for phase in BUILDSPEC["phases"].values() for command in phase["commands"]]
COMMANDS = sorted({match for step in STEPS for match in re.findall(r"personalize ([a-z]+ [^|&;\n]+)", step)})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_pipeline_is_understood(command):
    assert parser().parse_args(shlex.split(command)).run


@pytest.mark.parametrize("script", sorted(set(STEPS)))
def test_a_step_is_a_script_that_a_shell_reads(script):
    subprocess.run(["bash", "-n", "-c", script], check=True)


@pytest.mark.parametrize(
    "checker",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
        ("zizmor", "--offline", "--no-config", "--persona", "pedantic", "--quiet"),
    ],
    ids=lambda checker: checker[0],
)
def test_the_workflow_is_one_of_github_and_safe(checker):
    name, *options = checker
    (program,) = (file.locate() for file in files(name) or () if file.name == name)
    checked = subprocess.run([program, *options, RECOMMENDER], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_buildspec_has_the_members_that_codebuild_knows():
    assert BUILDSPEC.keys() <= {"version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache"}
    assert BUILDSPEC["version"] == 0.2
    assert list(BUILDSPEC["phases"]) == ["install", "pre_build", "build"]
    for name, phase in BUILDSPEC["phases"].items():
        assert phase.keys() <= {"commands", *(["runtime-versions"] if name == "install" else [])}
        assert all(isinstance(command, str) for command in phase["commands"])


def test_jobs_get_credentials_from_their_identity_and_hold_no_key():
    for job in WORKFLOW["jobs"].values():
        assert job["permissions"]["id-token"] == "write"
    assert "secrets." not in RECOMMENDER.read_text()


def test_prod_comes_after_dev_and_its_own_approval_and_no_job_waits_for_a_training():
    jobs = WORKFLOW["jobs"]
    assert (jobs["prod"]["needs"], jobs["prod"]["environment"], jobs["dev"]["environment"]) == ("dev", "prod", "dev")
    deploys = [step for step in STEPS if "personalize deploy" in step]
    assert len(deploys) == 3
    assert all("--no-wait" in step for step in deploys)
