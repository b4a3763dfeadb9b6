"""The program that trains."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from personalize_local.service.profiles import AWS, INSTANT
from personalize_local.service.training import ProcessTrainer

from .conftest import ITEMS, small_log

SECONDS = 60

PROGRAM = "personalize_local.service.training_job"


def test_the_program_ends_with_the_server_that_started_it(make_lab, tmp_path):
    lab = make_lab(state=tmp_path)
    lab.version(lab.solution(lab.filled_group()))
    (job,) = tmp_path.glob("models/**/job.json")
    (job.parent / "outcome.json").unlink()
    ended = subprocess.run([sys.executable, "-m", PROGRAM, str(job.parent)], stdin=subprocess.DEVNULL, check=False)
    assert ended.returncode == 1
    assert not (job.parent / "outcome.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, a process ends when its Python may run")
def test_a_training_ends_with_a_killed_server_even_in_a_long_native_call():
    child = f"from {PROGRAM} import end_with_parent; end_with_parent(); print('up', flush=True); sum(range(10**12))"
    parent = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as server:
        training = int(server.stdout.readline())
        assert is_running(training)
        server.send_signal(signal.SIGKILL)
    until(lambda: not is_running(training))


def test_a_training_tells_how_far_it_is_has_low_priority_and_can_be_stopped(make_lab):
    lab = make_lab(trainer=ProcessTrainer(), profile=INSTANT)
    solution = lab.solution(lab.filled_group(), "aws-hrnn", solutionConfig={"algorithmHyperParameters": {"bptt": "2"}})
    version = lab("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"]
    told = until(lambda: next((one for one in lab.service.trainings() if one.get("seconds_left")), None))
    assert told["arn"] == version
    assert 0 < told["share"] < 1
    assert told["doing"]
    (training,) = children()
    assert os.getpriority(os.PRIO_PROCESS, training) > os.getpriority(os.PRIO_PROCESS, 0)
    group = Path(f"/proc/{training}/autogroup")  # a session that Linux weighs as a whole, if it does so
    assert not group.exists() or group.read_text().endswith(" nice 5\n")
    lab("StopSolutionVersionCreation", solutionVersionArn=version)
    until(lambda: not is_running(training))
    lab.wait()
    assert lab("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]["status"] == "CREATE STOPPED"


def test_an_objective_moves_what_earns_more_up_and_its_metric_is_told(make_lab):
    lab = make_lab(profile=AWS)
    group = lab.filled_group()
    items = lab.dataset(group, "Items", ITEMS | {"PRICE": "float"})
    rows = [(f"i{number}", "drama", 2000, 100 if number == 7 else 1) for number in range(12)]
    lab.import_file(items, lab.upload(rows, [*ITEMS, "PRICE"]), "items")
    small = {"algorithmHyperParameters": {"hidden_dimension": "32"}}

    def place(sensitivity):
        objective = {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": sensitivity}}
        solution = lab.solution(group, "aws-user-personalization", sensitivity, solutionConfig=small | objective)
        version = lab.version(solution)
        metrics = lab("GetSolutionMetrics", solutionVersionArn=version)["metrics"]
        assert 0 < metrics["average_rewards_at_k"] <= 1
        campaign = lab.campaign(version, sensitivity)
        return lab.recommended(campaign, userId="nobody", numResults=12).index("i7")  # of whom little is known

    assert place("HIGH") < place("OFF")


def test_texts_that_are_no_categories_teach_nothing(make_lab):
    lab = make_lab()

    def scores(name, *more):
        group = lab.filled_group(name)
        items = lab.dataset(group, "Items", ITEMS | dict.fromkeys(more, "string"))
        rows = [
            (f"i{number}", "odd" if number % 2 else "even", 2000, *(number % 3 for _ in more)) for number in range(12)
        ]
        lab.import_file(items, lab.upload(rows, [*ITEMS, *more]), f"{name}-items")
        campaign = lab.campaign(lab.version(lab.solution(group, "aws-hrnn-metadata", name)), name)
        return lab("GetRecommendations", campaignArn=campaign, userId="u1")["itemList"]

    without = scores("plain")
    assert scores("named", "NAME") == without
    assert scores("told", "DEVICE") != without  # a category of these items, whatever its name


def test_what_popularity_would_do_better_is_told_of_the_version(make_lab):
    """Whoever takes films one after the other takes the hit last, and SIMS leaves out what is popular."""
    lab = make_lab()
    rows = [*small_log(items=200), *((f"u{user}", "hit", 1_700_000_000 - user, "watch") for user in range(50))]
    version = lab.version(lab.solution(lab.filled_group(rows=rows), "aws-sims"))
    (told,) = lab.service.trainings()
    assert told["arn"] == version
    assert told["notes"][0].startswith("popularity alone would do better: ")


def until(ask):
    """Ask again until the answer is yes, and return it."""
    deadline = time.monotonic() + SECONDS
    while not (answer := ask()):
        assert time.monotonic() < deadline
    return answer


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # it ended, perhaps while it was looked at
        return False


def children():
    """The trainings that this process has started and that have not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if parent == os.getpid() and PROGRAM in command:
            found.append(int(folder.name))
    return found
