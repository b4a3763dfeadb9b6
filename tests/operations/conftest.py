"""The simulated service with the durations of AWS, beside moto's AWS, and an app whose CDK is a small program."""

import io
from dataclasses import replace
from types import SimpleNamespace

import jmespath
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from operations.aws import Aws
from personalize_local.adapters.moto import BACKENDS, InlineExecutor, MockedObjects
from personalize_local.service.clock import VirtualClock
from personalize_local.service.errors import ServiceError
from personalize_local.service.profiles import AWS, INSTANT
from personalize_local.service.service import Service
from personalize_local.service.training import InlineTrainer
from personalize_local.testing import mock_personalize

from .workbench import Workbench

ACCOUNT, REGION = "123456789012", "eu-west-1"


class Clock(VirtualClock):
    """Time passes when somebody sleeps. `at` says what happens meanwhile: functions, by seconds since the start."""

    def __init__(self):
        super().__init__(1_790_000_000.0)
        self.began = self.now()
        self.at = {}

    def sleep(self, seconds):
        self.advance(seconds)
        for when in [when for when in self.at if self.now() - self.began >= when]:
            self.at.pop(when)()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cloud(clock, monkeypatch):
    """The simulated service in moto, on the clock."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    with mock_personalize():
        backend = BACKENDS[ACCOUNT][REGION]
        backend.service.close()
        backend.service = Service(
            ACCOUNT,
            REGION,
            state=None,
            objects=MockedObjects(ACCOUNT),
            clock=clock,
            profile=replace(AWS, passes=INSTANT.passes),
            trainer=InlineTrainer(),
            background=InlineExecutor(),
        )
        yield backend


class CloudFormation:
    """Stacks by name, each with what describes it, its resources and its template; moto's own needs more packages."""

    def __init__(self):
        self.stacks = {}
        self.refuses = False
        self.change_sets = []
        self.executed = []
        self.events = []

    def describe_stacks(self, StackName=None):  # noqa: N803 - boto3's names
        if self.refuses:
            raise self._error("AccessDenied", "not authorized to perform: cloudformation:DescribeStacks")
        if StackName is None:
            return {"Stacks": list(self.stacks.values())}
        if StackName not in self.stacks:
            raise self._error("ValidationError", f"Stack with id {StackName} does not exist")
        return {"Stacks": [self.stacks[StackName]]}

    def get_template(self, StackName):  # noqa: N803
        return {"TemplateBody": self.stacks[StackName]["Template"]}

    def list_stack_resources(self, StackName):  # noqa: N803
        return {"StackResourceSummaries": self.stacks[StackName]["Resources"]}

    def update_termination_protection(self, StackName, EnableTerminationProtection):  # noqa: N803
        self.stacks[StackName]["EnableTerminationProtection"] = EnableTerminationProtection

    def describe_stack_events(self, StackName):  # noqa: N803
        return {"StackEvents": self.events}

    def list_change_sets(self, StackName):  # noqa: N803
        return {"Summaries": [{"ChangeSetName": name} for name in self.change_sets]}

    def execute_change_set(self, StackName, ChangeSetName):  # noqa: N803
        self.executed.append((StackName, ChangeSetName))

    def get_paginator(self, operation):
        def paginate(**parameters):
            return SimpleNamespace(search=lambda path: jmespath.search(path, getattr(self, operation)(**parameters)))

        return SimpleNamespace(paginate=paginate)

    def add(self, name, resources=(), **more):
        """A stack with resources, as (type, name, deletion policy)."""
        self.stacks[name] = {
            "StackName": name,
            "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1",
            "Template": {"Resources": {name: {"DeletionPolicy": policy} for _, name, policy in resources}},
            "Resources": [
                {
                    "ResourceType": type_,
                    "LogicalResourceId": name,
                    "PhysicalResourceId": name,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for type_, name, _ in resources
            ],
            **more,
        }

    @staticmethod
    def _error(code, message):
        return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.fixture
def cloudformation(monkeypatch):
    fake, client = CloudFormation(), Aws.client
    monkeypatch.setattr(
        Aws, "client", lambda aws, service: fake if service == "cloudformation" else client(aws, service)
    )
    return fake


@pytest.fixture
def aws(cloud, cloudformation):
    return Aws()


@pytest.fixture
def console():
    """Writes to a text, as wide as it takes."""
    return Console(file=io.StringIO(), width=400, highlight=False, markup=False)


class App:
    """A configuration and its CDK app, in the current folder.

    Attributes:
        file: The configuration.
    """

    def __init__(self, folder):
        self._folder = folder
        self.file = folder / "personalize.yaml"
        (folder / "cdk.json").write_text("{}")
        package = folder / "node_modules" / "aws-cdk"
        (package / "bin").mkdir(parents=True)
        (package / "package.json").write_text('{"version": "2.1"}')
        self.program("")

    def declare(self, text):
        self.file.write_text(text, encoding="utf-8")

    def program(self, text):
        """What stands in the place of the CDK command line."""
        (self._folder / "node_modules" / "aws-cdk" / "bin" / "cdk").write_text(text)

    def calls(self):
        """What the command line was called with, in order."""
        lines = [line for log in self._folder.rglob("*.log") for line in log.read_text().splitlines()]
        return [line.removeprefix("$ cdk ") for line in lines if line.startswith("$ cdk ")]


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return App(tmp_path)


@pytest.fixture
def bench(cloud, clock):
    return Workbench(clock)


@pytest.fixture
def deny(cloud):
    """Lets the service refuse operations for want of permission, from now on or until it is asked again."""
    dispatch = cloud.service.dispatch

    def refuse(*operations):
        def answer(operation, request):
            if operation in operations:
                error = ServiceError(f"not authorized to perform: personalize:{operation}")
                error.code = "AccessDeniedException"
                raise error
            return dispatch(operation, request)

        cloud.service.dispatch = answer

    return refuse
