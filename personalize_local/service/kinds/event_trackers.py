"""Event trackers: the door for events."""

from uuid import uuid4

from personalize_local.service.kinds.kind import Kind, Need, Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource


def admit(region: Region, request: Request) -> Members:
    """Give out the tracking ID that events are sent with."""
    return {"trackingId": str(uuid4()), "accountId": region.account, "hash": uuid4().hex[:8]}


def twin(region: Region, members: Members) -> Resource | None:
    """A dataset group has one tracker, and names are unique, though ARNs do not hold them."""
    same_group = region.members("EventTracker", datasetGroupArn=members["datasetGroupArn"])
    return next(iter(same_group + region.members("EventTracker", name=members["name"])), None)


EVENT_TRACKER = Kind(
    "EventTracker",
    admit=admit,
    path=lambda members: f"event-tracker/{members['hash']}",
    twin=twin,
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
)
