"""Every operation answers, and every error that one declares can be had: by its cause, or else by a fault."""

import shutil
from dataclasses import fields

import pytest

from personalize_local.service import api
from personalize_local.service.clock import VirtualClock
from personalize_local.service.errors import ServiceError
from personalize_local.service.quotas import Quotas

from .conftest import ITEMS, REGION, ROLE, USERS, Lab, schema_text, small_log
from .test_actions import DEEDS
from .test_jobs import ask
from .test_models import STRANGER, request_of
from .test_recommenders import domain_group, recipe_arn

DECLARED = [
    (operation, error.removesuffix("Exception"))
    for service in api.SERVICES
    for operation in api.service_model(service).operation_names
    for error in sorted(api.declared_errors(operation))
]
COUNTS = [quota.name for quota in fields(Quotas) if quota.default <= 500 and "fields" not in quota.name]
TAGS = [{"tagKey": f"key{number}", "tagValue": ""} for number in range(51)]
OUTPUT = {"s3DataDestination": {"path": "s3://bucket/out/"}}
METRICS = [{"metricName": "m", "eventType": "watch", "expression": "SAMPLECOUNT()"}]
VIDEO = recipe_arn("aws-vod-most-popular")

# Declared, but the facts know no cause; the service does not raise them by itself.
ONLY_BY_A_FAULT = {
    *((f"{verb}Resource", "ResourceInUse") for verb in ("Tag", "Untag", "ListTagsFor")),
    ("TagResource", "LimitExceeded"),
    ("UpdateSolution", "LimitExceeded"),
    # Of these there is one for a dataset group, or one of a type: another one exists already.
    *((f"Create{kind}", "LimitExceeded") for kind in ("Dataset", "EventTracker", "MetricAttribution")),
}


class World:
    """A service with one of everything that is ACTIVE, and one of everything that is being created."""

    def __init__(self, state):
        self.lab = lab = Lab(state=state)
        self.group = lab.filled_group("old")
        items, users = lab.dataset(self.group, "Items", ITEMS), lab.dataset(self.group, "Users", USERS)
        self.deeds = self._dataset("deeds", self.group, "Action_Interactions", "ActionInteractions", DEEDS)
        lab.wait()
        self.datasets = {"Items": items, "Users": users}
        self.location, self.users = lab.upload(small_log()), lab.upload([["u1"]], ["USER_ID"], "users.csv")
        self.question = ask(lab, {"userId": "u1", "itemId": "i1"})
        self.video = domain_group(lab, "video")
        self.solution = lab.solution(self.group, name="old")
        self.version = lab.version(self.solution, name="old")
        self.segments = lab.version(lab.solution(self.group, "aws-item-affinity", "segments"))
        self.arns = {}
        for operation in self.creates("old"):
            if operation not in {"CreateDatasetGroup", "CreateDataset", "CreateSolution", "CreateSolutionVersion"}:
                self.arns |= lab(operation, **self.creates("old")[operation])
        lab.wait(20 * 3600)
        self._begin()

    def creates(self, name):
        """A valid request for each Create operation."""
        group = {"datasetGroupArn": self.group}
        job = {"jobName": name, "roleArn": ROLE}
        interactions = self.lab.arn("dataset/old/INTERACTIONS")
        batch = {"jobInput": {"s3DataSource": {"path": self.question}}, "jobOutput": OUTPUT}
        recipe = recipe_arn("aws-popularity-count")
        return {
            "CreateDatasetGroup": {"name": name},
            "CreateSchema": {"name": name, "schema": schema_text("Items", ITEMS)},
            "CreateDataset": {
                **group,
                "name": name,
                "schemaArn": self.lab.arn("schema/old-Items"),
                "datasetType": "Items",
            },
            "CreateEventTracker": {**group, "name": name},
            "CreateFilter": {
                **group,
                "name": name,
                "filterExpression": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
            },
            "CreateMetricAttribution": {
                **group,
                "name": name,
                "metrics": METRICS,
                "metricsOutputConfig": {"roleArn": ROLE},
            },
            "CreateSolution": {**group, "name": name, "recipeArn": recipe},
            "CreateSolutionVersion": {"name": name, "solutionArn": self.solution},
            "CreateCampaign": {"name": name, "solutionVersionArn": self.version},
            "CreateRecommender": {"name": name, "datasetGroupArn": self.video, "recipeArn": VIDEO},
            "CreateDatasetImportJob": {
                **job,
                "datasetArn": interactions,
                "dataSource": {"dataLocation": self.location},
            },
            "CreateDatasetExportJob": {**job, "datasetArn": interactions, "jobOutput": OUTPUT},
            "CreateDataDeletionJob": {**job, **group, "dataSource": {"dataLocation": self.users}},
            "CreateBatchInferenceJob": {**job, **batch, "solutionVersionArn": self.version},
            "CreateBatchSegmentJob": {**job, **batch, "solutionVersionArn": self.segments},
        }

    def _dataset(self, name, group, dataset_type, record, columns):
        schema = self.lab.schema(record, columns, name)
        return self.lab("CreateDataset", name=name, schemaArn=schema, datasetGroupArn=group, datasetType=dataset_type)[
            "datasetArn"
        ]

    def _begin(self):
        """What stays as it is, since time stands still from here on."""
        lab = self.lab
        young = lab.group("young")
        self.young = {
            "datasetGroupArn": lab("CreateDatasetGroup", name="newest")["datasetGroupArn"],
            **lab("CreateEventTracker", name="young", datasetGroupArn=young),
            **lab("CreateFilter", **self.creates("young")["CreateFilter"]),
            **lab(
                "CreateMetricAttribution",
                **self.creates("young")["CreateMetricAttribution"] | {"datasetGroupArn": young},
            ),
            **lab("CreateRecommender", **self.creates("young")["CreateRecommender"]),
            **lab("CreateCampaign", **self.creates("young")["CreateCampaign"]),
            **lab("CreateSolutionVersion", **self.creates("young")["CreateSolutionVersion"]),
        }
        kinds = {"Items": ITEMS, "Users": USERS, "Actions": {"ACTION_ID": "string", "COST": "int"}}
        self.young_datasets = {
            kind: self._dataset(f"young-{kind}", young, kind, kind, columns) for kind, columns in kinds.items()
        }
        self.young["datasetArn"] = self.young_datasets["Items"]
        deeds = self._dataset("young-deeds", young, "Action_Interactions", "ActionInteractions", DEEDS)
        self.young_tracking = lab("DescribeDataset", datasetArn=deeds)["dataset"]["trackingId"]
        self.young["solutionArn"] = lab("CreateSolution", **self.creates("newest")["CreateSolution"])["solutionArn"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.lab.service.close()


@pytest.fixture(scope="module")
def full(world, make_lab, tmp_path_factory):
    """The same service where nothing more may be created."""
    state = tmp_path_factory.mktemp("full") / "state"
    shutil.copytree(world.lab.service._region.folder, state)
    lab = make_lab(
        state=state, clock=world.lab.clock, objects=world.lab.objects, quotas=Quotas(**dict.fromkeys(COUNTS, 0))
    )
    return lab


def busy(world, operation):
    """A request about something that is not ready for it."""
    request = world.creates("more").get(operation, request_of(operation))
    group = {"datasetGroupArn": world.young["datasetGroupArn"]}
    waiting = {
        "CreateDatasetImportJob": ("datasetArn",),
        "CreateDatasetExportJob": ("datasetArn",),
        "CreateSolutionVersion": ("solutionArn",),
        "CreateCampaign": ("solutionVersionArn",),
        "CreateBatchInferenceJob": ("solutionVersionArn",),
        "CreateBatchSegmentJob": ("solutionVersionArn",),
        "UpdateMetricAttribution": ("metricAttributionArn",),
    }
    if operation == "DeleteSchema":
        return {"schemaArn": world.lab.arn("schema/old-Items")}
    if operation == "StopSolutionVersionCreation":  # it has ended
        return {"solutionVersionArn": world.version}
    if operation == "PutActionInteractions":
        return request | {"trackingId": world.young_tracking}
    if operation.startswith("Put"):
        return request | {"datasetArn": world.young_datasets[operation.removeprefix("Put")]}
    if operation.startswith("Create") and operation not in waiting:
        return request | group
    names = waiting.get(operation) or [name for name in request if name in world.young][:1]
    return request | {name: world.young[name] for name in names}


def unknown(world, operation):
    """A request about something that there is not."""
    if operation.startswith("Create"):
        request = world.creates("more")[operation]
        name = next(name for name in request if name.endswith("Arn") and name not in {"roleArn", "recipeArn"})
        return request | {name: STRANGER}
    not_required = {
        "GetRecommendations": "campaignArn",
        "GetActionRecommendations": "campaignArn",
        "ListSolutionVersions": "solutionArn",
        "UpdateMetricAttribution": "metricAttributionArn",
    }
    more = {not_required[operation]: STRANGER} if operation in not_required else {}
    return request_of(operation) | more


def provoke(world, operation, error):
    """The request that gets the error from a service whose quotas are not used up."""
    attribution = {"metricAttributionArn": world.arns["metricAttributionArn"]}
    creates, too_many = world.creates("more").get(operation, {}), {"resourceArn": world.group}
    listed = {"ListSolutionVersions": {"solutionArn": world.solution}, "ListMetricAttributionMetrics": attribution}
    exists = world.creates("old") | {"UpdateMetricAttribution": attribution | {"addMetrics": METRICS}}
    requests = {
        "InvalidInput": lambda: {"colour": "red"},
        "InvalidNextToken": lambda: listed.get(operation, {}) | {"nextToken": "bm8="},
        "ResourceNotFound": lambda: unknown(world, operation),
        "ResourceInUse": lambda: busy(world, operation),
        "TooManyTags": lambda: (too_many if operation == "TagResource" else creates) | {"tags": TAGS},
        "TooManyTagKeys": lambda: too_many | {"tagKeys": [tag["tagKey"] for tag in TAGS]},
        "ResourceAlreadyExists": lambda: exists[operation],
        "LimitExceeded": lambda: creates,
    }
    return requests[error]()


@pytest.mark.parametrize(("operation", "error"), sorted({*DECLARED} - ONLY_BY_A_FAULT))
def test_a_declared_error_has_its_cause_its_status_and_names_what_it_is_about(world, full, operation, error):
    request = provoke(world, operation, error)
    lab = full if error == "LimitExceeded" else world.lab

    with pytest.raises(ServiceError) as caught:
        lab(operation, **request)

    assert caught.value.code == f"{error}Exception", caught.value.message
    assert caught.value.status == (api.declared_status(api.operation(operation), caught.value.code) or 400)
    named = {
        "InvalidInput": ["'colour'"],
        "InvalidNextToken": ["bm8="],
        "TooManyTags": ["at most 50 tags"],
        "TooManyTagKeys": ["At most 50 tag keys"],
        "LimitExceeded": ["More than 0 resources"],
        "ResourceAlreadyExists": [f"arn:aws:personalize:{REGION}", "Metric M "],
        "ResourceNotFound": [STRANGER, "stranger"],
        "ResourceInUse": [f"arn:aws:personalize:{REGION}"],
    }[error]
    assert any(words in caught.value.message for words in named), caught.value.message


@pytest.mark.parametrize(("operation", "error"), sorted(ONLY_BY_A_FAULT))
def test_what_the_service_never_says_by_itself_a_fault_says(make_lab, operation, error):
    assert (operation, error) in DECLARED
    lab = make_lab()
    lab.service.faults.add(operation, "error", code=f"{error}Exception")

    with pytest.raises(ServiceError) as caught:
        lab(operation)

    assert (caught.value.code, caught.value.status) == (f"{error}Exception", 400)


class Afterwards:
    """A copy of the service in which all is ACTIVE that was being created, and a valid request for each operation."""

    def __init__(self, world, lab):
        self.lab = lab
        arns = world.arns | {
            "datasetGroupArn": world.group,
            "datasetArn": world.datasets["Items"],
            "solutionArn": world.solution,
            "solutionVersionArn": world.version,
            "recipeArn": recipe_arn("aws-hrnn"),
            "algorithmArn": "arn:aws:personalize:::algorithm/aws-hrnn",
            "featureTransformationArn": "arn:aws:personalize:::feature-transformation/aws-hrnn",
            "resourceArn": world.group,
        }
        named = {
            operation: {name: arns[name] for name in request_of(operation) if name in arns}
            for operation in {operation for operation, _ in DECLARED} | {"ListDatasetGroups", "ListSchemas"}
        }
        recommender = {"recommenderArn": arns["recommenderArn"]}
        self.requests = (
            named
            | world.creates("more")
            | {
                "CreateDataset": world.creates("more")["CreateDataset"] | self._room_for_a_dataset(),
                "CreateEventTracker": {"name": "more", "datasetGroupArn": world.video},
                "CreateMetricAttribution": world.creates("more")["CreateMetricAttribution"]
                | {"datasetGroupArn": world.video},
                "DeleteDatasetGroup": {"datasetGroupArn": world.young["datasetGroupArn"]},
                "DeleteSolution": {"solutionArn": world.segments.rpartition("/")[0]},
                "UpdateCampaign": {"campaignArn": arns["campaignArn"], "minProvisionedTPS": 2},
                "UpdateDataset": {"datasetArn": arns["datasetArn"], "schemaArn": lab.arn("schema/old-Items")},
                "UpdateMetricAttribution": {
                    "metricAttributionArn": arns["metricAttributionArn"],
                    "metricsOutputConfig": {"roleArn": ROLE},
                },
                "UpdateRecommender": recommender | {"recommenderConfig": {"minRecommendationRequestsPerSecond": 2}},
                "UpdateSolution": {"solutionArn": world.solution, "performAutoTraining": False},
                "TagResource": {"resourceArn": world.group, "tags": TAGS[:50]},
                "UntagResource": {"resourceArn": world.group, "tagKeys": ["key1"]},
                "GetRecommendations": {"campaignArn": arns["campaignArn"], "userId": "u1"},
                "PutEvents": {
                    "trackingId": arns["trackingId"],
                    "sessionId": "s",
                    "eventList": [{"eventType": "watch", "itemId": "i1", "sentAt": 1_700_000_000}],
                },
                "PutItems": {"datasetArn": world.datasets["Items"], "items": [{"itemId": "new"}]},
                "PutUsers": {
                    "datasetArn": world.datasets["Users"],
                    "users": [{"userId": "new", "properties": '{"age": 30}'}],
                },
                "PutActions": {
                    "datasetArn": world.young_datasets["Actions"],
                    "actions": [{"actionId": "new", "properties": '{"cost": 1}'}],
                },
                "PutActionInteractions": {
                    "trackingId": world.young_tracking,
                    "actionInteractions": [
                        {
                            "actionId": "join",
                            "userId": "u1",
                            "sessionId": "s",
                            "timestamp": 1_700_000_000,
                            "eventType": "Taken",
                        }
                    ],
                },
            }
        )

    def _room_for_a_dataset(self):
        return {
            "datasetGroupArn": self.lab.arn("dataset-group/newest"),
            "schemaArn": self.lab.arn("schema/old-Items"),
        }


@pytest.fixture
def afterwards(world, make_lab, tmp_path):
    shutil.copytree(world.lab.service._region.folder, tmp_path / "state")
    clock = VirtualClock(world.lab.clock.now() + 55 * 60)
    lab = make_lab(state=tmp_path / "state", clock=clock, objects=world.lab.objects)
    yield Afterwards(world, lab)
    lab.service.close()


# These need a campaign of a recipe of their own: test_actions.py and test_runtime.py have one.
ELSEWHERE = {"GetActionRecommendations", "GetPersonalizedRanking"}


@pytest.mark.parametrize(
    "operation",
    sorted({name for service in api.SERVICES for name in api.service_model(service).operation_names} - ELSEWHERE),
)
def test_every_operation_answers_a_valid_request_in_the_shape_of_its_model(afterwards, operation):
    lab, request = afterwards.lab, afterwards.requests[operation]
    if operation == "StartRecommender":
        lab("StopRecommender", **request)
        lab.wait()
    if operation == "StopSolutionVersionCreation":
        request = lab("CreateSolutionVersion", **afterwards.requests["CreateSolutionVersion"])

    answer = lab(operation, **request)

    shape = api.operation(operation).output_shape
    problems = list(api._problems(answer, shape, "")) if shape else []
    # The model gives the role of two jobs the pattern of Personalize's own ARNs.
    assert [problem for problem in problems if ".roleArn' failed" not in problem] == []
    assert bool(answer) == bool(shape and shape.members)
