"""How far trainings are, and what is to be known of those that have ended: what AWS has no member for."""

import json
from collections.abc import Iterator
from typing import Any

from personalize_local.service.job import Outcome
from personalize_local.service.region import Region
from personalize_local.service.training_job import PROGRESS
from personalize_local.service.trainings import NEXT, folder_of_model

KINDS = ("SolutionVersion", "Recommender")


def all_of(region: Region) -> Iterator[dict[str, Any]]:
    """Each training: its `arn`; `share`, `doing`, `seconds_left` of one that goes on, `notes` of one that ended."""
    with region.lock:
        trained = [resource for kind in KINDS for resource in region.members(kind)]
        folders = {resource.arn: folder_of_model(region, resource) for resource in trained}
    for arn, folder in folders.items():
        ended, again = Outcome.read(folder), folder / NEXT
        notes = ended.notes if ended else []
        is_going = again.exists() or not ended
        try:
            progress = json.loads(((again if again.exists() else folder) / PROGRESS).read_text()) if is_going else {}
        except FileNotFoundError:
            progress = {}  # it waits for others
        yield {"arn": arn, "notes": notes, **progress}
