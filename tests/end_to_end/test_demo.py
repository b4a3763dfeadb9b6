"""The demo's own promise on failure; what it does otherwise is tested piece by piece."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_a_demo_that_cannot_start_says_why_and_where_the_logs_are():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    demo = subprocess.run(
        [sys.executable, "examples/movielens/demo.py"],
        cwd=ROOT,
        env=environment | {"AWS_ACCESS_KEY_ID": "AKIA" + "X" * 16, "AWS_SECRET_ACCESS_KEY": "real"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert demo.returncode == 1
    assert "run first: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY" in demo.stdout
    assert demo.stdout.endswith("logs: .personalize/demo/logs and .personalize/demo/server.log\n")
    assert "Traceback" not in demo.stderr
