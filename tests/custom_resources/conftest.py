import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config

from custom_resources.kinds import KINDS
from personalize_local.adapters.moto import BACKENDS, InlineExecutor, MockedObjects
from personalize_local.service.clock import VirtualClock
from personalize_local.service.profiles import AWS, Verb
from personalize_local.service.service import Service
from personalize_local.testing import mock_personalize

from .simulation import CloudFormation, Deployed, Faults, Trainer

REGION, ACCOUNT = "eu-west-1", "123456789012"
START = 1_790_000_000.0
ROLE = f"arn:aws:iam::{ACCOUNT}:role/personalize"
INTERACTIONS = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
    "version": "1.0",
}

FILE = {"dataLocation": "s3://data/INTERACTIONS.csv"}
QUESTIONS = {"s3DataSource": {"path": "s3://jobs/questions.json"}}
ANSWERS = {"s3DataDestination": {"path": "s3://jobs/answers/"}}

# What each kind is created with; "$Kind" is the ARN of a resource of that kind or variant, created on the way.
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "DatasetGroup": {},
    "Schema": {"schema": json.dumps(INTERACTIONS)},
    "Dataset": {"datasetGroupArn": "$DatasetGroup", "schemaArn": "$Schema", "datasetType": "Interactions"},
    "DatasetImportJob": {
        "datasetArn": "$Dataset",
        "dataSource": FILE,
        "roleArn": ROLE,
        "importMode": "FULL",
    },
    "DatasetExportJob": {"datasetArn": "$Dataset", "ingestionMode": "ALL", "roleArn": ROLE, "jobOutput": ANSWERS},
    "Solution": {
        "datasetGroupArn": "$DatasetGroup",
        "recipeArn": "arn:aws:personalize:::recipe/aws-popularity-count",
        "performAutoTraining": False,
    },
    "SolutionVersion": {"solutionArn": "$Solution", "trainingMode": "FULL"},
    "Campaign": {"solutionVersionArn": "$SolutionVersion", "minProvisionedTPS": 1},
    "EventTracker": {"datasetGroupArn": "$DatasetGroup"},
    "Filter": {
        "datasetGroupArn": "$DatasetGroup",
        "filterExpression": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    },
    "Recommender": {
        "datasetGroupArn": "$VideoGroup",
        "recipeArn": "arn:aws:personalize:::recipe/aws-vod-most-popular",
        "recommenderConfig": {"minRecommendationRequestsPerSecond": 1},
    },
    "MetricAttribution": {
        "datasetGroupArn": "$DatasetGroup",
        "metrics": [{"eventType": "watch", "metricName": "watched", "expression": "SAMPLECOUNT()"}],
        "metricsOutputConfig": {"roleArn": ROLE},
    },
    "BatchInferenceJob": {
        "solutionVersionArn": "$SolutionVersion",
        "jobInput": QUESTIONS,
        "jobOutput": ANSWERS,
        "roleArn": ROLE,
    },
    "BatchSegmentJob": {
        "solutionVersionArn": "$AffinityVersion",
        "jobInput": QUESTIONS,
        "jobOutput": ANSWERS,
        "roleArn": ROLE,
    },
    "DataDeletionJob": {
        "datasetGroupArn": "$DatasetGroup",
        "dataSource": {"dataLocation": "s3://jobs/gone/"},
        "roleArn": ROLE,
    },
}

# As on AWS, but for what takes longer than one leg of a relay.
DURATIONS = {**AWS.special[Verb.CREATE], "Recommender": 30 * 60, "DataDeletionJob": 40 * 60}
PROFILE = replace(AWS, special={**AWS.special, Verb.CREATE: DURATIONS})

VIDEO = {"domain": "VIDEO_ON_DEMAND"}
# Resources of other kinds that some need: their kind, and what is different about them.
VARIANTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "VideoGroup": ("DatasetGroup", VIDEO),
    "VideoSchema": ("Schema", VIDEO),
    "VideoDataset": ("Dataset", {"datasetGroupArn": "$VideoGroup", "schemaArn": "$VideoSchema"}),
    "VideoImport": ("DatasetImportJob", {"datasetArn": "$VideoDataset"}),
    "AffinitySolution": ("Solution", {"recipeArn": "arn:aws:personalize:::recipe/aws-item-affinity"}),
    "AffinityVersion": ("SolutionVersion", {"solutionArn": "$AffinitySolution"}),
}

# What must be there besides.
NEEDS = {
    "SolutionVersion": ["DatasetImportJob"],
    "Filter": ["Dataset"],
    "MetricAttribution": ["Dataset"],
    "Recommender": ["VideoImport"],
}


@pytest.fixture
def clock():
    return VirtualClock(START)


@pytest.fixture
def trainer():
    return Trainer()


@pytest.fixture(scope="session")
def clients():
    """Made once, since that takes longer than most tests; they do not try again, so that no test sleeps."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    once = Config(retries={"total_max_attempts": 1})
    return {name: session.client(name, config=once) for name in ("personalize", "s3")}


@pytest.fixture
def faults(clock, trainer):
    """The simulated service with the durations of AWS, on a clock of the test's own."""
    with mock_personalize():
        backend, faults = BACKENDS[ACCOUNT][REGION], Faults()
        backend.service.close()
        faults.service = Service(
            ACCOUNT,
            REGION,
            state=None,
            objects=MockedObjects(ACCOUNT),
            clock=clock,
            profile=PROFILE,
            trainer=trainer,
            background=InlineExecutor(),
        )
        backend.service = faults
        yield faults


@pytest.fixture
def personalize(clients, faults):
    return clients["personalize"]


@pytest.fixture
def s3(clients, faults):
    client = clients["s3"]
    for bucket in ("data", "assets", "jobs"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    rows = (f"u{row % 50},i{row % 97},{1_700_000_000 + row},watch" for row in range(1_200))
    header = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"
    client.put_object(Bucket="data", Key="INTERACTIONS.csv", Body="\n".join([header, *rows]))
    client.put_object(Bucket="jobs", Key="questions.json", Body="")
    client.put_object(Bucket="jobs", Key="gone/users.csv", Body="USER_ID\n")
    return client


@pytest.fixture
def cloudformation(personalize, s3, clock):
    return CloudFormation(personalize, s3, clock)


@pytest.fixture
def handler(cloudformation):
    return cloudformation.handler


class Templates:
    """Properties of custom resources; what they need is made on the way, without the function."""

    def __init__(self, service: Service, clock: VirtualClock) -> None:
        self._service = service
        self._clock = clock
        self._needed: dict[str, Deployed] = {}

    def properties(self, kind: str, **changed: Any) -> dict[str, Any]:
        """The properties for a kind; parameters that are given replace those of the table."""
        more = {key: changed.pop(key) for key in list(changed) if key[0].isupper()}
        parameters = self._parameters(kind, changed)
        return {"Name": "films-dev-hrnn", "Owner": f"films-dev/{kind}", "Parameters": parameters, **more}

    def needed(self, which: str) -> Deployed:
        """A resource that others need, of a kind or a variant of one."""
        if which not in self._needed:
            kind, changed = VARIANTS.get(which, (which, {}))
            name = {KINDS[kind].name_key: f"needed-{which}"}
            answer = self._service.dispatch(f"Create{kind}", self._parameters(kind, changed) | name)
            self._clock.advance(3_600)
            arn = answer[KINDS[kind].arn_key]
            self._needed[which] = Deployed(kind, f"Needed{which}", arn, {}, {"Arn": arn})
        return self._needed[which]

    def _parameters(self, kind: str, changed: Mapping[str, Any]) -> dict[str, Any]:
        for need in NEEDS.get(kind, []):
            self.needed(need)
        return {key: self._resolved(value) for key, value in (PARAMETERS[kind] | changed).items()}

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return self.needed(value[1:]).physical_id
        return value


@pytest.fixture
def templates(faults, clock, s3):
    return Templates(faults.service, clock)
