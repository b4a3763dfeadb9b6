"""What serves: what is reserved and used of it, and how to pause it and bring it back."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from operations.aws import Aws, explained
from operations.clock import Clock
from operations.errors import OperationError
from operations.functions.pausing import Pauser
from operations.functions.serving import described, set_minimum, use
from operations.published import chosen, serving
from operations.stack import DeployedStack
from personalize_stack.config.model import Project

PERIOD, DAYS = timedelta(minutes=5), 7


@dataclass(frozen=True)
class Capacity:
    """A line of what serves.

    Args:
        name: As in the configuration: "campaigns.for-you".
        state: The service's word, or "paused".
        minimum: Requests a second that are reserved; 0 while it is paused.
        used: Those of the last five minutes, averaged.
        peak: The most of any five minutes of a day.
        requests: How many came in seven days.
        autoscaling: Whether the configuration says so.
        idle: Whether it has been there for those seven days, and nobody has asked it anything.
    """

    name: str
    arn: str
    state: str
    minimum: int
    used: float
    peak: float
    requests: int
    autoscaling: bool
    idle: bool


def show(project: Project, console: Console, clock: Clock, *, as_json: bool = False) -> None:
    """Print what is reserved and used of everything that serves.

    Raises:
        OperationError: AWS refuses.
    """
    aws = Aws(project.region, project.account)
    found = list(capacities(aws, project, clock))
    if as_json:
        console.print_json(json.dumps([asdict(capacity) for capacity in found]))
        return
    if not found:
        console.print(f"{project.stack_name} serves nothing in {aws.place}; personalize deploy makes it")
        return
    table = Table("name", "state", "reserved TPS", "used now", "peak, 24 h", "requests, 7 days", "", box=None)
    for one in found:
        idle = "idle" if one.idle else ""
        table.add_row(
            one.name,
            one.state,
            str(one.minimum),
            f"{one.used:.2f}",
            f"{one.peak:.2f}",
            f"{one.requests:,}",
            ", ".join(filter(None, ("follows the use" if one.autoscaling else "", idle))),
        )
    console.print(table)
    for one in found:
        if one.idle:
            told = f"nobody has asked {one.name} for {DAYS} days; to pay no more: personalize scale pause {one.name}"
            console.print(told, soft_wrap=True)
        if one.state == "paused":
            console.print(f"to have {one.name} back: personalize scale resume {one.name}", soft_wrap=True)


def capacities(aws: Aws, project: Project, clock: Clock) -> Iterator[Capacity]:
    """Look at everything that serves."""
    declared = {
        **{f"campaigns.{name}": campaign.autoscaling for name, campaign in project.campaigns.items()},
        **{f"recommenders.{name}": recommender.autoscaling for name, recommender in project.recommenders.items()},
    }
    now = datetime.fromtimestamp(clock.now(), UTC)
    since = now - timedelta(days=DAYS)
    with explained(f"what serves of {project.stack_name} cannot be looked at"):
        for name, arn in sorted(serving(aws, project.stack_name).items()):
            served = described(aws.client("personalize"), arn)
            used = use(aws.client("cloudwatch"), arn, now, DAYS * 288, PERIOD)
            is_paused = served is None or served.is_stopped
            yield Capacity(
                name,
                arn,
                "paused" if served is None or served.is_stopped else served.status,
                0 if is_paused or served is None else served.minimum,
                used[-1],
                max(used[-288:]),
                round(sum(used) * PERIOD.total_seconds()),
                declared.get(name) is not None,
                not is_paused and not any(used) and served is not None and served.values["creationDateTime"] < since,
            )


def pause(project: Project, name: str, console: Console, *, as_json: bool = False) -> None:
    """Pause a campaign or a recommender: it serves nothing and is not billed until it is resumed.

    Raises:
        OperationError: There is no such one, or AWS refuses.
    """
    aws, full, arn = _chosen(project, name)
    with explained(f"{full} cannot be paused"):
        served = described(aws.client("personalize"), arn)
        if served is None or served.is_stopped:
            _answer(console, full, arn, f"{full} is paused already", changed=False, as_json=as_json)
            return
        _pauser(aws, project).pause(served)
    told = f"{full} is being paused; to have it back: personalize scale resume {full}"
    _answer(console, full, arn, told, as_json=as_json)


def resume(project: Project, name: str, console: Console, *, as_json: bool = False) -> None:
    """Bring back what was paused, as it was.

    Raises:
        OperationError: There is no such one, or AWS refuses.
    """
    aws, full, arn = _chosen(project, name)
    with explained(f"{full} cannot be resumed"):
        resumed = _pauser(aws, project).resume(arn)
        if not resumed and described(aws.client("personalize"), arn) is None:
            raise OperationError(f"there is no record of {full}; personalize deploy makes it again once it is changed")
    told = f"{full} comes back; personalize status --watch tells when it serves, on AWS in 10 to 20 minutes"
    _answer(console, full, arn, told if resumed else f"{full} is not paused", changed=resumed, as_json=as_json)


def set_capacity(project: Project, name: str, tps: int, console: Console, *, as_json: bool = False) -> None:
    """Change what is reserved, by hand; a deploy that does not change it leaves it so.

    Raises:
        OperationError: There is no such one, it is paused or busy, or AWS refuses.
    """
    aws, full, arn = _chosen(project, name)
    with explained(f"{full} cannot be scaled"):
        served = described(aws.client("personalize"), arn)
        if served is None or served.is_stopped:
            raise OperationError(f"{full} is paused; personalize scale resume {full}")
        if served.is_busy:
            raise OperationError(f"{full} is {served.status.replace('_', ' ')}; try again when it is ACTIVE")
        changed = tps != served.minimum
        if changed:
            set_minimum(aws.client("personalize"), served, tps)
    told = f"{full} reserves {tps} TPS instead of {served.minimum} once it is updated, on AWS in 10 to 20 minutes"
    _answer(console, full, arn, told if changed else f"{full} reserves {tps} TPS", changed=changed, as_json=as_json)


def _answer(console: Console, name: str, arn: str, told: str, *, changed: bool = True, as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps({"name": name, "arn": arn, "changed": changed, "told": told}))
    else:
        console.print(told, soft_wrap=True)


def _chosen(project: Project, name: str) -> tuple[Aws, str, str]:
    aws = Aws(project.region, project.account)
    return aws, *chosen(serving(aws, project.stack_name), name, project.stack_name)


def _pauser(aws: Aws, project: Project) -> Pauser:
    bucket = DeployedStack(aws, project.stack_name).outputs.get("DataBucketName", "")
    return Pauser(aws.client("personalize"), aws.client("s3"), bucket)
