"""What comes in one by one: events, and single records. When an operation has answered, the data is on disk."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from data_prep import checks
from data_prep.schemas import Field
from personalize_local.service import attribution
from personalize_local.service.errors import InvalidInput, ResourceNotFound
from personalize_local.service.kinds.datasets import columns_of, dataset_of, rows_of
from personalize_local.service.kinds.kind import Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.rows import Interaction, InteractionRows, RecordRows, Row

MAX_EVENT_BYTES = 10 * 1024

# Words that the keys of an event's properties cannot be; an event has members for them.
RESERVED = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})


def put_events(region: Region, request: Request) -> dict[str, Any]:
    """PutEvents: what a user, or a visitor not yet known, is doing."""
    with region.lock:
        dataset = _tracked(region, request["trackingId"])
        fields = columns_of(region, dataset)
        rows = rows_of(region, dataset)
    assert isinstance(rows, InteractionRows)
    user = request.get("userId", request["sessionId"])
    events = [_interaction(event, user, fields) for event in request["eventList"]]
    rows.add(events, session=request["sessionId"], known_user="userId" in request)
    attribution.publish_events(region, dataset.members["datasetGroupArn"], events)
    return {}


def put_items(region: Region, request: Request) -> dict[str, Any]:
    """PutItems: add items or replace them."""
    return _put(region, request, "ITEMS", "ITEM_ID", [(item["itemId"], item) for item in request["items"]])


def put_users(region: Region, request: Request) -> dict[str, Any]:
    """PutUsers: add users or replace them."""
    return _put(region, request, "USERS", "USER_ID", [(user["userId"], user) for user in request["users"]])


def put_actions(region: Region, request: Request) -> dict[str, Any]:
    """PutActions: add actions or replace them."""
    return _put(
        region, request, "ACTIONS", "ACTION_ID", [(action["actionId"], action) for action in request["actions"]]
    )


def put_action_interactions(region: Region, request: Request) -> dict[str, Any]:
    """PutActionInteractions: which actions users took, saw or did not take; tracked by the dataset's own ID."""
    with region.lock:
        tracked = region.members("Dataset", trackingId=request["trackingId"])
        if not tracked:
            raise ResourceNotFound(f"Tracking ID {request['trackingId']} does not exist.")
        dataset = region.find_active("Dataset", tracked[0].arn)
        fields, rows = columns_of(region, dataset), rows_of(region, dataset)
    assert isinstance(rows, InteractionRows)
    events = []
    for given in request["actionInteractions"]:
        row = _columns(_properties(given), fields) | _given(
            USER_ID=given.get("userId", given["sessionId"]),
            ACTION_ID=given["actionId"],
            TIMESTAMP=int(given["timestamp"]),
            EVENT_TYPE=given["eventType"],
            RECOMMENDATION_ID=given.get("recommendationId"),
            IMPRESSION="|".join(given.get("impression", ())) or None,
        )
        _check(row, fields)
        user, action = row.pop("USER_ID"), row.pop("ACTION_ID")
        timestamp, event_type = row.pop("TIMESTAMP"), row.pop("EVENT_TYPE")
        events.append((given, Interaction(user, action, timestamp, event_type, row, given.get("eventId"))))
    for given, event in events:
        rows.add([event], session=given["sessionId"], known_user="userId" in given)
    return {}


def _tracked(region: Region, tracking_id: str) -> Resource:
    """The dataset that the events of a tracker go to."""
    trackers = region.members("EventTracker", trackingId=tracking_id)
    if not trackers or not trackers[0].is_active(region.clock.now()):
        raise InvalidInput(f"Tracking ID {tracking_id} belongs to no ACTIVE event tracker.")
    group = trackers[0].members["datasetGroupArn"]
    dataset = dataset_of(region, group, "INTERACTIONS")
    if dataset is None:
        raise InvalidInput(f"Dataset group {group} has no Interactions dataset for the events.")
    return dataset


def _interaction(event: Mapping[str, Any], user: str, fields: Sequence[Field]) -> Interaction:
    size = len(json.dumps(event, ensure_ascii=False).encode())
    if size > MAX_EVENT_BYTES:
        raise InvalidInput(f"An event can have at most {MAX_EVENT_BYTES} bytes, got {size}.")
    properties = _properties(event)
    refused = [key for key in properties if _plain(key) in RESERVED]
    if refused:
        raise InvalidInput(f"Properties cannot have the keys [{', '.join(refused)}].")
    row = _columns(properties, fields) | _given(
        USER_ID=user,
        ITEM_ID=event.get("itemId"),
        TIMESTAMP=int(event["sentAt"]),
        EVENT_TYPE=event["eventType"],
        EVENT_VALUE=event.get("eventValue"),
        RECOMMENDATION_ID=event.get("recommendationId"),
        IMPRESSION="|".join(event.get("impression", ())) or None,
        EVENT_ATTRIBUTION_SOURCE=event.get("metricAttribution", {}).get("eventAttributionSource"),
    )
    _check(row, fields)
    item_id, timestamp, event_type = row.pop("ITEM_ID"), row.pop("TIMESTAMP"), row.pop("EVENT_TYPE")
    del row["USER_ID"]
    return Interaction(user, item_id, timestamp, event_type, row, event.get("eventId"))


def _put(
    region: Region, request: Request, dataset_type: str, id_column: str, records: list[tuple[str, Mapping[str, Any]]]
) -> dict[str, Any]:
    with region.lock:
        dataset = region.find_active("Dataset", request["datasetArn"])
        if dataset.members["datasetType"] != dataset_type:
            raise InvalidInput(f"Dataset {dataset.arn} is not of type {dataset_type}.")
        fields = columns_of(region, dataset)
        rows = rows_of(region, dataset)
    assert isinstance(rows, RecordRows)
    new = [_columns(_properties(record), fields) | {id_column: record_id} for record_id, record in records]
    for row in new:
        _check(row, fields)
    rows.put(new)
    return {}


def _properties(record: Mapping[str, Any]) -> dict[str, Any]:
    """The properties, which come as a JSON document in a string."""
    try:
        properties = json.loads(record.get("properties", "{}"))
    except json.JSONDecodeError as error:
        raise InvalidInput("Error parsing properties json") from error
    if not isinstance(properties, dict):
        raise InvalidInput("Error parsing properties json")
    return properties


def _columns(properties: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """Values by column: keys are the columns' names in camel case; what the schema does not have is left out."""
    names = {_plain(field.name): field.name for field in fields}
    return {names[_plain(key)]: value for key, value in properties.items() if _plain(key) in names}


def _plain(name: str) -> str:
    """What numberOfRatings and NUMBER_OF_RATINGS have in common."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _check(row: Row, fields: Sequence[Field]) -> None:
    """Refuse what an import of the same row would."""
    for field in fields:
        value = row.get(field.name)
        text = "" if value is None else str(value)
        problem = checks.refusal(field, text)
        if problem:
            raise InvalidInput(f"{field.name}: {problem}.")
