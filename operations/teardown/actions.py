"""The three things that the teardown command does."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from operations.app import cdk
from operations.aws import Aws, explained
from operations.clock import SystemClock
from operations.errors import OperationError
from operations.progress import stack_progress
from operations.stack import DeployedStack, StackResource
from operations.teardown.check import Leftovers, NotLooked, as_json, check
from operations.teardown.group import GroupReader, note_schemas
from operations.teardown.marks import Environment
from operations.teardown.removal import GroupRemoval
from operations.teardown.show import contents_tree, leftovers_table, removal_progress, stack_contents
from operations.terminal import require_consent
from personalize_stack.config.load import load
from personalize_stack.config.model import Project

_CHECK = "`personalize teardown --check` looks whether anything is left"


def destroy(file: Path, environment: str, console: Console, *, ask: bool, force: bool) -> list[str]:
    """Destroy the stacks of an environment, after showing what goes and what stays; return their names.

    Raises:
        OperationError: It is a production environment and not `force`, nobody agrees, or the destroy fails.
    """
    project = load(file, environment)
    aws = Aws(project.region, project.account)
    stack = DeployedStack(aws, project.stack_name)
    preparation = DeployedStack(aws, project.preparation_stack_name)
    if not stack.exists and preparation.exists:
        console.print(f"there is only the stack {preparation.name}, {aws.place}", soft_wrap=True)
        if ask:
            require_consent(console, preparation.name)
        _destroy_preparation(file, environment, aws, preparation, console)
        return [preparation.name]
    if not stack.exists:
        console.print(f"there is no stack {stack.name} in {aws.place}; {_CHECK}", soft_wrap=True)
        return []
    if (project.production or stack.is_protected) and not force:
        reason = "is a production environment" if project.production else "has termination protection"
        raise OperationError(f"{stack.name} {reason}; give --force to destroy it all the same")
    resources = stack.resources()
    console.print(f"stack {stack.name}, {aws.place}:", stack_contents(resources), sep="\n", soft_wrap=True)
    if ask:
        require_consent(console, stack.name)
    if stack.is_protected:
        stack.lift_protection()
        console.print("its termination protection is lifted")
    with stack_progress(console) as follow:
        cdk(file, environment, aws, f"{stack.name}-destroy", follow).destroy()
    _remove_late_logs(aws, resources)
    gone = [stack.name]
    if preparation.exists:
        _destroy_preparation(file, environment, aws, preparation, console)
        gone.append(preparation.name)
    console.print(f"{stack.name} is destroyed; {_CHECK}", soft_wrap=True)
    return gone


def _destroy_preparation(file: Path, environment: str, aws: Aws, stack: DeployedStack, console: Console) -> None:
    """Destroy the stack with the job that prepares the data; nothing that lasts is in it."""
    resources = stack.resources()
    with stack_progress(console) as follow:
        cdk(file, environment, aws, f"{stack.name}-destroy", follow, preparation=True).destroy()
    _remove_late_logs(aws, resources)
    console.print(f"{stack.name} is destroyed", soft_wrap=True)


def look(projects: Sequence[Project], console: Console, *, as_text: bool) -> bool:
    """Print whatever is left of these environments; return whether there is nothing, for certain."""
    leftovers = _leftovers(projects)
    if not as_text:
        console.print_json(json.dumps(as_json(leftovers)))
        return leftovers.nothing
    if leftovers.found:
        console.print(leftovers_table(leftovers.found), soft_wrap=True)
    for problem in leftovers.not_looked:
        console.print(f"could not look for {problem.type}: {problem.reason}", style="red", soft_wrap=True)
    if leftovers.nothing:
        stacks = ", ".join(project.stack_name for project in projects)
        console.print(f"nothing is left of {stacks}: no resource carries the name or the tags", soft_wrap=True)
    return leftovers.nothing


def remove_group(name: str, console: Console, *, ask: bool, force: bool) -> str:
    """Remove a dataset group with everything in it, after showing it; return its ARN.

    Raises:
        OperationError: There is none, it belongs to a stack that exists and not `force`, nobody agrees, or something
            in it cannot be removed.
    """
    aws = Aws()
    reader = GroupReader(aws)
    contents = reader.read(name)
    console.print(contents_tree(contents, aws.place), soft_wrap=True)
    for stack, item in {} if force else reader.live_owners(contents).items():
        raise OperationError(
            f"{item} ({item.arn}) is part of the stack {stack}, which would break without it; destroy the stack "
            "instead, with `personalize teardown --env ENVIRONMENT`, or give --force"
        )
    if ask:
        require_consent(console, contents.group.name)
    note_schemas(aws, contents)
    with removal_progress(console, contents) as tell:
        try:
            GroupRemoval(aws, contents, SystemClock(), tell).run()
        except KeyboardInterrupt:
            console.print("interrupted; the service ends what was begun, and the same command goes on")
            raise
    console.print(f"{contents.group} is gone")
    return contents.group.arn


def _remove_late_logs(aws: Aws, resources: Sequence[StackResource]) -> None:
    """The last lines of a function may come when its log group is gone, and make it anew."""
    logs = aws.client("logs")
    for resource in resources:
        if resource.type == "AWS::Logs::LogGroup" and not resource.is_kept:
            with explained(f"{resource.name} cannot be deleted"), suppress(logs.exceptions.ResourceNotFoundException):
                logs.delete_log_group(logGroupName=resource.name)


def _leftovers(projects: Sequence[Project]) -> Leftovers:
    """Look once in each place that has one of the environments; the credentials are those of one account."""
    places: dict[tuple[str | None, str | None], list[Environment]] = {}
    for project in projects:
        places.setdefault((project.region, project.account), []).append(Environment.of(project))
    leftovers = Leftovers()
    for (region, account), environments in places.items():
        try:
            leftovers += check(Aws(region, account), environments)
        except OperationError as error:
            stacks = " and ".join(environment.stack for environment in environments)
            leftovers += Leftovers(not_looked=(NotLooked(f"anything of {stacks}", str(error)),))
    return leftovers
