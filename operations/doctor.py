"""Looks, before a deploy, for everything that would make it fail: tools, data, credentials, quotas, permissions."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from custom_resources.errors import explain
from data_prep.errors import ManifestError
from data_prep.manifest import Manifest
from data_prep.spec import fingerprint
from operations.app import app_folder
from operations.aws import AWS_ERRORS, Aws
from operations.errors import OperationError
from operations.node import cdk_command
from operations.stack import DeployedStack
from personalize_stack.config.model import Project

OLDEST_PYTHON = (3, 11)
QUALIFIER = "hnb659fds"  # of the CDK's bootstrap, unless it was given another
BOOTSTRAP = f"/cdk-bootstrap/{QUALIFIER}/version"
OLDEST_BOOTSTRAP = 6
GOES_WRONG = ("ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")
_SERVICE = "personalize"
# What a deploy adds to one of each, and the quota's code and default (Service Quotas; developer guide, "quotas").
_GROUPS_QUOTA, _GROUPS = "Active dataset groups", 5
_SCHEMAS = 500  # in a Region; nobody gets more
_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """What one look has found.

    Args:
        what: What was looked at.
        told: How it is.
        next: What to do; empty if nothing.
    """

    what: str
    state: State
    told: str
    next: str = ""


def doctor(project: Project, file: Path, console: Console, *, as_json: bool = False) -> bool:
    """Print all findings; return whether a deploy may begin, which warnings do not prevent."""
    found = list(findings(project, file))
    fine = not any(finding.state == "problem" for finding in found)
    if as_json:
        console.print_json(json.dumps({"fine": fine, "findings": [asdict(finding) for finding in found]}))
        return fine
    table = Table("", "", "", "what to do", box=None, show_header=False, pad_edge=False)
    for finding in found:
        colour = _COLOURS[finding.state]
        table.add_row(f"[{colour}]{finding.state}[/]", finding.what, finding.told, finding.next)
    console.print(table)
    console.print("nothing keeps a deploy from beginning" if fine else "a deploy would fail; see the problems above")
    return fine


def findings(project: Project, file: Path) -> Iterator[Finding]:
    """Look at everything; what cannot be looked at without something that is missing is left out."""
    yield Finding("configuration", "ok", f"{file}, environment {project.environment}")
    yield from _tools(file)
    yield from _data(project, file)
    try:
        aws = Aws(project.region, project.account)
    except OperationError as error:
        told = str(error)
        yield Finding("credentials", "problem", told, "set credentials and AWS_REGION, or: personalize local up")
        return
    yield Finding("credentials", "ok", aws.place)
    for look in (_service, _bootstrap, _stored, _stack, _groups, _schemas, _running, _permissions):
        try:
            yield from look(aws, project)
        except AWS_ERRORS as error:
            yield Finding(look.__name__.strip("_"), "warning", f"cannot be looked at: {explain(error)}")


def _tools(file: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    state: State = "ok" if sys.version_info >= OLDEST_PYTHON else "problem"
    yield Finding("Python", state, version, "" if state == "ok" else "install Python 3.11 or newer")
    try:
        folder = app_folder(file)
    except OperationError as error:
        yield Finding("CDK app", "problem", str(error))
        return
    try:
        yield Finding("CDK command line", "ok", cdk_command(folder)[1])
    except OperationError as error:
        yield Finding("CDK command line", "problem", str(error), "make setup")


def _data(project: Project, file: Path) -> Iterator[Finding]:
    if not project.datasets:
        return
    command = f"personalize prep -f {file} --env {project.environment}"
    try:
        manifest = Manifest.read(project.root / project.prepared)
        reasons = manifest.is_current(fingerprint(project.datasets), project.root, project.domain)
    except ManifestError as error:
        reasons = [str(error)]
    if reasons:
        yield Finding("prepared data", "problem", "; ".join(reasons), command)
    else:
        rows = sum(prepared.rows_written for prepared in manifest.datasets.values())
        yield Finding("prepared data", "ok", f"{rows:,} rows, as the configuration says")
    for missing in project.missing_inputs():
        yield Finding("files of jobs", "problem", missing, "put the file there")


def _service(aws: Aws, project: Project) -> Iterator[Finding]:
    """Whether Amazon Personalize is there and lets itself be asked."""
    aws.client("personalize").list_dataset_groups(maxResults=1)
    yield Finding("Amazon Personalize", "ok", f"answers in {aws.region}")


def _bootstrap(aws: Aws, project: Project) -> Iterator[Finding]:
    try:
        version = int(aws.client("ssm").get_parameter(Name=BOOTSTRAP)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        yield Finding("CDK bootstrap", "warning", "never done in this account and Region", "personalize deploy does it")
        return
    if version < OLDEST_BOOTSTRAP:
        told = f"version {version}, and {OLDEST_BOOTSTRAP} is needed"
        yield Finding("CDK bootstrap", "problem", told, f"cdk bootstrap aws://{aws.account}/{aws.region}")
    else:
        yield Finding("CDK bootstrap", "ok", f"version {version}")


def _stored(aws: Aws, project: Project) -> Iterator[Finding]:
    """Whether prepared files that lie in S3 are there still, for the deploy to copy."""
    try:
        manifest = Manifest.read(project.root / project.prepared)
    except ManifestError:
        return  # which is told as such
    if manifest.store is None:
        return
    s3, missing = aws.client("s3"), []
    for file in (part.file for dataset in manifest.datasets.values() for part in (*dataset.baseline, *dataset.parts)):
        bucket, _, key = f"{manifest.store}/{file}".removeprefix("s3://").partition("/")
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            missing.append(file)
    if missing:
        yield Finding("prepared files", "problem", f"{manifest.store} lacks {', '.join(missing)}", "personalize prep")
    else:
        yield Finding("prepared files", "ok", f"are in {manifest.store}")


def _stack(aws: Aws, project: Project) -> Iterator[Finding]:
    description = DeployedStack(aws, project.stack_name).description
    if description is None:
        yield Finding("stack", "ok", f"{project.stack_name} is not there yet")
        return
    status = str(description["StackStatus"])
    if status in GOES_WRONG:
        advice = {"DELETE_FAILED": f"personalize teardown --env {project.environment}"}
        told = f"{project.stack_name} is {status}; no update can begin"
        yield Finding("stack", "problem", told, advice.get(status, "aws cloudformation continue-update-rollback"))
    elif status.endswith("_IN_PROGRESS"):
        yield Finding("stack", "problem", f"{project.stack_name} is {status}", "personalize status --watch")
    else:
        yield Finding("stack", "ok", f"{project.stack_name} is {status}")


def _groups(aws: Aws, project: Project) -> Iterator[Finding]:
    """Whether there is room for one more dataset group, which is what new environments fail by most often."""
    pages = aws.client("personalize").get_paginator("list_dataset_groups").paginate()
    names = [str(group.get("name")) for group in pages.search("datasetGroups[]")]
    if project.dataset_group or any(name.startswith(f"{project.stack_name}-") for name in names):
        yield Finding("dataset groups", "ok", f"{len(names)} in {aws.region}, the environment's among them")
        return
    most = _quota(aws, _GROUPS_QUOTA, _GROUPS)
    told = f"{len(names)} of {most:g} in {aws.region}: {', '.join(sorted(names)) or 'none'}"
    if len(names) < most:
        yield Finding("dataset groups", "ok", told)
    else:
        advice = "personalize teardown --dataset-group NAME, or ask for more in Service Quotas"
        yield Finding("dataset groups", "problem", told, advice)


def _schemas(aws: Aws, project: Project) -> Iterator[Finding]:
    """Whether there is room for the schemas of the datasets; what teardowns by hand leave behind fills it."""
    pages = aws.client("personalize").get_paginator("list_schemas").paginate()
    names = [str(schema["name"]) for schema in pages.search("schemas[]")]
    own = sum(name.startswith(f"{project.stack_name}-") for name in names)
    there = max(len(project.datasets) - own, 0) + len(names)
    told = f"{len(names)} of {_SCHEMAS} in {aws.region}"
    if there <= _SCHEMAS:
        yield Finding("schemas", "ok", told)
    else:
        yield Finding("schemas", "problem", told, "aws personalize delete-schema for some that no dataset has")


def _quota(aws: Aws, name: str, default: float) -> float:
    """The account's quota; the service's default where it cannot be asked for."""
    try:
        pages = aws.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=_SERVICE)
        found = [quota["Value"] for quota in pages.search("Quotas[]") if name.lower() in quota["QuotaName"].lower()]
    except (ClientError, BotoCoreError):
        found = []
    return float(found[0]) if found else default


def _running(aws: Aws, project: Project) -> Iterator[Finding]:
    """What runs in the Region and counts against what may run at once; a deploy waits for it."""
    personalize = aws.client("personalize")
    for operation, key, words, most in (
        ("list_dataset_import_jobs", "datasetImportJobs", "imports", 5),
        ("list_solution_versions", "solutionVersions", "trainings", 20),
        ("list_batch_inference_jobs", "batchInferenceJobs", "batch inference jobs", 5),
        ("list_batch_segment_jobs", "batchSegmentJobs", "batch segment jobs", 5),
    ):
        pages = personalize.get_paginator(operation).paginate()
        running = [
            found
            for found in pages.search(f"{key}[]")
            if found["status"].endswith(("PENDING", "IN_PROGRESS", "IN PROGRESS"))
        ]
        state: State = "warning" if len(running) >= most else "ok"
        told = f"{len(running)} of {most} that may run at once in {aws.region}"
        yield Finding(words, state, told, "a deploy waits for them" if state == "warning" else "")


def _permissions(aws: Aws, project: Project) -> Iterator[Finding]:
    """Whether the caller may do what the CDK command line does, asked of IAM's simulator."""
    identity = aws.client("sts").get_caller_identity()["Arn"]
    wanted = [
        *("cloudformation:DescribeStacks", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
        *("ssm:GetParameter", "personalize:ListDatasetGroups"),
    ]
    roles = f"arn:{aws.partition}:iam::{aws.account}:role/cdk-{QUALIFIER}-deploy-role-{aws.account}-{aws.region}"
    if identity.endswith(":root"):
        yield Finding("permissions", "warning", "the account's root may do everything", "use a role for deploys")
        return
    simulate: Callable[..., Any] = aws.client("iam").simulate_principal_policy
    source = _principal(identity)
    denied = [
        result["EvalActionName"]
        for actions, resource in ((wanted, "*"), (["sts:AssumeRole"], roles))
        for result in simulate(PolicySourceArn=source, ActionNames=actions, ResourceArns=[resource])[
            "EvaluationResults"
        ]
        if result["EvalDecision"] != "allowed"
    ]
    # With the bootstrap's roles, whoever may take them needs nothing else.
    if "sts:AssumeRole" not in denied:
        yield Finding("permissions", "ok", f"{source} may take the CDK's deploy role")
    elif denied == ["sts:AssumeRole"]:
        yield Finding("permissions", "ok", f"{source} may deploy with its own permissions")
    else:
        told = f"{source} may not: {', '.join(denied)}"
        yield Finding("permissions", "problem", told, f"let it take {roles}")


def _principal(identity: str) -> str:
    """The role behind a session, as IAM knows it."""
    prefix, _, rest = identity.partition(":assumed-role/")
    if not rest:
        return identity
    return f"{prefix.replace(':sts:', ':iam:')}:role/{rest.split('/', maxsplit=1)[0]}"
