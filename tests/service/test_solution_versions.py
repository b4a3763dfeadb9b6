"""Solution versions: trainings that succeed, fail, are stopped and are cut short."""

from dataclasses import replace
from threading import Event

import pytest

from personalize_local.service.profiles import INSTANT
from personalize_local.service.training import ProcessTrainer


class StuckTrainer:
    """Never comes to an end, and remembers what it was asked for."""

    def __init__(self):
        self.started, self.stopped = [], []

    def start(self, folder, done):
        self.started.append(folder)

    def stop(self, folder):
        self.stopped.append(folder)

    def close(self):
        pass


class Awaited:
    """A trainer with another behind it; the test can wait until a training is done."""

    def __init__(self, trainer):
        self._trainer = trainer
        self._done = Event()

    def start(self, folder, done):
        self._trainer.start(folder, lambda: (done(), self._done.set()))

    def stop(self, folder):
        self._trainer.stop(folder)

    def close(self):
        self._trainer.close()

    def wait(self):
        assert self._done.wait(60)


def described(lab, version):
    return lab("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]


def test_a_training_ends_with_a_model_and_its_metrics(lab):
    group = lab.filled_group()
    solution = lab.solution(group)
    version = lab.version(solution)
    shown = described(lab, version)
    assert shown["status"] == "ACTIVE"
    assert shown["name"] == "popular/" + version.rsplit("/", 1)[-1]
    assert (shown["trainingMode"], shown["trainingType"], shown["datasetGroupArn"]) == ("FULL", "MANUAL", group)
    assert shown["trainingHours"] >= 0
    metrics = lab("GetSolutionMetrics", solutionVersionArn=version)
    assert metrics["solutionVersionArn"] == version
    assert {"coverage", "mean_reciprocal_rank_at_25", "precision_at_5"} <= set(metrics["metrics"])
    latest = lab("DescribeSolution", solutionArn=solution)["solution"]["latestSolutionVersion"]
    assert (latest["solutionVersionArn"], latest["status"]) == (version, "ACTIVE")


def test_a_training_takes_its_time(lab):
    solution = lab.solution(lab.filled_group())
    version = lab("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"]
    assert described(lab, version)["status"] == "CREATE PENDING"
    lab.wait(34 * 60)
    assert described(lab, version)["status"] == "CREATE IN_PROGRESS"
    assert lab.refusal("GetSolutionMetrics", solutionVersionArn=version) == (
        "ResourceInUseException",
        f"Resource Arn {version} is in state CREATE IN_PROGRESS; it must be ACTIVE.",
    )
    assert lab.refusal("DeleteSolution", solutionArn=solution) == (
        "ResourceInUseException",
        f"Resource Arn {solution} cannot be deleted: {version} needs it.",
    )
    lab.wait(60)
    assert described(lab, version)["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("users", "reason"),
    [
        (range(1), "Dataset has fewer than 25 users with at least 2 interactions each."),
        (range(24), "Dataset has fewer than 25 users with at least 2 interactions each."),
    ],
)
def test_too_few_users_fail_the_training(lab, users, reason):
    rows = [(f"u{number % len(users)}", f"i{number % 9}", 1_600_000_000 + number, "watch") for number in range(1000)]
    version = lab.version(lab.solution(lab.filled_group(rows=rows)))
    shown = described(lab, version)
    assert (shown["status"], shown["failureReason"]) == ("CREATE FAILED", reason)
    assert "trainingHours" not in shown


def test_interactions_are_counted_after_the_event_type(lab):
    solution = lab.solution(lab.filled_group(), eventType="buy")
    assert described(lab, lab.version(solution))["failureReason"] == (
        "Dataset has fewer than 1000 interactions after filtering by event type: buy"
    )
    matching = lab.solution(lab.arn("dataset-group/films"), name="watched", eventType="WATCH")
    assert described(lab, lab.version(matching))["status"] == "ACTIVE"


def test_there_must_be_something_to_train_with(lab):
    group = lab.group()
    assert lab.refusal("CreateSolutionVersion", solutionArn=lab.solution(group)) == (
        "InvalidInputException",
        f"Dataset group {group} has no Interactions dataset to train with.",
    )


def test_the_name_of_a_version_is_taken_within_its_solution(lab):
    solution = lab.solution(lab.filled_group())
    version = lab.version(solution, name="first")
    assert lab.refusal("CreateSolutionVersion", solutionArn=solution, name="first") == (
        "ResourceAlreadyExistsException",
        f"Another resource with Arn {version} already exists.",
    )


def test_a_training_that_waits_is_stopped_at_once(make_lab):
    trainer = StuckTrainer()
    lab = make_lab(trainer=trainer)
    version = lab("CreateSolutionVersion", solutionArn=lab.solution(lab.filled_group()))["solutionVersionArn"]
    lab("StopSolutionVersionCreation", solutionVersionArn=version)
    assert described(lab, version)["status"] == "CREATE STOPPED"
    assert trainer.stopped == trainer.started != []


def test_a_training_that_runs_is_stopped_in_a_moment(make_lab):
    lab = make_lab(trainer=StuckTrainer())
    version = lab.version(lab.solution(lab.filled_group()))
    lab("StopSolutionVersionCreation", solutionVersionArn=version)
    assert described(lab, version)["status"] == "CREATE STOPPING"
    lab.wait()
    assert described(lab, version)["status"] == "CREATE STOPPED"
    assert lab.refusal("StopSolutionVersionCreation", solutionVersionArn=version) == (
        "ResourceInUseException",
        f"Resource Arn {version} cannot be stopped in state CREATE STOPPED.",
    )


def test_versions_of_a_solution_that_does_not_exist_are_not_found(lab):
    arn = lab.arn("solution/none")
    assert lab.refusal("ListSolutionVersions", solutionArn=arn) == (
        "ResourceNotFoundException",
        f"Resource Arn {arn} does not exist.",
    )


def test_versions_go_with_their_solution(lab):
    solution = lab.solution(lab.filled_group())
    version = lab.version(solution)
    lab("DeleteSolution", solutionArn=solution)
    lab.wait()
    assert lab.refusal("DescribeSolutionVersion", solutionVersionArn=version)[0] == "ResourceNotFoundException"


def test_a_training_that_was_cut_short_is_started_again_after_a_restart(make_lab, tmp_path):
    lab = make_lab(state=tmp_path, trainer=StuckTrainer())
    version = lab.version(lab.solution(lab.filled_group()))
    assert described(lab, version)["status"] == "CREATE IN_PROGRESS"
    lab.service.close()
    again = make_lab(state=tmp_path, clock=lab.clock)
    assert described(again, version)["status"] == "ACTIVE"
    assert again.recommended(again.campaign(version), numResults=3) != []


def test_processes_train_outside_of_the_service(make_lab):
    trainer = Awaited(ProcessTrainer())
    lab = make_lab(trainer=trainer, profile=INSTANT)
    version = lab("CreateSolutionVersion", solutionArn=lab.solution(lab.filled_group()))["solutionVersionArn"]
    trainer.wait()
    assert described(lab, version)["status"] == "ACTIVE"


def test_a_process_ends_with_the_reason_of_a_training_that_fails(make_lab):
    trainer = Awaited(ProcessTrainer())
    lab = make_lab(trainer=trainer, profile=INSTANT)
    solution = lab.solution(lab.filled_group(), eventType="buy")
    version = lab("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"]
    trainer.wait()
    assert described(lab, version)["failureReason"].endswith("after filtering by event type: buy")


def test_stopping_kills_the_process_and_what_waits_goes_on(make_lab):
    trainer = Awaited(ProcessTrainer(at_once=1))
    lab = make_lab(trainer=trainer, profile=INSTANT)
    solution = lab.solution(lab.filled_group())
    first, second, third = (lab("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"] for _ in range(3))
    for version in (first, second):
        lab("StopSolutionVersionCreation", solutionVersionArn=version)
    trainer.wait()
    assert [described(lab, version)["status"] for version in (first, second, third)] == [
        "CREATE STOPPED",
        "CREATE STOPPED",
        "ACTIVE",
    ]


def test_a_quick_training_does_not_wait_for_a_long_one(make_lab):
    trainer = Awaited(ProcessTrainer(at_once=2))
    lab = make_lab(trainer=trainer, profile=replace(INSTANT, passes=100_000))
    group, alone = lab.filled_group(), {"performAutoTraining": False}
    long, quick = (
        lab("CreateSolutionVersion", solutionArn=lab.solution(group, recipe, name, **alone))["solutionVersionArn"]
        for recipe, name in (("aws-hrnn", "next"), ("aws-popularity-count", "popular"))
    )
    trainer.wait()
    assert [described(lab, version)["status"] for version in (long, quick)] == ["CREATE IN_PROGRESS", "ACTIVE"]
    lab("StopSolutionVersionCreation", solutionVersionArn=long)
