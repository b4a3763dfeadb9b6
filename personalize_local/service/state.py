"""The folder of a service: one service at a time, and a look at its files before it starts.

What is damaged is told at once and stays as it is: a request that needs it is answered with the same words, and
everything else goes on.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from personalize_local.engine import files
from personalize_local.engine.errors import UnreadableModel
from personalize_local.service.errors import UnusableState
from personalize_local.service.kinds.datasets import folder_of
from personalize_local.service.lock import locked
from personalize_local.service.region import Region
from personalize_local.service.rows import FILE
from personalize_local.service.store import check
from personalize_local.service.timeline import ACTIVE
from personalize_local.service.trainings import folder_of_model

logger = logging.getLogger(__name__)


def take(folder: Path) -> int:
    """Lock the folder; the descriptor that holds the lock.

    Raises:
        UnusableState: Another service works on it.
    """
    descriptor = locked(folder)
    if descriptor is None:
        raise UnusableState(f"{folder} is in use by another service; stop that first, or use another folder")
    return descriptor


def problems(region: Region) -> list[str]:
    """What is damaged or missing, with what to do about it; they are logged too."""
    found = [*_of_rows(region), *_of_models(region)]
    for problem in found:
        logger.warning("%s", problem)
    return found


def _of_rows(region: Region) -> Iterator[str]:
    for dataset in region.resources.of_kind("Dataset"):
        path, advice = folder_of(region, dataset) / FILE, f"delete {dataset.arn} and import its data again"
        if path.exists():
            try:
                check(path)
            except UnusableState as error:
                yield f"{error}; {advice}"
        elif any(job.timeline.outcome == ACTIVE for job in region.members("DatasetImportJob", datasetArn=dataset.arn)):
            yield f"{path} is missing; {advice}"


def _of_models(region: Region) -> Iterator[str]:
    for kind in ("SolutionVersion", "Recommender"):
        for trained in region.resources.of_kind(kind):
            if trained.timeline.outcome == ACTIVE:
                try:
                    files.check(folder_of_model(region, trained) / "model")
                except UnreadableModel as error:
                    yield f"{trained.arn}: {error}"
