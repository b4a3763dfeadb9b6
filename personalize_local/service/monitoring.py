"""The service's own metrics, with the names and dimensions of the developer guide [cloudwatch-metrics]."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from personalize_local.service.errors import ServiceError
from personalize_local.service.metrics import Datum, Dimensions
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.timeline import ACTIVE

# Operations whose requests are counted -> the names of their count and their latency.
COUNTED: Mapping[str, tuple[str, str]] = {
    "GetRecommendations": ("GetRecommendations", "GetRecommendationsLatency"),
    "GetPersonalizedRanking": ("GetPersonalizedRanking", "GetPersonalizedRankingLatency"),
    "PutEvents": ("PutEventsRequests", "PutEventLatency"),  # the guide's own spelling
    "PutItems": ("PutItemsRequests", "PutItemsLatency"),
    "PutUsers": ("PutUsersRequests", "PutUsersLatency"),
}
# Kinds whose work is counted -> what their metrics' names begin with, the members that are their dimensions.
WORKS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "DatasetImportJob": ("DatasetImportJob", ("datasetGroupArn", "datasetArn", "datasetImportJobArn")),
    "SolutionVersion": ("SolutionTrainingJob", ("solutionArn", "solutionVersionArn")),
}


def answered(
    region: Region, operation: str, request: Mapping[str, Any], error: Exception | None, seconds: float
) -> None:
    """Count a request and, if it was answered, how long that took."""
    if operation not in COUNTED:
        return
    dimensions = _of_request(region, operation, request)
    if not dimensions:
        return
    count, latency = COUNTED[operation]
    now = region.clock.now()
    data = [Datum(count, dimensions, 1.0, "Count", now)]
    if error is None:
        # Rounded, so that the many values of a minute are few different ones.
        data.append(Datum(latency, dimensions, float(f"{seconds * 1000:.2g}"), "Milliseconds", now))
    else:
        status = error.status if isinstance(error, ServiceError) else HTTPStatus.INTERNAL_SERVER_ERROR
        data.append(Datum(f"{operation}{status // 100}xxErrors", dimensions, 1.0, "Count", now))
    region.metrics.put(data)


def begun(region: Region, work: Resource) -> None:
    """Count an import or a training that begins."""
    if work.kind in WORKS:
        name, dimensions = _of_work(work)
        region.metrics.put([Datum(f"{name}Requests", dimensions, 1.0, "Count", region.clock.now())])


def ended(region: Region, work: Resource) -> None:
    """Count an import or a training that failed; tell how long another one took, and how much it imported."""
    if work.kind not in WORKS:
        return
    name, dimensions = _of_work(work)
    (begin, _), (end, outcome) = work.timeline.steps[0], work.timeline.steps[-1]
    if outcome == ACTIVE:
        data = [Datum(f"{name}ExecutionTime", dimensions, end - begin, "Seconds", end)]
        if "bytes" in work.members:
            data.append(Datum("DatasetSize", dimensions, float(work.members["bytes"]), "Bytes", end))
    else:
        data = [Datum(f"{name}Error", dimensions, 1.0, "Count", end)]
    region.metrics.put(data)


def _of_work(work: Resource) -> tuple[str, Dimensions]:
    name, members = WORKS[work.kind]
    return name, tuple((_dimension(member), str(work.members[member])) for member in members)


def _of_request(region: Region, operation: str, request: Mapping[str, Any]) -> Dimensions:
    """What a request was about, if that exists; a request for something else counts nowhere."""
    if operation == "PutEvents":
        with region.lock:
            trackers = region.members("EventTracker", trackingId=str(request.get("trackingId")))
            group = trackers[0].members["datasetGroupArn"] if trackers else ""
            datasets = region.members("Dataset", datasetGroupArn=group, datasetType="INTERACTIONS")
        if not trackers or not datasets:
            return ()
        return ("DatasetGroupArn", group), ("DatasetArn", datasets[0].arn), ("EventTrackerArn", trackers[0].arn)
    for kind, member in (("Campaign", "campaignArn"), ("Recommender", "recommenderArn"), ("Dataset", "datasetArn")):
        found = region.resources.get(str(request.get(member)))
        if found and found.kind == kind:
            group = [("DatasetGroupArn", found.members["datasetGroupArn"])] if kind == "Dataset" else []
            return (*group, (_dimension(member), found.arn))
    return ()


def _dimension(member: str) -> str:
    """A dimension is named as the member is, but for the first letter."""
    return member[0].upper() + member[1:]
