"""Start the retraining of a solution, and follow it."""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.status import Status

from operations.aws import Aws, explained
from operations.clock import Clock
from operations.errors import OperationError
from operations.parameters import Parameters
from personalize_stack.config.model import Project

FINE, REFUSED = 0, 4
"""Exit codes: a new version serves, or nothing was to do; the gate refused it."""
SECONDS_BETWEEN_LOOKS = 2
_RUNNING = ("RUNNING", "PENDING_REDRIVE")


def retrain(
    project: Project,
    console: Console,
    clock: Clock,
    *,
    solution: str | None = None,
    wait: bool = True,
    as_json: bool = False,
) -> int:
    """Start the retraining of a solution, unless it runs, and follow it.

    Args:
        solution: Its name. Default: the only one that is retrained.
        wait: Whether to follow it to its end.

    Returns:
        One of the exit codes above.

    Raises:
        OperationError: There is no such retraining, AWS refuses, or the run failed, with the reason.
    """
    aws = Aws(project.region, project.account)
    name, machine = _machine(aws, project.stack_name, solution)
    states = aws.client("stepfunctions")
    with explained(f"{machine} cannot be started"):
        running = states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        if running:
            run = min(running, key=lambda execution: execution["startDate"])["executionArn"]
        else:
            run = states.start_execution(stateMachineArn=machine, input='{"trigger": "hand"}')["executionArn"]
    if not as_json:
        console.print(f"{name}: {'a run is under way' if running else 'started'}: {run}", soft_wrap=True)
    if not wait:
        if as_json:
            console.print_json(json.dumps({"solution": name, "run": run, "started": not running}))
        return FINE
    with console.status(name) as shown:
        ended = _followed(states, run, clock, shown, name)
    if ended["status"] != "SUCCEEDED":
        reason = ": ".join(filter(None, (ended.get("error"), ended.get("cause"))))
        raise OperationError(
            f"the retraining of {name} ended as {ended['status']}: {reason or 'no reason is given'}\n"
            f"each campaign goes on with what it serves; personalize retrain goes on where {run} ended"
        )
    return _tell(console, name, run, json.loads(ended["output"]), as_json=as_json)


def _machine(aws: Aws, stack: str, solution: str | None) -> tuple[str, str]:
    machines = Parameters(aws, stack).named("solutions", "retraining")
    if not machines:
        raise OperationError(
            f"no solution of {stack} is retrained in {aws.place}; declare solutions.NAME.retraining and deploy"
        )
    if solution is None and len(machines) > 1:
        raise OperationError(f"several solutions are retrained; name one with --solution: {', '.join(machines)}")
    if solution is not None and solution not in machines:
        raise OperationError(f"{solution!r} is not retrained in {stack}; what is: {', '.join(machines)}")
    name = solution or next(iter(machines))
    return name, machines[name]


def _followed(states: Any, run: str, clock: Clock, shown: Status, name: str) -> Mapping[str, Any]:
    """Show the state that the run is in, until it has ended."""
    while True:
        with explained(f"{run} cannot be followed"):
            execution: Mapping[str, Any] = states.describe_execution(executionArn=run)
            if execution["status"] not in _RUNNING:
                return execution
            events = states.get_execution_history(executionArn=run, reverseOrder=True, maxResults=50)["events"]
        entered = (event.get("stateEnteredEventDetails", {}).get("name") for event in events)
        minutes = (clock.now() - execution["startDate"].timestamp()) / 60
        shown.update(f"{name}: {_words(next(filter(None, entered), 'Begin'))}, {minutes:.0f} min")
        clock.sleep(SECONDS_BETWEEN_LOOKS)


def _words(state: str) -> str:
    """The name of a state as words: `WaitForTheTraining` becomes "wait for the training"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in state).strip()


def _tell(console: Console, name: str, run: str, ended: Mapping[str, Any], *, as_json: bool) -> int:
    """Print how a run ended, which says what became of the new version in each campaign."""
    verdicts = ended.get("verdicts", [])
    refused = [verdict for verdict in verdicts if verdict["outcome"] == "refused"]
    if as_json:
        console.print_json(json.dumps({"solution": name, "run": run, **ended}))
    elif not verdicts:
        more = f": {ended['run']}" if "run" in ended else ""
        console.print(f"{name}: {ended['outcome']}{more}", soft_wrap=True)
    for verdict in verdicts if not as_json else ():
        version, serving = (arn.rpartition("/")[2] for arn in (ended["version"], verdict["before"]))
        if verdict["outcome"] == "refused":
            console.print(f"{verdict['campaign']}: {version} is refused, {serving} goes on to serve:", soft_wrap=True)
            for refusal in verdict["refusals"]:
                console.print(f"  {_compared(refusal)}", soft_wrap=True)
        else:
            told = {
                "promoted": f"{version} serves, in place of {serving}",
                "served already": f"{version} serves already",
            }
            paused = f"{version} is trained, and the campaign is not there (paused)"
            console.print(f"{verdict['campaign']}: {told.get(verdict['outcome'], paused)}", soft_wrap=True)
    return REFUSED if refused else FINE


def _compared(refusal: Mapping[str, Any]) -> str:
    new, serving = (
        f"{value:.4f}" if isinstance(value, int | float) else value for value in (refusal["new"], refusal["serving"])
    )
    return f"{refusal['metric']}: {new} against {serving}, tolerated is {refusal['tolerance']:.0%} less"
