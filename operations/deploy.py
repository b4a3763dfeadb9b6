"""Deploy an environment: check, bootstrap where that was never done, deploy, and tell what an application needs."""

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import ClientError
from rich.console import Console

from operations.app import cdk
from operations.aws import Aws, explained
from operations.cdk import Cdk
from operations.errors import ApprovalRequired
from operations.progress import stack_progress
from operations.stack import DeployedStack
from operations.terminal import aligned, require_consent
from personalize_stack.config.load import load
from personalize_stack.config.model import Project

NEVER, BROADENING = "never", "broadening"
# What the bootstrap leaves for later deploys to look at.
_BOOTSTRAPPED = "/cdk-bootstrap/hnb659fds/version"


def deploy(
    file: Path,
    environment: str,
    console: Console,
    *,
    require_approval: str | None = None,
    wait: bool = True,
    as_json: bool = False,
) -> None:
    """Deploy an environment, waiting as long as it takes.

    Args:
        wait: False to only start it; CloudFormation goes on by itself, and `personalize status --watch` follows it.
        as_json: Print what an application needs as JSON, and nothing else.
        require_approval: Whether to ask before permissions get wider: NEVER or BROADENING. Default: in production.

    Raises:
        OperationError: The data is not prepared, nobody approves, or resources fail, with their reasons.
    """
    project = load(file, environment)
    aws = Aws(project.region, project.account)
    answer = console
    console = Console(stderr=True, highlight=False, markup=False) if as_json else console
    change_set = None if wait else f"personalize-{int(time.time())}"
    name = project.stack_name
    _make(file, project, name, aws, console, require_approval=require_approval, change_set=change_set)
    if change_set:
        begun = _execute(aws, project.stack_name, change_set)
        told = f"{project.stack_name} is on its way" if begun else f"{project.stack_name} is as it should be already"
        where = "" if file.resolve() == Path("personalize.yaml").resolve() else f"-f {shlex.quote(str(file))} "
        follow = f"personalize status --watch {where}--env {environment}" if begun else ""
        if as_json:
            answer.print_json(json.dumps({"stack": project.stack_name, "begun": begun, "follow": follow}))
        else:
            console.print(f"{told}; to follow it, from anywhere: {follow}" if begun else told, soft_wrap=True)
        return
    outputs = DeployedStack(aws, project.stack_name).outputs
    if as_json:
        answer.print_json(json.dumps({"stack": project.stack_name, "outputs": dict(sorted(outputs.items()))}))
        return
    console.print(f"{project.stack_name} is deployed:")
    console.print(aligned(sorted(outputs.items())), soft_wrap=True)


def deploy_preparation(file: Path, project: Project, aws: Aws, console: Console) -> Mapping[str, str]:
    """Deploy the stack that prepares an environment's data, or make sure that it is as here; return its outputs.

    Raises:
        OperationError: Nobody approves, or resources fail, with their reasons.
    """
    _make(file, project, project.preparation_stack_name, aws, console)
    return DeployedStack(aws, project.preparation_stack_name).outputs


def _make(
    file: Path,
    project: Project,
    stack: str,
    aws: Aws,
    console: Console,
    *,
    require_approval: str | None = None,
    change_set: str | None = None,
) -> None:
    """Deploy one of an environment's stacks."""
    require_approval = require_approval or (BROADENING if project.production else NEVER)
    console.print(f"{stack} to {aws.place}", soft_wrap=True)
    with TemporaryDirectory() as assembly:
        app = cdk(
            file,
            project.environment,
            aws,
            f"{stack}-deploy",
            lambda line: _warn(line, console),
            preparation=stack == project.preparation_stack_name,
        )
        with console.status("checking"):
            app = app.synthesize(Path(assembly))
        if not _is_bootstrapped(aws):
            console.print(f"bootstrapping {aws.account} in {aws.region} for the CDK, once and for all stacks")
            with console.status("bootstrapping"):
                app.bootstrap(aws.account, aws.region)
        try:
            _deploy(app, console, require_approval, change_set)
        except ApprovalRequired as required:
            console.print(*required.changes, sep="\n", soft_wrap=True)
            console.print("the deploy changes permissions as above", soft_wrap=True)
            require_consent(console, stack, skip=f"--require-approval {NEVER}")
            _deploy(app, console, NEVER, change_set)


def _deploy(app: Cdk, console: Console, require_approval: str, change_set: str | None) -> None:
    with stack_progress(console) as follow:
        replace(app, progress=follow).deploy(require_approval=require_approval, change_set=change_set)


def _execute(aws: Aws, stack: str, change_set: str) -> bool:
    """Begin what a change set says; whether there is one, since the CDK makes none where nothing changes."""
    cloudformation = aws.client("cloudformation")
    with explained(f"the change set {change_set} of {stack} cannot be executed"):
        found = cloudformation.list_change_sets(StackName=stack)["Summaries"]
        if not any(known["ChangeSetName"] == change_set for known in found):
            return False
        cloudformation.execute_change_set(StackName=stack, ChangeSetName=change_set)
    return True


def _warn(line: str, console: Console) -> None:
    if line.startswith("[Warning"):
        console.print(line, style="yellow", soft_wrap=True)


def _is_bootstrapped(aws: Aws) -> bool:
    """Whether `cdk bootstrap` ran; if nobody may look, the CDK command line tells."""
    ssm = aws.client("ssm")
    try:
        ssm.get_parameter(Name=_BOOTSTRAPPED)
    except ClientError as error:
        return error.response["Error"]["Code"] != "ParameterNotFound"
    return True
