"""What will answer is loaded before it counts, so that no request waits for it.

Who makes or changes a campaign waits until its model is there, and nobody else does: that happens before the operation
takes the region's lock. The model of a recommender, and that of a version which campaigns follow, are loaded at the end
of the training (`trainings.py`), and all that answer when a service starts. Models that nobody needs any more are let
go of.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from personalize_local.service.errors import ServiceError
from personalize_local.service.kinds.campaigns import version_of
from personalize_local.service.kinds.kind import Request
from personalize_local.service.region import Region
from personalize_local.service.timeline import ACTIVE
from personalize_local.service.trainings import folder_of_model

SWITCHES = ("CreateCampaign", "UpdateCampaign")


def before(operation: str, region: Region, request: Request) -> None:
    """Load the model that an operation is going to make a campaign answer with."""
    if operation in SWITCHES and "solutionVersionArn" in request:
        with suppress(ServiceError):  # the operation will say it, or the requests to the campaign
            with region.lock:
                new = folder_of_model(region, version_of(region, request["solutionVersionArn"]))
                region.models.keep({new, *_answering(region)})
            region.models.get(new)


def at_start(region: Region) -> None:
    """Load the models of all that answers."""
    for folder in set(_answering(region)):
        with suppress(ServiceError):  # said already by `state.problems`
            region.models.get(folder)


def _answering(region: Region) -> Iterator[Path]:
    """The models that answer now, or will after an update that is under way."""
    now = region.clock.now()
    for campaign in region.resources.of_kind("Campaign"):
        coming = campaign.update.changes if campaign.update else {}
        for members in (campaign.current(now), coming):
            if "solutionVersionArn" in members:
                with suppress(ServiceError):  # no version to follow
                    yield folder_of_model(region, version_of(region, members["solutionVersionArn"]))
    for recommender in region.resources.of_kind("Recommender"):
        if recommender.timeline.outcome == ACTIVE:
            yield folder_of_model(region, recommender)
