"""What the local cloud itself is asked, beside AWS's APIs."""

import pytest

from personalize_local.errors import LocalCloudError


@pytest.fixture
def faults(cloud):
    """The path of the faults; there are none before and after."""
    yield "faults"
    cloud.ask("DELETE", "faults")


def test_faults_are_added_hit_and_removed(cloud, aws, faults):
    added = cloud.ask("POST", faults, {"operation": "ListSchemas", "effect": "throttle", "times": 1})
    personalize = aws("personalize")
    with pytest.raises(personalize.exceptions.ClientError, match="ThrottlingException"):
        personalize.list_schemas()
    personalize.list_schemas()
    (fault,) = cloud.ask("GET", faults)["faults"]
    assert fault == added | {"calls": 2, "hits": 1}
    cloud.ask("DELETE", f"faults/{fault['id']}")
    assert cloud.ask("GET", faults) == {"faults": []}


def test_faults_of_another_region_are_others(cloud, aws, faults):
    cloud.ask("POST", "faults?region=eu-west-1", {"operation": "*", "effect": "error"})
    elsewhere = aws("personalize", region="eu-west-1")
    aws("personalize").list_schemas()
    with pytest.raises(elsewhere.exceptions.ClientError, match="InternalFailure"):
        elsewhere.list_schemas()
    cloud.ask("DELETE", "faults?region=eu-west-1")


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "faults", {"operation": "*", "effect": "none"}, "There is no effect 'none'"),
        ("POST", "faults", {"operation": "*"}, "has an operation, an effect"),
        ("POST", "faults", {"operation": "*", "effect": "error", "rate": "much"}, "of the right types"),
        ("DELETE", "faults/99", None, "There is no fault 99"),
        ("GET", "faults?region=../../elsewhere", None, "There is no account 123456789012 with a region"),
        ("GET", "weather", None, "nothing at GET /_personalize/weather"),
    ],
)
def test_what_cannot_be_asked_is_refused(cloud, faults, method, path, body, said):
    with pytest.raises(LocalCloudError, match=said):
        cloud.ask(method, path, body)
