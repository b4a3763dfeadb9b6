"""A local cloud, bootstrapped, and small projects to deploy to it with the real CDK command line."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from data_prep.manifest import Manifest
from operations.cdk import Cdk
from operations.preparation import prepare_here
from personalize_local.cloud import LocalCloud
from personalize_stack.config.load import load

SECONDS = 120  # that something may take
ROOT = Path(__file__).parent.parent.parent
PROJECT = """
project: {name}
datasets:
  interactions:
    source: log.csv
    columns: {{USER_ID: user, ITEM_ID: film, TIMESTAMP: at, EVENT_TYPE: {{value: watch}}, EVENT_VALUE: {{value: "1"}}}}
solutions:
  next: {next}
  popular: {{recipe: popularity-count}}
campaigns:
  next: {{solution: next}}
  popular: {{solution: popular}}
event_tracker: true
filters:
  unseen: EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")
max_import_hours: 1
max_training_hours: 1
environments: {{dev: {{}}}}
"""
HRNN = "{recipe: hrnn, hyperparameters: {hidden_dimension: 32}}"
TOO_LITTLE = "{recipe: hrnn, event_value_threshold: 9}"  # no interaction has such a value: the training fails
USERS, FILMS, WATCHED = 60, 50, 25


class Project:
    """A project in a folder of its own, on the local cloud.

    Attributes:
        stack: The name of its stack.
    """

    def __init__(self, folder: Path, name: str, environment: dict[str, str]) -> None:
        self.stack = f"{name}-dev"
        self._name = name
        self._folder = folder
        self._environment = environment

    def declare(self, solution: str = HRNN) -> None:
        """Write the project's file, with the settings of its solution `next`."""
        self.file.write_text(PROJECT.format(name=self._name, next=solution))

    def prepare(self, seed: int = 0, users: int = USERS) -> Manifest:
        """Write a log in which each film is followed by the next one, mostly, and prepare it."""
        chance = random.Random(seed)
        lines = ["user,film,at"]
        for user in range(users):
            first = chance.randrange(FILMS)
            lines += [
                f"u{user},f{(first + n) % FILMS},{1_700_000_000 + user * 10_000 + n * 60}" for n in range(WATCHED)
            ]
        (self._folder / "log.csv").write_text("\n".join(lines) + "\n")
        return prepare_here(load(self.file))

    def spoil(self) -> None:
        """Take a column from the prepared file, as no preparation does."""
        file = self._folder / "prepared" / "INTERACTIONS.csv"
        file.write_text(file.read_text().replace("TIMESTAMP", "AT", 1))

    @property
    def file(self) -> Path:
        """The configuration."""
        return self._folder / "personalize.yaml"

    @property
    def assembly(self) -> Path:
        """Where the synthesized app lies."""
        return self._folder / "cdk.out"

    def cdk(self, progress: Callable[[str], None] = lambda line: None) -> Cdk:
        """The command line on the project as it is declared and prepared now."""
        context = {"config": str(self.file)}
        cdk = Cdk(ROOT, self._folder / "cdk.log", self._environment, context, progress)
        return cdk.synthesize(self.assembly)

    def outputs(self) -> dict[str, str]:
        """What the deployed stack gives an application."""
        stack = boto3.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def failures(self) -> list[str]:
        """The reasons in the events of the stack's last failed resources, newest first."""
        stacks = boto3.client("cloudformation").get_paginator("list_stacks").paginate().search("StackSummaries[]")
        newest = next(stack["StackId"] for stack in stacks if stack["StackName"] == self.stack)
        events = boto3.client("cloudformation").describe_stack_events(StackName=newest)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED")]


def until(ask, holds=bool):
    """Ask again until the answer is as wanted, and return it."""
    deadline = time.monotonic() + SECONDS
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r}"
        time.sleep(0.2)
    return answer


@pytest.fixture(scope="session")
def bootstrapped(tmp_path_factory):
    """A local cloud on which `cdk bootstrap` has run."""
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"), profile="instant")
    cloud.up()
    try:
        log = tmp_path_factory.mktemp("bootstrap") / "cdk.log"
        Cdk(ROOT, log, {**os.environ, **cloud.environment()}).bootstrap(cloud.account, cloud.region)
        yield cloud
    finally:
        cloud.down()


@pytest.fixture
def local_cloud(bootstrapped, monkeypatch):
    """The local cloud, to which the environment leads for one test."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in bootstrapped.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers credentials
    return bootstrapped


@pytest.fixture
def environment(local_cloud):
    """The variables of the local cloud."""
    return local_cloud.environment()


@pytest.fixture
def make_project(environment, tmp_path):
    """Return a function that makes a prepared project of a name, with other settings of its solution if asked to."""

    def make(name: str, solution: str = HRNN) -> Project:
        folder = tmp_path / name
        folder.mkdir()
        project = Project(folder, name, dict(environment))
        project.declare(solution)
        project.prepare()
        return project

    return make
