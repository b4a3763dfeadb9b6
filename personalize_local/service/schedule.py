"""Automatic training: when a solution or a recommender trains by itself.

Nothing waits for the hour: the first request after it starts the training. As on AWS [developer guide: configuring
automatic training], the first version comes an hour after the solution, or after an update of its settings, unless one
was made by hand; the others so many days after the one before, whoever made that, if there are new interactions.
Recommenders train every seven days while they are ACTIVE [developer guide: creating a recommender].
"""

from contextlib import suppress

from personalize_local.service import lifecycle, solution_settings, trainings
from personalize_local.service.errors import ServiceError
from personalize_local.service.kinds.datasets import interactions_of
from personalize_local.service.kinds.solution_versions import SOLUTION_VERSION
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.timeline import ACTIVE

HOUR, DAY = 60 * 60, 24 * 60 * 60  # seconds
RENEWED_AFTER = 7 * DAY
LAST_TRAINED = "lastTrained"  # a member of recommenders that no answer shows


def start_due(region: Region) -> None:
    """Start the automatic trainings whose time has come."""
    due = [solution for solution in region.resources.of_kind("Solution") if _is_due(region, solution)]
    for solution in due:
        with suppress(ServiceError):  # too many at once, say: the next request tries again
            if _has_news(region, solution):
                lifecycle.create(SOLUTION_VERSION, region, {"solutionArn": solution.arn, "trainingType": "AUTOMATIC"})
    now = region.clock.now()
    for recommender in region.resources.of_kind("Recommender"):
        if recommender.is_active(now) and now >= _last_trained(recommender) + RENEWED_AFTER:
            recommender.members[LAST_TRAINED] = now
            region.resources.save(recommender)
            trainings.renew(region, recommender)


def _last_trained(recommender: Resource) -> float:
    """When its latest training began."""
    return float(recommender.members.get(LAST_TRAINED, recommender.timeline.steps[0][0]))


def _is_due(region: Region, solution: Resource) -> bool:
    now = region.clock.now()
    settings = solution.current(now)
    if not settings["performAutoTraining"] or not solution.is_active(now):
        return False
    since = solution.timeline.since(now)
    if solution.update and solution.update_status(now) == ACTIVE:
        since = solution.update.timeline.since(now)
    made = [version.timeline.steps[0][0] for version in _versions(region, solution)]
    if not made or made[-1] < since:
        return now > since + HOUR
    return now >= made[-1] + DAY * solution_settings.days(settings["solutionConfig"]["autoTrainingConfig"])


def _has_news(region: Region, solution: Resource) -> bool:
    """Whether interactions have come since the last version began."""
    rows = interactions_of(region, solution.members["datasetGroupArn"])
    newest = rows.newest() if rows else 0
    return newest > max((version.members["newestInteraction"] for version in _versions(region, solution)), default=0)


def _versions(region: Region, solution: Resource) -> list[Resource]:
    return region.members("SolutionVersion", solutionArn=solution.arn)
