"""What trends now: looked at again after every interval that `trend_discovery_frequency` names, on the service's clock.

Answers go on with what trended before until that is found. Items that are new since the training are not among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from personalize_local.engine import parameters
from personalize_local.engine.popularity import PopularityCount
from personalize_local.service.job import EventRule, Job
from personalize_local.service.models import ServedModel
from personalize_local.service.region import Region
from personalize_local.service.rows import InteractionRows

RECIPE = "aws-trending-now"


def look_again(region: Region, served: ServedModel, rows: InteractionRows, began: float) -> None:
    """Find what trends now in the background, if it is time to.

    Args:
        served: A model of the recipe above.
        began: When its training did.
    """
    job, now = Job.read(served.folder), region.clock.now()
    (frequency,) = parameters.of(RECIPE).featurization
    minutes = int(frequency.parse(job.trials[0].featurization.get(frequency.name, frequency.default)))
    if now < (served.looked or began) + 60 * minutes:
        return
    served.looked = now
    region.background.submit(_look, served, rows, job.events, 60 * minutes)


def _look(served: ServedModel, rows: InteractionRows, rules: Sequence[EventRule], interval: int) -> None:
    end, before = rows.latest(), served.model
    assert isinstance(before, PopularityCount)
    number = {item_id: place for place, item_id in enumerate(before.item_ids)}
    growth = np.zeros(len(number), dtype=np.float32)
    for sign, until in ((1, end), (-1, end - interval)):
        for rule in rules:
            for item, count in rows.counts(until - interval, until, rule.event_type, rule.least_value):
                if item in number:
                    growth[number[item]] += sign * count
    popular = before.counts - np.floor(before.counts)  # the part that decides between equal growth
    served.model = PopularityCount(before.item_ids, growth + popular)
