import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError

from custom_resources.patience import is_transient, passes


def refusal(code, message="", status=400):
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "CreateCampaign")


@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException"),
        refusal("InternalFailure", status=500),
        refusal("ServiceUnavailable", status=503),
        EndpointConnectionError(endpoint_url="https://personalize.eu-west-1.amazonaws.com"),
        ReadTimeoutError(endpoint_url="https://personalize.eu-west-1.amazonaws.com"),
    ],
)
def test_throttling_the_services_failures_and_the_network_pass(error):
    assert is_transient(error)
    assert passes(error, waited_seconds=3_000)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ResourceInUseException"),
        refusal("InvalidInputException", "Unable to assume the provided role."),
    ],
)
def test_what_is_busy_or_new_passes(error):
    assert not is_transient(error)
    assert passes(error, waited_seconds=0)


@pytest.mark.parametrize(
    "error",
    [
        refusal("AccessDeniedException"),
        refusal("LimitExceededException", "The filters of a dataset group can have at most 20 distinct fields."),
        refusal("InvalidInputException", "Filter expression is invalid."),
        refusal("InvalidInputException", "User: arn:aws:sts::1:assumed-role/films/s may not perform: s3:ListBucket"),
        refusal("NotImplemented", status=501),
        ParamValidationError(report="Unknown parameter"),
    ],
)
def test_what_is_wrong_stays_wrong(error):
    assert not passes(error, waited_seconds=0)


def test_a_role_that_is_still_unusable_after_minutes_is_wrong():
    assert not passes(refusal("InvalidInputException", "Unable to assume the provided role."), waited_seconds=300)
