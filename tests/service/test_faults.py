"""Faults that are asked for: which calls they hit, and what clients see of them."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from personalize_local.service import faults as module
from personalize_local.service.errors import ServiceError
from personalize_local.testing import faults, mock_personalize

from .conftest import ROLE


def outcomes(lab, calls=40, operation="ListSchemas"):
    """The code of the error of each call in turn; None for an answer."""
    codes = []
    for _ in range(calls):
        try:
            lab(operation)
            codes.append(None)
        except ServiceError as error:
            codes.append((error.code, error.status))
    return codes


def test_so_many_calls_of_an_operation_are_refused_and_counted(lab):
    lab.service.faults.add("ListSchemas", "throttle", rate=0.25, seed=1)
    codes = outcomes(lab, 400)
    hits = codes.count(("ThrottlingException", 400))
    assert set(codes) == {None, ("ThrottlingException", 400)}
    assert 80 <= hits <= 120
    (fault,) = lab.service.faults.all()
    assert (fault["calls"], fault["hits"]) == (400, hits)
    assert set(outcomes(lab, operation="ListSolutions")) == {None}


def test_the_same_seed_hits_the_same_calls_and_another_one_others(make_lab):
    def hit(seed):
        lab = make_lab()
        lab.service.faults.add("*", "error", rate=0.3, seed=seed)
        return outcomes(lab)

    assert hit(1) == hit(1) != hit(2)
    assert set(hit(1)) == {None, ("InternalFailure", 500)}


def test_a_restart_goes_on_in_the_sequence(make_lab, tmp_path):
    whole = make_lab()
    whole.service.faults.add("*", "throttle", rate=0.3, times=7)
    first = make_lab(state=tmp_path)
    first.service.faults.add("*", "throttle", rate=0.3, times=7)
    begun = outcomes(first, 15)
    first.service.close()
    assert begun + outcomes(make_lab(state=tmp_path), 25) == outcomes(whole, 40)


def test_throttling_has_the_status_of_the_api(lab):
    lab.service.faults.add("*", "throttle")
    with pytest.raises(ServiceError) as caught:
        lab("GetRecommendations", campaignArn=lab.arn("campaign/none"))
    assert (caught.value.code, caught.value.status) == ("ThrottlingException", 429)


def test_late_answers_are_answers(lab, monkeypatch):
    slept = []
    monkeypatch.setattr(module, "sleep", slept.append)
    lab.service.faults.add("ListSchemas", "latency", seconds=0.2)
    lab.service.faults.add("*", "latency", seconds=0.05)
    assert lab("ListSchemas") == {"schemas": []}
    assert slept == [0.25]


def test_what_a_create_begins_fails_with_the_reason_so_many_times(lab):
    solution = lab.solution(lab.filled_group())
    lab.service.faults.add("CreateSolutionVersion", "fail", reason="no capacity", times=1)
    first, second = (lab("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"] for _ in range(2))
    lab.wait()
    failed = lab("DescribeSolutionVersion", solutionVersionArn=first)["solutionVersion"]
    assert (failed["status"], failed["failureReason"]) == ("CREATE FAILED", "no capacity")
    assert lab("DescribeSolutionVersion", solutionVersionArn=second)["solutionVersion"]["status"] == "ACTIVE"


def test_an_import_that_fails_brings_nothing_in(lab):
    group = lab.group()
    dataset = lab.dataset(group)
    lab.service.faults.add("*", "denied")
    job = lab.import_file(dataset, lab.upload([("u", "i", 1, "watch")] * 1000))
    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"] == "Insufficient privileges for accessing data in Amazon S3."
    lab.service.faults.remove()
    export = {"s3DataDestination": {"path": "s3://bucket/out/"}}
    lab("CreateDatasetExportJob", jobName="all", datasetArn=dataset, jobOutput=export, roleArn=ROLE)
    assert lab.objects["bucket", "out/all.csv"] == b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n"


def test_an_error_that_operations_declare_hits_those_alone_with_its_status(lab):
    lab.service.faults.add("*", "error", code="ResourceInUseException", times=2)
    assert set(outcomes(lab)) == {None}
    gone = lab.arn("dataset/films/ITEMS")
    for operation, status, request in (("DeleteDataset", 400, {}), ("PutItems", 409, {"items": [{"itemId": "i1"}]})):
        with pytest.raises(ServiceError) as caught:
            lab(operation, datasetArn=gone, **request)
        assert (caught.value.code, caught.value.status) == ("ResourceInUseException", status)


def test_what_is_there_at_once_does_not_fail(lab):
    lab.service.faults.add("*", "fail", reason="no")
    assert lab.schema("Interactions", {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"})
    assert lab.service.faults.all()[0]["calls"] == 0


def test_faults_are_removed_one_by_one_or_all(lab):
    for operation in ("ListSchemas", "ListSolutions", "ListCampaigns"):
        lab.service.faults.add(operation, "error")
    lab.service.faults.remove(2)
    assert [fault["operation"] for fault in lab.service.faults.all()] == ["ListSchemas", "ListCampaigns"]
    with pytest.raises(ServiceError, match="no fault 2"):
        lab.service.faults.remove(2)
    lab.service.faults.remove()
    assert lab.service.faults.all() == []


@pytest.mark.parametrize(
    ("operation", "effect", "settings", "said"),
    [
        ("GetNothing", "error", {}, "GetNothing is not an operation of personalize"),
        ("*", "explode", {}, "the effects are throttle, error, latency, fail, denied"),
        ("ListSchemas", "fail", {"reason": "x"}, "needs an operation that begins something"),
        ("CreateSchema", "fail", {"reason": "x"}, "needs an operation that begins something"),
        ("CreateCampaign", "denied", {}, "needs an operation that begins a job"),
        ("*", "fail", {}, "reason goes with"),
        ("*", "latency", {}, "seconds, greater than 0"),
        ("*", "error", {"rate": 1.5}, "at most 1, got 1.5"),
        ("*", "error", {"times": 0}, "at least 1, got 0"),
        ("*", "error", {"often": 1}, "has no often"),
        ("*", "throttle", {"code": "LimitExceededException"}, "code goes with the effect error"),
        ("ListSchemas", "error", {"code": "LimitExceededException"}, "it has InvalidNextTokenException"),
        ("*", "error", {"code": "NoSuchException"}, "has no error 'NoSuchException'; it has InvalidInputException, "),
    ],
)
def test_what_cannot_be_is_refused(lab, operation, effect, settings, said):
    with pytest.raises(ServiceError, match=said):
        lab.service.faults.add(operation, effect, **settings)


@mock_personalize
def test_boto3_tries_again_until_the_fault_is_over():
    patient = boto3.client("personalize", "us-east-1", config=Config(retries={"total_max_attempts": 3}))
    faults().add("CreateDatasetGroup", "throttle", times=1)
    faults().add("CreateDatasetGroup", "error", times=1)
    assert patient.create_dataset_group(name="films")["ResponseMetadata"]["RetryAttempts"] == 2
    faults().add("ListDatasetGroups", "error")
    with pytest.raises(ClientError, match="InternalFailure"):
        boto3.client("personalize", "us-east-1", config=Config(retries={"total_max_attempts": 1})).list_dataset_groups()
