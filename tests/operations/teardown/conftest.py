"""A dataset group that somebody made by hand, in the simulated service with the durations of AWS."""

import io
import json
from contextlib import suppress
from types import SimpleNamespace

import boto3
import jmespath
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from operations.aws import Aws
from personalize_local.adapters.moto import BACKENDS, InlineExecutor, MockedObjects
from personalize_local.service.clock import VirtualClock
from personalize_local.service.errors import ServiceError
from personalize_local.service.profiles import AWS
from personalize_local.service.service import Service
from personalize_local.service.training import InlineTrainer
from personalize_local.testing import mock_personalize

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/personalize"
SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")]
    + [{"name": "TIMESTAMP", "type": "long"}],
    "version": "1.0",
}


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


class Workbench:
    """Makes resources with the client, and waits until they are there."""

    def __init__(self, clock):
        self.clock = clock
        self.personalize = boto3.client("personalize")

    def wait(self, seconds=3_600):
        self.clock.advance(seconds)

    def group(self, name="films", **more):
        """A group with a dataset that has interactions."""
        group = self.personalize.create_dataset_group(name=name, **more)["datasetGroupArn"]
        self.wait()
        schema = self.personalize.create_schema(name=f"{name}-schema", schema=json.dumps(SCHEMA))["schemaArn"]
        dataset = self.dataset(group, name, schema)
        job = self.import_rows(dataset)
        self.wait()
        return SimpleNamespace(arn=group, schema=schema, dataset=dataset, job=job)

    def dataset(self, group, name, schema):
        arn = self.personalize.create_dataset(
            name=f"{name}-dataset", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
        )["datasetArn"]
        self.wait()
        return arn

    def import_rows(self, dataset, name=None):
        rows = "".join(f"u{row % 50},i{row % 97},watch,{1_700_000_000 + row}\n" for row in range(1_200))
        s3 = boto3.client("s3")
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="data", Key="log.csv", Body="USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + rows)
        return self.personalize.create_dataset_import_job(
            jobName=name or f"{dataset.split('/')[1]}-import",
            datasetArn=dataset,
            dataSource={"dataLocation": "s3://data/log.csv"},
            roleArn=ROLE,
        )["datasetImportJobArn"]

    def solution(self, group, name="popular", **more):
        arn = self.personalize.create_solution(
            name=name,
            datasetGroupArn=group,
            recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
            performAutoTraining=False,
            **more,
        )["solutionArn"]
        self.wait()
        return arn

    def version(self, solution, seconds=3_600):
        arn = self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.wait(seconds)
        return arn

    def campaign(self, version, name="popular"):
        arn = self.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        self.wait()
        return arn

    def filled_group(self, name="films", **more):
        """A group with something of everything that was made by hand since the service began."""
        group = self.group(name, **more)
        for solution in ("one", "two"):
            version = self.version(self.solution(group.arn, f"{name}-{solution}"))
            self.campaign(version, f"{name}-{solution}")
        self.personalize.create_event_tracker(name=f"{name}-tracker", datasetGroupArn=group.arn)
        self.personalize.create_filter(
            name=f"{name}-unseen",
            datasetGroupArn=group.arn,
            filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        )
        self.wait()
        return group

    def everything(self):
        """The ARNs of all resources of Amazon Personalize, jobs and versions included."""
        found = set()
        for method, operation in self.personalize.meta.method_to_api_mapping.items():
            if operation.startswith("List") and operation not in {
                "ListRecipes",
                "ListTagsForResource",
                "ListMetricAttributionMetrics",
            }:
                summaries = next(
                    value for value in getattr(self.personalize, method)().values() if isinstance(value, list)
                )
                found |= {next(v for k, v in summary.items() if k.endswith("Arn")) for summary in summaries}
        return found


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
            profile=AWS,
            trainer=InlineTrainer(),
            background=InlineExecutor(),
        )
        yield backend


@pytest.fixture
def bench(cloud, clock):
    return Workbench(clock)


class CloudFormation:
    """Stacks by name, each with what describes it, its resources and its template; moto's own needs more packages."""

    def __init__(self):
        self.stacks = {}
        self.refuses = False

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
