"""What there is of an environment, in which state, and what to do about it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

from rich.console import Console
from rich.live import Live
from rich.table import Column, Table

from custom_resources.api import Api, Description
from custom_resources.kinds import KINDS, Kind
from operations.aws import Aws, explained
from operations.clock import Clock
from operations.errors import OperationError
from operations.metrics import verdicts_of
from operations.parameters import Parameters
from operations.stack import DeployedStack
from personalize_stack.config.model import Project

FINE, FAILED, NOTHING = 0, 1, 3
"""Exit codes: all is well or on its way; something failed; nothing is there."""
SECONDS_BETWEEN_LOOKS, PATIENCE_SECONDS = 10, 5
MEND = "mend the cause, then personalize deploy"
_NEXT = {  # from where no deploy goes on
    "DELETE_FAILED": "personalize teardown",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback, then personalize deploy",
}
_STATES = {"failed": "red", "busy": "yellow"}


@dataclass(frozen=True)
class Resource:
    """A line of the status.

    Args:
        state: "failed", "busy" or "fine".
        since: When it came to its status, or was made, in ISO 8601.
        reason: Why it failed.
        next: What to do.
        told: How far its training is, or what is to be known of its model, of the local cloud only; or that the gate
            refused it.
    """

    kind: str
    name: str
    arn: str
    status: str
    state: str
    since: str
    reason: str = ""
    next: str = ""
    told: str = ""


def status(project: Project, console: Console, clock: Clock, *, watch: bool = False, as_json: bool = False) -> int:
    """Print the status of an environment.

    Args:
        watch: Print it again whenever something has changed, until nothing is busy; at a terminal, in one place.

    Returns:
        One of the exit codes above.

    Raises:
        OperationError: AWS refuses.
    """
    aws = Aws(project.region, project.account)
    before: list[Resource] | None = None
    kept = watch and console.is_terminal and not as_json
    with _showing(console, kept=kept) as show:
        while True:
            found = [*_stack(aws, project.stack_name), *resources(aws, project.stack_name)]
            if found != before and as_json:
                console.print_json(json.dumps([asdict(resource) for resource in found]))
            elif found and (kept or found != before):
                show(_table(found, clock.now()))
            if not watch or not any(resource.state == "busy" for resource in found):
                break
            before = found
            clock.sleep(SECONDS_BETWEEN_LOOKS)
    if not found:
        if not as_json:
            console.print(f"nothing of {project.stack_name} is in {aws.place}; personalize deploy makes it")
        return NOTHING
    return FAILED if any(resource.state == "failed" for resource in found) else FINE


@contextmanager
def _showing(console: Console, *, kept: bool) -> Iterator[Callable[[Table], None]]:
    """Yield what shows a table: each below the one before or, kept, in its place."""
    if not kept:
        yield console.print
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        yield lambda table: live.update(table, refresh=True)


def resources(aws: Aws, stack: str) -> Iterator[Resource]:
    """What there is of Amazon Personalize, as far as its name begins with the stack's."""
    client, trainings = aws.client("personalize"), _trainings(aws)
    with explained(f"the resources of {stack} cannot be listed"):
        refused = _refused(aws, stack)
        for kind in KINDS.values():
            api = Api(kind, client)
            for summary in api.list(kind):
                arn = summary[kind.arn_key]
                if _name(kind, summary).startswith(f"{stack}-") and (found := api.describe(arn)):
                    resource = replace(_resource(found), told=trainings.get(arn, ""))
                    if arn in refused:
                        version = arn.rpartition("/")[2]
                        lets = f"personalize promote --version {version} lets it serve all the same"
                        resource = replace(resource, told="refused by the gate", next=lets)
                    yield resource


def _refused(aws: Aws, stack: str) -> set[str]:
    """The versions that retraining judged not to be good enough for any campaign; none if one may not look."""
    parameters = Parameters(aws, stack)
    with suppress(OperationError):
        return {
            version
            for name in parameters.named("solutions")
            for version, verdicts in verdicts_of(parameters, name).items()
            if verdicts and set(verdicts.values()) == {"refused"}
        }
    return set()


def _trainings(aws: Aws) -> dict[str, str]:
    """What the local cloud tells of trainings, by the ARN of what is trained; nothing on AWS."""
    url = aws.client("personalize").meta.endpoint_url
    if ".amazonaws." in url:
        return {}
    asked = f"{url}/_personalize/trainings?account={aws.account}&region={aws.region}"
    try:
        with urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
            trainings = json.load(answer)["trainings"]
    except (OSError, ValueError, KeyError):
        return {}  # some other endpoint
    return {training["arn"]: _told(training) for training in trainings}


def _told(training: Mapping[str, Any]) -> str:
    left = training.get("seconds_left")
    doing = re.sub(r", \d+ s left$", "", training.get("doing") or "")  # of this part; what follows is of the whole
    parts = [f"{training['share']:.0%}"] if "share" in training else []
    parts += filter(None, [doing, f"about {span(left)} left" if left else None, *training["notes"]])
    return ", ".join(parts)


def _name(kind: Kind, summary: Any) -> str:
    """The name of a resource; that of a version is its solution's and its own."""
    arn = str(summary[kind.arn_key])
    return (
        arn.split("/", 1)[1] if kind.stem in {"solution_version", "dataset"} else str(summary.get(kind.name_key, arn))
    )


def _resource(found: Description) -> Resource:
    state = "failed" if found.failed else "busy" if found.is_busy else "fine"
    return Resource(
        found.kind.words,
        _name(found.kind, found.values),
        found.arn,
        found.status,
        state,
        found.attribute("lastUpdatedDateTime") or found.attribute("creationDateTime"),
        found.failure_reason if found.failed else "",
        _next(found),
    )


def _next(found: Description) -> str:
    if found.failed:
        return MEND
    if not found.is_on:
        return "to have it back: personalize scale resume, with its name in the configuration"
    return ""


def _stack(aws: Aws, name: str) -> Iterator[Resource]:
    stack = DeployedStack(aws, name)
    description = stack.description
    if description is None:
        return
    current = str(description["StackStatus"])
    failed = "FAILED" in current or "ROLLBACK" in current
    state = "busy" if current.endswith("_IN_PROGRESS") else "failed" if failed else "fine"
    since = description.get("LastUpdatedTime") or description["CreationTime"]
    reason = str(description.get("StackStatusReason", "")) if state == "failed" else ""
    if failed:
        with suppress(OperationError):  # who may not look at the events is told the stack's own reason
            reason = next(iter(stack.failures()), reason)
    yield Resource(
        "stack",
        name,
        str(description["StackId"]),
        current.replace("_", " "),
        state,
        since.isoformat() if isinstance(since, datetime) else str(since),
        reason,
        _NEXT.get(current, MEND) if state == "failed" else "",
    )


def _table(found: list[Resource], now: float) -> Table:
    more = ["; ".join(filter(None, (resource.reason, resource.next, resource.told))) for resource in found]
    name = Column("name", overflow="fold")  # names are there to be copied, so none is cut
    last = ["reason and next step"] if any(more) else []  # a terminal has no room for an empty column
    table = Table("kind", name, "status", "age", *last, box=None, pad_edge=False)
    for resource, said in zip(found, more, strict=True):
        color = _STATES.get(resource.state)
        shown = f"[{color}]{resource.status}[/]" if color else resource.status
        age = _age(resource.since, now)
        table.add_row(resource.kind, resource.name, shown, age, *([said] if last else []))
    return table


def _age(since: str, now: float) -> str:
    """How long ago, in the largest unit that fits."""
    if not since:
        return ""
    moment = datetime.fromisoformat(since)
    return span(max(0.0, now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


def span(seconds: float) -> str:
    """A duration in the largest unit that fits."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
