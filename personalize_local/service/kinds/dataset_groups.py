"""Dataset groups: the container of everything else."""

from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.kind import Hold, Kind, Quota, Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Members


def admit(region: Region, request: Request) -> Members:
    """A key needs a role that may use it, and a role alone is good for nothing."""
    if ("kmsKeyArn" in request) != ("roleArn" in request):
        raise InvalidInput("kmsKeyArn and roleArn must be given together.")
    return {}


DATASET_GROUP = Kind(
    "DatasetGroup",
    admit=admit,
    holds=tuple(Hold(kind, "datasetGroupArn") for kind in ("Dataset", "Solution", "EventTracker", "Recommender")),
    quota=Quota("dataset_groups"),
    takes=("Filter", "MetricAttribution", "DataDeletionJob"),
)
