"""The pipelines of the example: their commands exist, with the options that they give."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from operations.cli.main import parser

EXAMPLE = Path(__file__).parents[3] / "examples" / "movielens"
WORKFLOW = yaml.safe_load((EXAMPLE / ".github" / "workflows" / "recommender.yml").read_text())
BUILDSPEC = yaml.safe_load((EXAMPLE / "buildspec.yml").read_text())
STEPS = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
STEPS += [command for phase in BUILDSPEC["phases"].values() for command in phase["commands"]]
COMMANDS = sorted({match for step in STEPS for match in re.findall(r"personalize ([a-z]+ [^|&;\n]+)", step)})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_pipeline_is_understood(command):
    assert parser().parse_args(shlex.split(command)).run


def test_jobs_get_credentials_from_their_identity_and_hold_no_key():
    for job in WORKFLOW["jobs"].values():
        assert job["permissions"]["id-token"] == "write"
    assert "secrets." not in (EXAMPLE / ".github" / "workflows" / "recommender.yml").read_text()


def test_prod_comes_after_dev_and_its_own_approval_and_no_job_waits_for_a_training():
    jobs = WORKFLOW["jobs"]
    assert (jobs["prod"]["needs"], jobs["prod"]["environment"], jobs["dev"]["environment"]) == ("dev", "prod", "dev")
    deploys = [step for step in STEPS if "personalize deploy" in step]
    assert len(deploys) == 3
    assert all("--no-wait" in step for step in deploys)
