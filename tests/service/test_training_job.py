"""The program that trains."""

import subprocess
import sys

PROGRAM = "personalize_local.service.training_job"


def test_the_program_ends_with_the_server_that_started_it(make_lab, tmp_path):
    lab = make_lab(state=tmp_path)
    lab.version(lab.solution(lab.filled_group()))
    (job,) = tmp_path.glob("models/**/job.json")
    (job.parent / "outcome.json").unlink()
    ended = subprocess.run([sys.executable, "-m", PROGRAM, str(job.parent)], stdin=subprocess.DEVNULL, check=False)
    assert ended.returncode == 1
    assert not (job.parent / "outcome.json").exists()
