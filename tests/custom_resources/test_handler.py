import json
import logging
from dataclasses import asdict

import pytest

from custom_resources import handler as module
from custom_resources.errors import InvalidRequest
from custom_resources.request import Begun

from .simulation import EVENTS


@pytest.fixture
def event():
    return json.loads((EVENTS / "create.json").read_text())


def test_an_event_is_answered_with_the_arn_and_what_was_there_before(handler, event, clock):
    arn = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/films-291c9272"

    answer = handler.on_event(event)

    assert answer == {
        "PhysicalResourceId": arn,
        "Begun": asdict(Begun(clock.now(), name="films-291c9272")),
    }
    assert handler.is_complete(event | answer) == {"IsComplete": False}
    clock.advance(3_600)
    assert handler.is_complete(event | answer) == {
        "IsComplete": True,
        "PhysicalResourceId": arn,
        "Data": {"Arn": arn, "Name": "films-291c9272"},
    }


def test_each_call_is_logged_in_one_line(handler, event, caplog):
    with caplog.at_level(logging.INFO):
        handler.on_event(event)

    (line,) = (json.loads(record.message) for record in caplog.records)
    assert line == {
        "resource_type": "DatasetGroup",
        "logical_id": "Hrnn0A1B2C3D",
        "request": "Create",
        "physical_id": "arn:aws:personalize:eu-west-1:123456789012:dataset-group/films-291c9272",
        "waited_seconds": 0,
        "outcome": "waiting",
        "decision": "created",
    }


def test_failures_are_logged_with_their_message(handler, event, caplog):
    event["ResourceProperties"]["Parameters"] = {"kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1"}

    with caplog.at_level(logging.INFO), pytest.raises(module.Refused) as failed:
        handler.on_event(event)

    (line,) = (json.loads(record.message) for record in caplog.records)
    assert (line["outcome"], line["decision"]) == ("failed", str(failed.value))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ResourceType": "Custom::PersonalizeTeapot"}, "there is no resource type Custom::PersonalizeTeapot, only"),
        ({"RequestType": "Look"}, "RequestType must be one of .*, got 'Look'"),
        ({"ResourceProperties": {"Name": "films"}}, "the property Owner is missing, got"),
        ({"ResourceType": "Custom::PersonalizeDataset"}, r"the parameters \['datasetGroupArn', .*\] of a dataset are"),
    ],
)
def test_an_event_that_is_none_is_refused(changed, message, handler, event):
    with pytest.raises(InvalidRequest, match=message):
        handler.on_event(event | changed)


def test_an_event_without_a_member_is_refused(handler, event):
    del event["StackId"]

    with pytest.raises(InvalidRequest, match="the event has no 'StackId'"):
        handler.on_event(event)


def test_the_functions_make_their_clients_once(faults, event, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    module._handler.cache_clear()

    answer = module.on_event(event, None)
    module.is_complete(event | answer, None)

    assert module._handler.cache_info().misses == 1
    module._handler.cache_clear()
