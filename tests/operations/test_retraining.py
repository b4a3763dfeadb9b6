"""`personalize retrain` where there is nothing to start, and how a run is followed; tests/end_to_end has the rest."""

import io
import json
from datetime import UTC, datetime

import boto3
import pytest
from rich.console import Console

from operations.aws import Aws
from operations.errors import OperationError
from operations.retraining import FINE, REFUSED, retrain
from personalize_stack.config.load import load

RUN = "arn:aws:states:eu-west-1:123456789012:execution:m:1"
VERSION = "arn:aws:personalize:eu-west-1:123456789012:solution/popular/{}".format


class States:
    """Step Functions with one machine, whose run ends after some looks."""

    def __init__(self, clock, **ended):
        self.clock, self.looks, self.ended, self.started = clock, 3, ended, []

    def list_executions(self, stateMachineArn, statusFilter):  # noqa: N803 - boto3's names
        return {"executions": []}

    def start_execution(self, stateMachineArn, input):  # noqa: N803
        self.started.append((stateMachineArn, input))
        return {"executionArn": RUN}

    def describe_execution(self, executionArn):  # noqa: N803
        assert executionArn == RUN
        self.looks -= 1
        began = datetime.fromtimestamp(self.clock.now(), UTC)
        return {"startDate": began, **(self.ended if self.looks < 0 else {"status": "RUNNING"})}

    def get_execution_history(self, **asked):
        return {"events": [{}, {"stateEnteredEventDetails": {"name": "WaitForTheTraining"}}]}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "personalize.yaml").write_text(
        "project: films\nregion: eu-west-1\n"
        "datasets: {interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}\n"
    )
    return load(tmp_path / "personalize.yaml", "dev")


@pytest.fixture
def machines(cloud):
    def publish(*names):
        for name in names:
            boto3.client("ssm").put_parameter(
                Name=f"/personalize/films-dev/solutions/{name}/retraining", Value=f"machine-{name}", Type="String"
            )

    return publish


@pytest.fixture
def told(project, cloud, clock, monkeypatch):
    """The exit code of a retraining that ends so, and what it prints."""

    def run(ended=None, **options):
        states, client = States(clock, **(ended or {})), Aws.client
        monkeypatch.setattr(Aws, "client", lambda aws, name: states if name == "stepfunctions" else client(aws, name))
        console = Console(file=io.StringIO(), width=200)
        code = retrain(project, console, clock, **options)
        return code, console.file.getvalue(), states

    return run


@pytest.mark.parametrize(
    ("names", "solution", "message"),
    [
        ([], None, "no solution of films-dev is retrained in account .*; declare solutions.NAME.retraining and deploy"),
        (["a", "b"], None, "several solutions are retrained; name one with --solution: a, b"),
        (["a", "b"], "c", "'c' is not retrained in films-dev; what is: a, b"),
    ],
)
def test_what_cannot_be_retrained_is_told(told, machines, names, solution, message):
    machines(*names)
    with pytest.raises(OperationError, match=message):
        told(solution=solution)


def test_a_run_is_followed_to_its_end_and_a_failure_is_told_with_its_reason(told, machines):
    machines("a")
    with pytest.raises(OperationError) as failure:
        told({"status": "FAILED", "error": "TrainingFailed", "cause": "arn: no capacity"})
    assert str(failure.value).startswith("the retraining of a ended as FAILED: TrainingFailed: arn: no capacity\n")


@pytest.mark.parametrize(
    ("outcome", "code", "lines"),
    [
        ("promoted", FINE, ["popular: n serves, in place of o"]),
        ("served already", FINE, ["popular: n serves already"]),
        ("not there", FINE, ["popular: n is trained, and the campaign is not there (paused)"]),
        (
            "refused",
            REFUSED,
            ["popular: n is refused, o goes on to serve:", "  coverage: 0.2000 against 0.4000, tolerated is 10% less"],
        ),
    ],
)
def test_what_became_of_the_version_is_told_for_each_campaign(told, machines, outcome, code, lines):
    machines("a", "b")
    refusals = [{"metric": "coverage", "tolerance": 0.1, "serving": 0.4, "new": 0.2}] if outcome == "refused" else []
    verdict = {"campaign": "popular", "outcome": outcome, "before": VERSION("o"), "refusals": refusals}
    output = {"outcome": outcome, "version": VERSION("n"), "verdicts": [verdict]}
    ended = {"status": "SUCCEEDED", "output": json.dumps(output)}
    found, text, states = told(ended, solution="a")
    assert states.started == [("machine-a", '{"trigger": "hand"}')]
    assert (found, text.splitlines()) == (code, [f"a: started: {RUN}", *lines])
    found, text, _ = told(ended, solution="a", as_json=True)
    assert (found, json.loads(text)) == (code, {"solution": "a", "run": RUN, **output})


def test_nobody_has_to_wait(told, machines):
    machines("a")
    code, text, states = told(wait=False, as_json=True)
    assert (code, json.loads(text)) == (FINE, {"solution": "a", "run": RUN, "started": True})
    assert states.looks == 3
