"""What the tests of the simulated service share: a service on a clock of their own, files to import, a small log."""

import io
import json
import random
from dataclasses import replace

import pytest
import torch

from personalize_local.adapters.moto import InlineExecutor
from personalize_local.service.clock import VirtualClock
from personalize_local.service.errors import ServiceError
from personalize_local.service.objects import AccessDenied, NoSuchObject
from personalize_local.service.profiles import AWS, INSTANT
from personalize_local.service.service import Service
from personalize_local.service.training import InlineTrainer

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/personalize"
START = 1_600_000_000  # of the log, in epoch seconds
INTERACTIONS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long", "EVENT_TYPE": "string"}
ITEMS = {"ITEM_ID": "string", "GENRES": ["string", "null"], "YEAR": ["int", "null"]}
USERS = {"USER_ID": "string", "AGE": "int"}


TIMES = replace(AWS, passes=INSTANT.passes)
"""Everything takes as long as on AWS, on a virtual clock; but trainings learn no longer than a test needs."""


class Objects(dict):
    """Objects by (bucket, key); a bucket named forbidden may not be read, nor anything as a role named stranger."""

    def as_role(self, role_arn):
        if role_arn.endswith("/stranger"):
            raise AccessDenied(role_arn)
        return self

    def put(self, bucket, key, content):
        if bucket == "forbidden":
            raise AccessDenied(f"s3://{bucket}/{key}")
        self[bucket, key] = content

    def list(self, bucket, prefix):
        return sorted(key for where, key in self if where == bucket and key.startswith(prefix))

    def open(self, bucket, key):
        if bucket == "forbidden":
            raise AccessDenied(f"s3://{bucket}/{key}")
        if (bucket, key) not in self:
            raise NoSuchObject(f"s3://{bucket}/{key}")
        return io.BytesIO(self[bucket, key])


class Recorder(list):
    """Keeps the data of metrics."""

    put = list.extend

    def close(self):
        pass


def schema_text(record, fields):
    """The text of an Avro schema; columns of text that are metadata are categorical."""
    return json.dumps(
        {
            "type": "record",
            "name": record,
            "namespace": "com.amazonaws.personalize.schema",
            "version": "1.0",
            "fields": [
                {"name": field, "type": type_, **({"categorical": True} if field in ("GENRES", "DEVICE") else {})}
                for field, type_ in fields.items()
            ],
        }
    )


def small_log(users=50, each=20, items=12):
    """Interactions to learn from: each user goes through the items in order, from a place of their own."""
    chance = random.Random(7)
    return [
        (f"u{user}", f"i{(user + step) % items}", START + user * 50_000 + step * 600 + chance.randrange(60), "watch")
        for user in range(users)
        for step in range(each)
    ]


class Lab:
    """A service to try things on.

    Calls go through `Service.dispatch`: `lab("CreateDatasetGroup", name="films")`.
    """

    role = ROLE

    def __init__(
        self,
        *,
        state=None,
        profile=TIMES,
        trainer=None,
        clock=None,
        background=None,
        objects=None,
        quotas=None,
        rates=None,
    ):
        self.objects = Objects() if objects is None else objects
        self.metrics = Recorder()
        self.clock = clock or VirtualClock(1_700_000_000)
        self.service = Service(
            ACCOUNT,
            REGION,
            state=state,
            objects=self.objects,
            metrics=self.metrics,
            clock=self.clock,
            profile=profile,
            quotas=quotas,
            rates=rates,
            trainer=trainer or InlineTrainer(),
            background=background or InlineExecutor(),
        )

    def __call__(self, operation, **request):
        return self.service.dispatch(operation, request)

    def refusal(self, operation, **request):
        """Code and message of the error that the request gets."""
        with pytest.raises(ServiceError) as caught:
            self(operation, **request)
        return caught.value.code, caught.value.message

    def arn(self, path):
        return f"arn:aws:personalize:{REGION}:{ACCOUNT}:{path}"

    def wait(self, seconds=3600):
        self.clock.advance(seconds)

    def group(self, name="films", **more):
        """The ARN of a new dataset group that is ACTIVE."""
        arn = self("CreateDatasetGroup", name=name, **more)["datasetGroupArn"]
        self.wait()
        return arn

    def schema(self, record, fields, name=None):
        """The ARN of a new schema."""
        return self("CreateSchema", name=name or record.lower(), schema=schema_text(record, fields))["schemaArn"]

    def dataset(self, group, record="Interactions", fields=None):
        """The ARN of a new dataset that is ACTIVE, with a schema of its own."""
        fields = fields or {"Interactions": INTERACTIONS, "Items": ITEMS, "Users": USERS}[record]
        name = f"{group.rsplit('/')[-1]}-{record}"
        schema = self.schema(record, fields, name)
        created = self("CreateDataset", name=name, schemaArn=schema, datasetGroupArn=group, datasetType=record)
        self.wait()
        return created["datasetArn"]

    def upload(self, rows, fields=INTERACTIONS, key="data.csv"):
        """The location of a new file."""
        lines = [",".join(fields), *(",".join(map(str, row)) for row in rows)]
        self.objects["bucket", key] = ("\n".join(lines) + "\n").encode()
        return f"s3://bucket/{key}"

    def import_file(self, dataset, location, name="first", **more):
        """The description of a new import job that has ended."""
        source = {"dataLocation": location}
        job = self("CreateDatasetImportJob", jobName=name, datasetArn=dataset, dataSource=source, roleArn=ROLE, **more)
        self.wait()
        return self("DescribeDatasetImportJob", **job)["datasetImportJob"]

    def filled_group(self, name="films", rows=None):
        """The ARN of a new dataset group with interactions."""
        group = self.group(name)
        job = self.import_file(self.dataset(group), self.upload(rows or small_log()), f"{name}-import")
        assert job["status"] == "ACTIVE", job
        return group

    def solution(self, group, recipe="aws-popularity-count", name="popular", **more):
        """The ARN of a new solution that is ACTIVE."""
        recipe_arn = f"arn:aws:personalize:::recipe/{recipe}"
        arn = self("CreateSolution", name=name, datasetGroupArn=group, recipeArn=recipe_arn, **more)["solutionArn"]
        self.wait()
        return arn

    def version(self, solution, **more):
        """The ARN of a new solution version whose training has ended."""
        arn = self("CreateSolutionVersion", solutionArn=solution, **more)["solutionVersionArn"]
        self.wait()
        return arn

    def campaign(self, version, name="popular", **more):
        """The ARN of a new campaign that is ACTIVE."""
        arn = self("CreateCampaign", name=name, solutionVersionArn=version, **more)["campaignArn"]
        self.wait()
        return arn

    def tracker(self, group):
        """The tracking ID of a new event tracker that is ACTIVE."""
        tracking_id = self("CreateEventTracker", name="tracker", datasetGroupArn=group)["trackingId"]
        self.wait()
        return tracking_id

    def measured(self, *names):
        """The values of all metrics whose names begin so, by name and by the last part of each dimension."""
        return {
            (datum.name, *(value.rpartition("/")[2] for _, value in datum.dimensions)): datum.value
            for datum in self.metrics
            if datum.name.startswith(names)
        }

    def recommended(self, campaign, **request):
        """The IDs that GetRecommendations answers with."""
        return [item["itemId"] for item in self("GetRecommendations", campaignArn=campaign, **request)["itemList"]]


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Small models train fastest so, and whatever the machine, they come out the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def make_lab():
    """Makes labs and closes their services at the end."""
    labs = []

    def make(**settings):
        labs.append(Lab(**settings))
        return labs[-1]

    yield make
    for lab in labs:
        lab.service.close()


@pytest.fixture(scope="module")
def trained_lab(make_lab):
    """A service with two campaigns, `hrnn` and `ranking`, of users who go through twelve items in order."""
    lab = make_lab()
    group = lab.filled_group()
    for recipe, name in (("aws-hrnn", "hrnn"), ("aws-personalized-ranking", "ranking")):
        settings = {"algorithmHyperParameters": {"hidden_dimension": "32"}}
        lab.campaign(lab.version(lab.solution(group, recipe, name, solutionConfig=settings)), name)
    return lab


@pytest.fixture
def lab(make_lab):
    """A service in memory, as slow as AWS, on a clock that only the test moves."""
    return make_lab()
