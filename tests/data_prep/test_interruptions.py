"""A preparation that is killed, or finds no room: what was there before stays whole, and the next one succeeds."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data_prep.engines.duckdb import DuckDB
from data_prep.errors import DataPrepError, UnusableDataError
from data_prep.manifest import Manifest, sha256
from data_prep.prepare import prepare
from data_prep.publishing import workspace
from data_prep.spec import DatasetSpec

SPEC = {"items": DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}})}
PREPARE = """
import os, resource, signal, sys
from pathlib import Path
from data_prep.errors import DataPrepError
from data_prep.prepare import prepare
from data_prep.progress import Progress
from data_prep.spec import DatasetSpec

def watch(moment):
    if moment.step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "small files":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
root = Path(sys.argv[1])
spec = {"items": DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}})}
try:
    with Progress(watch) as progress:
        prepare(spec, root, root / "prepared", progress=progress)
except DataPrepError as error:
    sys.exit(str(error))
"""


def write(project, x, rows=5000):
    (project.root / "items.csv").write_text("id,x\n" + "".join(f"{n},{x}{n}\n" for n in range(rows)))


def run_elsewhere(project, how):
    """Prepare in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", PREPARE, project.root, how], capture_output=True, text=True, check=False
    )


def whole(project):
    """The manifest of what is there, each file of which has the content that it says."""
    made = Manifest.read(project.out)
    for part in made.datasets["items"].parts:
        assert sha256(project.out / part.file) == part.sha256
    assert json.loads((project.out / "items.avsc").read_text())["name"] == "Items"
    assert json.loads((project.out / "report.json").read_text())["datasets"]["items"]["sha256"] == part.sha256
    return made


def hidden(project):
    return [path.name for path in project.out.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("step", ["judging", "writing"])
def test_a_killed_run_leaves_the_former_output_and_the_next_one_clears_up(project, step):
    write(project, "a")
    former = prepare(SPEC, project.root, project.out)
    write(project, "b")

    killed = run_elsewhere(project, step)

    assert killed.returncode == -signal.SIGKILL
    assert whole(project) == former
    assert len(hidden(project)) == 1
    assert prepare(SPEC, project.root, project.out) == whole(project) != former
    assert hidden(project) == []


def test_a_run_that_ends_between_any_two_moves_is_completed_by_the_next(project, monkeypatch):
    replace, found = Path.replace, []
    write(project, "a", rows=3)
    before = prepare(SPEC, project.root, project.out)

    def moves(last):
        """Let the move behind the last one that is allowed end the run; tell whether there was one."""
        left = last

        def move(self, target):
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return replace(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", move)
            try:
                prepare(SPEC, project.root, project.out)
            except KeyboardInterrupt:
                return True
        return False

    while moves(len(found)):
        write(project, "c", rows=0)
        with pytest.raises(UnusableDataError):
            prepare(SPEC, project.root, project.out)  # completes what was begun, and makes nothing of its own
        found.append(whole(project).datasets["items"].sha256 == before.datasets["items"].sha256)
        assert hidden(project) == []
        write(project, "b", rows=4)

    # Until all is in one folder, what was there before; from then on what was made.
    assert found[0]
    assert not found[-1]
    assert sorted(found, reverse=True) == found


class Cramped(DuckDB):
    """With little memory and less disk."""

    def __init__(self, scratch):
        super().__init__(scratch, threads=1)
        self._connection.execute("set memory_limit = '60MiB'")
        self._connection.execute("set max_temp_directory_size = '1MiB'")


def test_where_the_disk_is_full_this_is_said_and_the_former_output_stays(project):
    write(project, "a")
    former = prepare(SPEC, project.root, project.out)
    write(project, "b" * 900, rows=80_000)

    with pytest.raises(DataPrepError, match=r"there is too little memory or disk: .*; give more with --memory, or"):
        prepare(SPEC, project.root, project.out, engine=Cramped)

    assert whole(project) == former
    assert hidden(project) == []


def test_where_the_output_cannot_be_written_this_is_said_and_the_former_output_stays(project):
    write(project, "a")
    former = prepare(SPEC, project.root, project.out)
    write(project, "b" * 50)

    failed = run_elsewhere(project, "small files")

    assert failed.returncode == 1
    assert failed.stderr.strip() == f"cannot prepare files in {project.out}: [Errno 27] {os.strerror(27)}"
    assert whole(project) == former
    assert hidden(project) == []


def test_two_preparations_at_once_do_not_touch_each_other(project):
    write(project, "a")
    former = prepare(SPEC, project.root, project.out)

    with workspace(project.out), pytest.raises(DataPrepError, match="another preparation is at work in"):
        prepare(SPEC, project.root, project.out)

    assert whole(project) == former
    assert prepare(SPEC, project.root, project.out) == former
