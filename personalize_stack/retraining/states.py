"""The states of Step Functions as the machine uses them (Amazon States Language, with JSONata).

A state is plain data, so that what is deployed can be read, and run, as it stands.
"""

from collections.abc import Mapping, Sequence
from typing import Any

State = dict[str, Any]
States = dict[str, State]

POLL_SECONDS = 60
LATER: State = {"IntervalSeconds": 2, "MaxAttempts": 8, "BackoffRate": 2, "JitterStrategy": "FULL"}
"""When to attempt again what another attempt may not meet: for some minutes."""
WHATEVER: State = {"ErrorEquals": ["States.ALL"]}
_WHEN_FREE: State = {  # what is in use, or beyond a quota, is free again after a while
    "ErrorEquals": ["Personalize.ResourceInUseException", "Personalize.LimitExceededException"],
    "IntervalSeconds": POLL_SECONDS,
    "MaxAttempts": 120,
    "BackoffRate": 1,
}


def expression(jsonata: str) -> str:
    """An expression in the place of a value."""
    return f"{{% {jsonata} %}}"


def call(
    service: str,
    operation: str,
    arguments: Mapping[str, Any] | str,
    *,
    then: str,
    assign: Mapping[str, Any] | None = None,
    otherwise: Mapping[str, str] | None = None,
) -> State:
    """Call an operation of a service as the AWS SDK names both; the next state gets what this one got.

    Args:
        then: The next state.
        assign: Variables from the answer, `$states.result`.
        otherwise: The next state for an error that is an answer too, by its name.
    """
    same = expression("$states.input")
    catches = [{"ErrorEquals": [error], "Output": same, "Next": state} for error, state in (otherwise or {}).items()]
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:{service}:{operation}",
        "Arguments": arguments,
        **({"Assign": dict(assign)} if assign else {}),
        "Output": same,
        "Retry": [*([_WHEN_FREE] if service == "personalize" else []), _soon(service)],
        **({"Catch": catches} if catches else {}),
        "Next": then,
    }


def _soon(service: str) -> State:
    """Errors of the service or the network that another attempt may not meet, by the names of Step Functions."""
    prefix = {"personalize": "Personalize", "s3": "S3", "ssm": "Ssm", "sfn": "Sfn"}[service]
    kinds = ("Throttling", "TooManyRequests", "InternalServer", "ServiceUnavailable", "SdkClient")
    names = [f"{prefix}.{kind}Exception" for kind in (prefix, *kinds)]  # the first is what has no name of its own
    return {"ErrorEquals": [*names, f"{prefix}.InternalFailure", "States.Timeout"], **LATER}


def choose(*branches: tuple[str, str], otherwise: str) -> State:
    """Go on by the first condition that holds: pairs of a condition in JSONata and a state."""
    choices = [{"Condition": expression(condition), "Next": state} for condition, state in branches]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def wait(*, then: str, assign: Mapping[str, Any] | None = None) -> State:
    """Let a minute pass."""
    return {"Type": "Wait", "Seconds": POLL_SECONDS, **({"Assign": dict(assign)} if assign else {}), "Next": then}


def note(assign: Mapping[str, Any], *, then: str) -> State:
    """Assign variables."""
    return {"Type": "Pass", "Assign": dict(assign), "Next": then}


def each(items: Sequence[Mapping[str, Any]], states: States, *, then: str, assign: Mapping[str, Any]) -> State:
    """Run states, from the first one on, with each item; `$states.result` has what each ended with."""
    return {
        "Type": "Map",
        "Items": list(items),
        "MaxConcurrency": 1,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": next(iter(states)), "States": states},
        "Assign": dict(assign),
        "Output": {},
        "Next": then,
    }


def end(output: Any) -> State:
    """End the run, or the states of one item."""
    return {"Type": "Pass", "Output": output, "End": True}


def fail(error: str, cause: str) -> State:
    """End the run; the cause is in JSONata."""
    return {"Type": "Fail", "Error": error, "Cause": expression(cause)}
