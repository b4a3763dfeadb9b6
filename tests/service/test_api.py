"""Requests are held against botocore's models."""

import pytest

from personalize_local.service import api
from personalize_local.service.operations import OPERATIONS


def test_a_missing_member_is_refused_by_name(lab):
    assert lab.refusal("CreateDatasetGroup") == (
        "InvalidInputException",
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    )


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (
            {"name": "-films"},
            "Value '-films' at 'name' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\-_]*",
        ),
        (
            {"name": "f" * 64},
            f"Value '{'f' * 64}' at 'name' failed to satisfy constraint: "
            "Member must have length less than or equal to 63",
        ),
        ({"name": 7}, "Value '7' at 'name' failed to satisfy constraint: Member must be of type string"),
        (
            {"name": "films", "domain": "MUSIC"},
            "Value 'MUSIC' at 'domain' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]",
        ),
        (
            {"name": "films", "tags": [{"tagKey": "team"}]},
            "Value null at 'tags.1.member.tagValue' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"name": "films", "colour": "red"},
            "Value 'red' at 'colour' failed to satisfy constraint: Member is unknown; "
            "the known members are [name, roleArn, kmsKeyArn, domain, tags]",
        ),
    ],
)
def test_a_member_that_breaks_the_model_is_refused_with_the_constraint(lab, request_, problem):
    assert lab.refusal("CreateDatasetGroup", **request_) == (
        "InvalidInputException",
        f"1 validation error detected: {problem}",
    )


def test_all_that_is_wrong_is_told_at_once(lab):
    code, message = lab.refusal("CreateDatasetGroup", name="", domain="MUSIC")
    assert code == "InvalidInputException"
    assert message.startswith("3 validation errors detected: ")  # the empty name breaks its length and its pattern


def test_numbers_are_held_to_their_bounds_and_truth_values_are_no_numbers(lab):
    assert "greater than or equal to 1" in lab.refusal("ListSchemas", maxResults=0)[1]
    assert "less than or equal to 100" in lab.refusal("ListSchemas", maxResults=101)[1]
    assert "Member must be of type integer" in lab.refusal("ListSchemas", maxResults=True)[1]


def test_every_operation_of_the_three_apis_is_built():
    assert {name for service in api.SERVICES for name in api.service_model(service).operation_names} == set(OPERATIONS)


def test_an_operation_that_no_model_has_is_refused(lab):
    assert lab.refusal("CreateMiracle") == (
        "NotImplemented",
        "CreateMiracle is not an operation of personalize, personalize-runtime, personalize-events",
    )


def test_a_member_that_is_null_counts_as_not_given(lab):
    group = lab("CreateDatasetGroup", name="films", domain=None, roleArn=None)
    assert group == {"datasetGroupArn": lab.arn("dataset-group/films")}
    assert lab.refusal("CreateDatasetGroup", name=None)[1].endswith(
        "at 'name' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    "kind",
    [
        "BatchInferenceJob",
        "BatchSegmentJob",
        "DataDeletionJob",
        "DatasetExportJob",
        "MetricAttribution",
        "Recommender",
    ],
)
def test_kinds_that_cannot_be_created_are_listed_as_none(lab, kind):
    (entries,) = lab(f"List{kind}s").values()
    assert entries == []
    key = f"{kind[0].lower()}{kind[1:]}Arn"
    arn = lab.arn("whatever/x")
    assert lab.refusal(f"Describe{kind}", **{key: arn}) == (
        "ResourceNotFoundException",
        f"Resource Arn {arn} does not exist.",
    )
