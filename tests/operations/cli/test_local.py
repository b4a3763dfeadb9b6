"""`personalize local`."""

import os
import re
import signal

import pytest

from operations.cli.main import run
from personalize_local.cloud import LocalCloud


@pytest.fixture
def local(tmp_path, capsys, monkeypatch):
    """Runs an action on a state folder of the test's own: its exit code, what it printed, its errors."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)

    def act(action, *more):
        code = run(["local", action, "--state", str(tmp_path), *more])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield act
    LocalCloud(tmp_path).down()


def test_up_status_env_down(local, tmp_path):
    code, printed, _ = local("up", "--profile", "instant")
    url = re.search(r"the local cloud is up at (http://127\.0\.0\.1:\d+)\n", printed)[1]
    assert (code, f'eval "$(personalize local env --state {tmp_path})"' in printed) == (0, True)
    assert local("up", "--profile", "instant")[1] == f"the local cloud runs already at {url}\n"
    assert re.fullmatch(rf"the local cloud runs at {url} \(process \d+, profile instant\)\n", local("status")[1])
    assert f"export AWS_ENDPOINT_URL={url}\n" in local("env")[1]
    assert local("down") == (0, f"the local cloud is down; its state stays in {tmp_path}\n", "")
    assert local("status") == (3, f"no local cloud runs on {tmp_path}\n", "")
    assert local("down") == (0, f"no local cloud runs on {tmp_path}\n", "")


def test_a_crash_is_said_and_repaired(local, tmp_path):
    local("up")
    cloud = LocalCloud(tmp_path)
    os.kill(cloud.status().pid, signal.SIGKILL)
    while cloud.status():
        pass
    assert local("status") == (3, f"the local cloud has crashed; see {tmp_path}/server.log\n", "")
    code, printed, _ = local("up")
    assert (code, printed.splitlines()[0]) == (0, "the local cloud had crashed; it goes on with what it had saved")


def test_the_environment_of_none_is_an_error(local, tmp_path):
    code, printed, errors = local("env")
    assert (code, printed) == (1, "")
    assert f"no local cloud runs on {tmp_path}" in errors
