"""Let a version take over a campaign, or let the one before serve again."""

import json

from rich.console import Console

from operations.aws import Aws
from operations.clock import Clock
from operations.errors import OperationError
from operations.serving import ROLLBACK, Campaign, before
from personalize_stack.config.model import Project


def promote(
    project: Project, console: Console, clock: Clock, *, version: str, campaign: str | None, as_json: bool = False
) -> None:
    """Let a version take over a campaign, and wait until it serves.

    Args:
        version: "latest", the end of its ARN, or its ARN.
        campaign: Its name. Default: the only one.

    Raises:
        OperationError: It does not take over, with the reason; what served goes on to serve.
    """
    aws = Aws(project.region, project.account)
    chosen = Campaign.of(aws, project.stack_name, campaign)
    _serve(chosen, chosen.version(version), "promote", console, clock, as_json=as_json)


def roll_back(project: Project, console: Console, clock: Clock, *, campaign: str | None, as_json: bool = False) -> None:
    """Let the version serve again that served before, and wait until it does. Once more leads further back.

    Raises:
        OperationError: None is known, or it does not take over, with the reason; what served goes on to serve.
    """
    aws = Aws(project.region, project.account)
    chosen = Campaign.of(aws, project.stack_name, campaign)
    with console.status(f"{chosen.name}: looking for the version before"):
        current = chosen.at_rest(clock).values["solutionVersionArn"]
    version = before(chosen.history, current)
    if version is None:
        raise OperationError(
            f"no version is known that served in {chosen.name} before {current}; "
            "personalize promote --version lets any other one serve"
        )
    _serve(chosen, chosen.version(version), ROLLBACK, console, clock, as_json=as_json)


def _serve(campaign: Campaign, version: str, by: str, console: Console, clock: Clock, *, as_json: bool) -> None:
    with console.status(f"{campaign.name}: {_short(version)} takes over"):
        replaced = campaign.serve(version, by, clock)
    if as_json:
        changed = replaced != version
        answer = {"campaign": campaign.name, "version": version, "before": replaced, "changed": changed}
        console.print_json(json.dumps(answer))
    elif replaced == version:
        console.print(f"{campaign.name}: {version} serves already", soft_wrap=True)
    else:
        console.print(f"{campaign.name}: {version} serves, in place of {_short(replaced)}", soft_wrap=True)


def _short(version: str) -> str:
    return version.rpartition("/")[2]
