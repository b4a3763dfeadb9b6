"""The state machine that retrains one solution, from the new files to who serves.

One run at a time: a run that finds an earlier one leaves the work to it; before a run ends, it looks for what came
meanwhile. What an earlier run began, and did not end, is found and taken up: imports by their names, a training since
it is the solution's latest, a promotion since the campaign serves the version. So a run may be stopped, fail or be
started again at any moment, and nothing is trained, or billed, twice.

Its input is {"trigger": "schedule", "data" or "hand"}; it ends with {"outcome", …}: see `Outcome`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from personalize_stack.notifications import INFO, PROBLEM, SOURCE
from personalize_stack.retraining.imports import import_states
from personalize_stack.retraining.promotion import promotion_states
from personalize_stack.retraining.states import (
    LATER,
    WHATEVER,
    States,
    call,
    choose,
    each,
    end,
    expression,
    fail,
    note,
    wait,
)

VERSIONS_BEGIN = "retrain-"
"""What the names of the versions begin with that retrainings train."""
_RESUMED_WITHIN = 24 * 3600 * 1000  # milliseconds: a version that was not judged for longer is trained anew


class Outcome(StrEnum):
    """How a run ends that does not fail."""

    PROMOTED = "promoted"  # a new version serves in a campaign
    REFUSED = "refused"  # there is a new version, and it is not good enough for any campaign
    TRAINED = "trained"  # there is a new version, and no campaign that it could serve in: they are paused
    NOTHING_NEW = "nothing new"  # there is nothing to learn that the latest version does not know
    LEFT = "left to another run"  # which has begun earlier


@dataclass(frozen=True)
class Plan:
    """What a machine works on; whatever is known at the deploy only may be a token.

    Args:
        solution: Its name in the configuration.
        datasets: What to import into: {"dataset", "datasetArn", "prefix", "job"} each.
        campaigns: What it serves: {"campaign", "campaignArn", "parameter"} each.
        bucket: Where the files lie, below each prefix.
        role_arn: The role by which the service reads them.
        job_arn_prefix: What the ARNs of import jobs begin with.
        import_mode, training_mode: "FULL" or "INCREMENTAL", "FULL" or "UPDATE".
        gate: By metric, how much worse a new version may be, as a share.
        record: The name of the parameter that tells what the latest run has judged.
        bus: The name of the event bus that is told.
        max_seconds: How long a run may take.
    """

    stack: str
    solution: str
    solution_arn: str
    datasets: Sequence[Mapping[str, str]]
    campaigns: Sequence[Mapping[str, str]]
    bucket: str
    role_arn: str
    job_arn_prefix: str
    import_mode: str
    training_mode: str
    gate: Mapping[str, float]
    record: str
    bus: str
    max_seconds: int


def machine(plan: Plan) -> dict[str, Any]:
    """Return the definition in Amazon States Language."""
    states = {**_turn(), **_imports(plan), **_training(plan), **_promotion(plan), **_end(plan)}
    return {
        "Comment": f"{plan.stack}: retrains {plan.solution}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": plan.max_seconds,
        "StartAt": next(iter(states)),
        "States": states,
    }


def _turn() -> States:
    """Whose turn it is: the earliest run's."""
    mine = "$states.context.Execution"
    earlier = (
        f"[$states.result.Executions[ExecutionArn != {mine}.Id and ($toMillis(StartDate) < $toMillis({mine}.StartTime)"
        f" or ($toMillis(StartDate) = $toMillis({mine}.StartTime) and Name < {mine}.Name))].ExecutionArn]"
    )
    return {
        "Begin": note(
            {
                "trigger": expression("$exists($states.input.trigger) ? $states.input.trigger : 'hand'"),
                "onlyNew": expression("$exists($states.input.trigger) and $states.input.trigger = 'data'"),
                "lookedTwice": False,
                "page": "",
                "lap": 1,
                "outcome": {"outcome": Outcome.NOTHING_NEW.value},
            },
            then="LookForAnotherRun",
        ),
        "LookForAnotherRun": call(
            "sfn",
            "listExecutions",
            expression(
                "$merge([{'StateMachineArn': $states.context.StateMachine.Id, 'StatusFilter': 'RUNNING', "
                "'MaxResults': 100}, $page = '' ? {} : {'NextToken': $page}])"
            ),
            assign={
                "earlier": expression(earlier),
                "page": expression("$exists($states.result.NextToken) ? $states.result.NextToken : ''"),
            },
            then="IsAnotherRunUnderWay",
        ),
        "IsAnotherRunUnderWay": choose(
            ("$count($earlier) = 0 and $page != ''", "LookForAnotherRun"),
            ("$count($earlier) = 0", "ImportNewFiles"),
            # The other one looks for new files before it ends; but this very moment may be after that look.
            ("$onlyNew and $not($lookedTwice)", "WaitForTheOtherRun"),
            otherwise="LeaveItToTheOtherRun",
        ),
        "WaitForTheOtherRun": wait(assign={"lookedTwice": True, "page": ""}, then="LookForAnotherRun"),
        "LeaveItToTheOtherRun": end({"outcome": Outcome.LEFT.value, "run": expression("$earlier[0]")}),
    }


def _imports(plan: Plan) -> States:
    return {
        "ImportNewFiles": each(
            plan.datasets,
            import_states(plan.bucket, plan.role_arn, plan.job_arn_prefix, plan.import_mode),
            assign={
                "importedLast": expression("$max([0, $states.result[at != ''].$toMillis(at)])"),
            },
            then="LookAtTheSolution",
        )
    }


def _training(plan: Plan) -> States:
    latest, found = "$states.result.Solution.LatestSolutionVersion", "$states.result.SolutionVersion"
    name = f"'{VERSIONS_BEGIN}' & $substring($hash($states.context.Execution.Id & $string($lap), 'SHA-256'), 0, 16)"
    is_training = "($contains($status, 'PENDING') or $contains($status, 'PROGRESS'))"
    knows_all = "$trainedAt >= $importedLast"
    is_left = (
        f"$status = 'ACTIVE' and $contains($name, '{VERSIONS_BEGIN}') and $version != $judged and {knows_all} and "
        f"$trainedAt > $millis() - {_RESUMED_WITHIN}"
    )
    return {
        "LookAtTheSolution": call(
            "personalize",
            "describeSolution",
            {"SolutionArn": plan.solution_arn},
            assign={"version": expression(f"$exists({latest}) ? {latest}.SolutionVersionArn : ''")},
            then="HasItAVersion",
        ),
        "HasItAVersion": choose(("$version = ''", "StartTheTraining"), otherwise="LookAtTheLatestVersion"),
        "LookAtTheLatestVersion": call(
            "personalize",
            "describeSolutionVersion",
            {"SolutionVersionArn": expression("$version")},
            assign={
                "status": expression(f"{found}.Status"),
                "name": expression(f"$exists({found}.Name) ? {found}.Name : ''"),
                "trainedAt": expression(f"$toMillis({found}.CreationDateTime)"),
            },
            then="ReadWhatWasJudged",
        ),
        "ReadWhatWasJudged": call(
            "ssm",
            "getParameter",
            {"Name": plan.record},
            assign={"judged": expression("$parse($states.result.Parameter.Value).version")},
            then="WhatIsThereToDo",
        ),
        "WhatIsThereToDo": choose(
            (is_training, "WaitForTheTraining"),
            (is_left, "ReadTheMetrics"),
            (f"$onlyNew and $status = 'ACTIVE' and {knows_all}", "Done"),
            ("$onlyNew and $importedLast = 0", "Done"),
            otherwise="StartTheTraining",
        ),
        "StartTheTraining": call(
            "personalize",
            "createSolutionVersion",
            {"SolutionArn": plan.solution_arn, "Name": expression(name), "TrainingMode": plan.training_mode},
            assign={"version": expression("$states.result.SolutionVersionArn")},
            # The answer to an earlier attempt was lost.
            otherwise={"Personalize.ResourceAlreadyExistsException": "LookAtTheSolution"},
            then="WaitForTheTraining",
        ),
        "WaitForTheTraining": wait(then="LookAtTheTraining"),
        "LookAtTheTraining": call(
            "personalize",
            "describeSolutionVersion",
            {"SolutionVersionArn": expression("$version")},
            assign={
                "status": expression(f"{found}.Status"),
                "reason": expression(f"$exists({found}.FailureReason) ? {found}.FailureReason : {found}.Status"),
            },
            then="HasTheTrainingEnded",
        ),
        "HasTheTrainingEnded": choose(
            ("$status = 'ACTIVE'", "ReadTheMetrics"),
            ("$contains($status, 'FAILED') or $contains($status, 'STOP')", "TrainingFailed"),
            otherwise="WaitForTheTraining",
        ),
        "TrainingFailed": fail("TrainingFailed", "$version & ': ' & $reason"),
    }


def _promotion(plan: Plan) -> States:
    return {
        "ReadTheMetrics": call(
            "personalize",
            "getSolutionMetrics",
            {"SolutionVersionArn": expression("$version")},
            assign={"metrics": expression("$states.result.Metrics")},
            then="JudgeAndPromote",
        ),
        "JudgeAndPromote": each(
            plan.campaigns,
            promotion_states(plan.gate),
            assign={
                "verdicts": expression("$states.result"),
                "isRefused": expression("$count($states.result[outcome = 'refused']) > 0"),
                "serves": expression("$count($states.result[outcome in ['promoted', 'served already']]) > 0"),
            },
            then="Tell",
        ),
    }


def _end(plan: Plan) -> States:
    record = "{'version': $version, 'verdicts': $verdicts, 'trigger': $trigger, 'run': $states.context.Execution.Id}"
    refusals = (
        "$join($verdicts[outcome = 'refused'].(campaign & ' goes on with ' & before & ' (' & "
        "$join(refusals.(metric & ' ' & (new = 'none' ? new : $string($round(new, 4))) & ' against ' & "
        "$string($round(serving, 4)) & ', tolerated is ' & $string(tolerance * 100) & ' % less'), '; ') & ')'), '; ')"
        " & '; personalize promote lets it serve all the same'"
    )
    return {
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {
                "Entries": [
                    {
                        "EventBusName": plan.bus,
                        "Source": SOURCE,
                        "DetailType": expression(
                            "'Version ' & ($isRefused ? 'refused' : $serves ? 'promoted' : 'trained')"
                        ),
                        "Detail": {
                            "stack": plan.stack,
                            "severity": expression(f"$isRefused ? '{PROBLEM}' : '{INFO}'"),
                            "summary": expression(
                                f"$isRefused ? $version & ' is not good enough: ' & {refusals} : "
                                "$version & ($serves ? ' serves' : ' is trained; the campaigns are paused')"
                            ),
                            "solution": plan.solution,
                            "version": expression("$version"),
                            "verdicts": expression("$verdicts"),
                        },
                    }
                ]
            },
            "Retry": [{**WHATEVER, **LATER}],
            "Catch": [
                {
                    **WHATEVER,
                    "Assign": {"reason": expression("$states.errorOutput.Error & ': ' & $states.errorOutput.Cause")},
                    "Next": "TellingFailed",
                }
            ],
            "Next": "NoteWhatWasJudged",
        },
        "TellingFailed": fail(
            "TellingFailed",
            f"$version & ' ' & ($isRefused ? 'is refused' : $serves ? 'serves' : 'is trained') & '; the event bus "
            f"{plan.bus} cannot be told: ' & $reason",
        ),
        # After it was told, so that a run which cannot tell is gone on with.
        "NoteWhatWasJudged": call(
            "ssm",
            "putParameter",
            {
                "Name": plan.record,
                "Type": "String",
                "Overwrite": True,
                "Value": expression(f"$string({record})"),
            },
            then="LookForMore",
        ),
        "LookForMore": note(
            {
                "onlyNew": True,
                "lap": expression("$lap + 1"),
                "outcome": {
                    "outcome": expression(
                        f"$serves ? '{Outcome.PROMOTED}' : $isRefused ? '{Outcome.REFUSED}' : '{Outcome.TRAINED}'"
                    ),
                    "version": expression("$version"),
                    "verdicts": expression("$verdicts"),
                },
            },
            then="ImportNewFiles",
        ),
        "Done": end(expression("$outcome")),
    }
