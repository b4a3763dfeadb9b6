"""Events and single records: taken in one by one, on disk when they are answered."""

import subprocess
import sys

import pytest

from .conftest import INTERACTIONS

FIELDS = INTERACTIONS | {"EVENT_VALUE": ["float", "null"], "NUMBER_OF_STARS": ["int", "null"]}


@pytest.fixture
def dataset(lab):
    return lab.dataset(lab.group(), fields=FIELDS)


@pytest.fixture
def refusal(lab, dataset):
    """The error that one event gets."""
    tracking_id = lab.tracker(lab.arn("dataset-group/films"))

    def put(**event):
        event = {"eventType": "watch", "itemId": "i1", "sentAt": 1_600_000_000} | event
        event = {name: value for name, value in event.items() if value is not None}
        return lab.refusal("PutEvents", trackingId=tracking_id, sessionId="s", eventList=[event])

    return put


def train_on_events(lab, calls):
    """The items that are popular after these PutEvents, each with 10 events of 40 users."""
    group = lab.arn("dataset-group/films")
    tracking_id = lab.tracker(group)
    for number, more in enumerate(calls):
        events = [{"eventType": "watch", "sentAt": 1_600_000_000 + 10 * number + place, **more} for place in range(10)]
        lab("PutEvents", trackingId=tracking_id, sessionId=f"s{number}", userId=f"u{number % 40}", eventList=events)
    version = lab.version(lab.solution(group))
    described = lab("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]
    if described["status"] != "ACTIVE":
        return described["failureReason"]
    return lab.recommended(lab.campaign(version))


def test_a_training_can_live_on_events_alone(lab, dataset):
    assert train_on_events(lab, [{"itemId": "i1"}] * 60 + [{"itemId": "i2"}] * 50) == ["i1", "i2"]


def test_the_item_may_stand_in_the_properties(lab, dataset):
    assert train_on_events(lab, [{"properties": '{"itemId": "i1"}'}] * 100) == ["i1"]


def test_the_same_event_id_counts_once(lab, dataset):
    calls = [{"itemId": "i1", "eventId": "once"}] * 100
    assert train_on_events(lab, calls) == "Dataset has fewer than 1000 interactions."


def test_the_value_of_an_event_counts_in_training(lab, dataset):
    group = lab.arn("dataset-group/films")
    tracking_id = lab.tracker(group)
    for number in range(200):
        value = 5 if number < 120 else 1
        events = [
            {
                "eventType": "watch",
                "itemId": f"i{value}",
                "eventValue": value,
                "sentAt": 1_600_000_000 + 10 * number + place,
                "properties": '{"numberOfStars": 4}',
            }
            for place in range(10)
        ]
        lab("PutEvents", trackingId=tracking_id, sessionId="s", userId=f"u{number % 40}", eventList=events)
    version = lab.version(lab.solution(group, solutionConfig={"eventValueThreshold": "3"}))
    assert lab.recommended(lab.campaign(version)) == ["i5"]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"properties": "{"}, "Error parsing properties json"),
        ({"properties": "[]"}, "Error parsing properties json"),
        ({"properties": '{"userId": "u", "timestamp": 1}'}, "Properties cannot have the keys [userId, timestamp]."),
        ({"properties": '{"numberOfStars": "many"}'}, "NUMBER_OF_STARS: 'many' is not of type int."),
        ({"itemId": None}, "ITEM_ID: a value is required."),
        ({"sentAt": 1_600_000_000_000}, "TIMESTAMP: 1600000000000 is not a time in Unix epoch seconds."),
    ],
)
def test_an_event_that_an_import_would_refuse_is_refused(refusal, event, problem):
    assert refusal(**event) == ("InvalidInputException", problem)


def test_an_event_has_at_most_ten_kilobytes(refusal):
    code, message = refusal(impression=["映画" * 100 for _ in range(25)])
    assert code == "InvalidInputException"
    assert message.startswith("An event can have at most 10240 bytes, got 15")


def test_an_unknown_tracking_id_is_refused(lab):
    event = {"eventType": "watch", "itemId": "i1", "sentAt": 1_600_000_000}
    assert lab.refusal("PutEvents", trackingId="none", sessionId="s", eventList=[event]) == (
        "InvalidInputException",
        "Tracking ID none belongs to no ACTIVE event tracker.",
    )


def test_events_need_a_dataset_to_go_to(lab):
    group = lab.group()
    event = {"eventType": "watch", "itemId": "i1", "sentAt": 1_600_000_000}
    assert lab.refusal("PutEvents", trackingId=lab.tracker(group), sessionId="s", eventList=[event]) == (
        "InvalidInputException",
        f"Dataset group {group} has no Interactions dataset for the events.",
    )


def test_a_group_has_one_event_tracker(lab):
    group = lab.group()
    lab.tracker(group)
    (tracker,) = lab("ListEventTrackers", datasetGroupArn=group)["eventTrackers"]
    assert lab.refusal("CreateEventTracker", name="other", datasetGroupArn=group) == (
        "ResourceAlreadyExistsException",
        f"Another resource with Arn {tracker['eventTrackerArn']} already exists.",
    )


def test_items_go_to_a_dataset_of_items(lab, dataset):
    assert lab.refusal("PutItems", datasetArn=dataset, items=[{"itemId": "i1"}]) == (
        "InvalidInputException",
        f"Dataset {dataset} is not of type ITEMS.",
    )


def test_a_user_needs_what_the_schema_requires(lab):
    users = lab.dataset(lab.group(), "Users")
    assert lab.refusal("PutUsers", datasetArn=users, users=[{"userId": "u1", "properties": "{}"}]) == (
        "InvalidInputException",
        "AGE: a value is required.",
    )
    assert lab("PutUsers", datasetArn=users, users=[{"userId": "u1", "properties": '{"age": 7}'}]) == {}


SENDER = """
import sys
from pathlib import Path
from personalize_local.service.service import Service

service = Service("123456789012", "us-east-1", state=Path(sys.argv[1]), objects=None)
for number in range(1000):
    event = {"eventType": "watch", "itemId": f"i{number}", "sentAt": 1_600_000_000 + number}
    service.dispatch("PutEvents", dict(trackingId=sys.argv[2], sessionId="s", userId="live", eventList=[event]))
    print(number, flush=True)
"""


def test_an_acknowledged_event_survives_a_kill(make_lab, tmp_path):
    lab = make_lab(state=tmp_path)
    rows = [(f"u{number % 40}", f"i{number % 60}", 1_600_000_000 + number, "watch") for number in range(1200)]
    group = lab.filled_group(rows=rows)
    campaign = lab.campaign(lab.version(lab.solution(group)))
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    unseen = lab("CreateFilter", name="unseen", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    tracking_id = lab.tracker(group)
    lab.service.close()

    with subprocess.Popen([sys.executable, "-c", SENDER, str(tmp_path), tracking_id], stdout=subprocess.PIPE) as sender:
        acknowledged = {f"i{int(sender.stdout.readline())}" for _ in range(25)}
        sender.kill()

    again = make_lab(state=tmp_path, clock=lab.clock)
    left = again.recommended(campaign, userId="live", filterArn=unseen, numResults=100)
    assert len(acknowledged) == 25
    assert acknowledged.isdisjoint(left)
    assert "i59" in left
