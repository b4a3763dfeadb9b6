"""What metric attributions count: the events that recommendations, or other sources, led to.

Events go to CloudWatch, rows of import jobs to a file in S3 [developer guide: measuring the impact of
recommendations]. AWS does not publish the name of the dimension in CloudWatch.
"""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from personalize_local.service import imports
from personalize_local.service.jobs import Folder
from personalize_local.service.kinds.datasets import records_of
from personalize_local.service.kinds.metric_attributions import EXPRESSION
from personalize_local.service.metrics import Datum
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.rows import Interaction, Row

DIMENSION = "EventAttributionSource"
UNDEFINED = "SOURCE_NAME_UNDEFINED"
OLDEST = 14 * 24 * 3600  # seconds: older events are not put into CloudWatch
INTERVAL = 15 * 60  # seconds that are summed up
COLUMNS = ("METRIC_NAME", "EVENT_TYPE", "VALUE", "MATH_FUNCTION", "EVENT_ATTRIBUTION_SOURCE", "TIMESTAMP")


class Counted(NamedTuple):
    """What metrics make of one event: they are summed up over all that agree in the rest."""

    metric: str
    event_type: str
    function: str
    source: str
    since: int  # begin of the interval, in epoch seconds


def of_group(region: Region, group_arn: str) -> Resource | None:
    """The group's metric attribution, if it is in force."""
    with region.lock:
        found = region.members("MetricAttribution", datasetGroupArn=group_arn)
        return found[0] if found and found[0].is_active(region.clock.now()) else None


def mark(arn: str) -> str:
    """Six characters that tell a campaign or recommender in the IDs of its recommendations."""
    return hashlib.sha256(arn.encode()).hexdigest()[:6]


def publish_events(region: Region, group_arn: str, events: Iterable[Interaction]) -> None:
    """Put what the metrics make of new events into CloudWatch."""
    attribution = of_group(region, group_arn)
    if attribution is None:
        return
    now = region.clock.now()
    role = attribution.current(now)["metricsOutputConfig"]["roleArn"]
    recent = (event for event in events if event.timestamp > now - OLDEST)
    sums = _sums(region, attribution, recent)
    region.metrics.put(
        [
            Datum(counted.metric, ((DIMENSION, counted.source),), value, "None", counted.since, role)
            for counted, value in sums.items()
        ]
    )


def publish_import(region: Region, job: Resource) -> None:
    """Write a report on the rows of an import job into the folder of the group's metric attribution, if it has one."""
    attribution = of_group(region, job.members["datasetGroupArn"])
    now = region.clock.now()
    output = attribution.current(now)["metricsOutputConfig"] if attribution else {}
    if attribution is None or "s3DataDestination" not in output:
        return
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    events = (
        Interaction(row["USER_ID"], row["ITEM_ID"], row["TIMESTAMP"], row.get("EVENT_TYPE"), row)
        for row in imports.rows(region, job)
    )
    for counted, value in sorted(_sums(region, attribution, events).items()):
        writer.writerow([counted.metric, counted.event_type, value, counted.function, counted.source, counted.since])
    written = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    folder = Folder(region.objects.as_role(output["roleArn"]), output["s3DataDestination"]["path"])
    folder.write(f"AggregatedAttributionMetrics-{job.members['importMode']}-{written}.csv", text.getvalue().encode())


def _sums(region: Region, attribution: Resource, events: Iterable[Interaction]) -> dict[Counted, float]:
    sums: dict[Counted, float] = defaultdict(float)
    for counted, value in _counted(region, attribution, events):
        sums[counted] += value
    return dict(sums)


def _counted(region: Region, attribution: Resource, events: Iterable[Interaction]) -> Iterator[tuple[Counted, float]]:
    """What each metric makes of each event of its type."""
    with region.lock:
        metrics = attribution.current(region.clock.now())["metrics"]
        items = records_of(region, attribution.members["datasetGroupArn"], "ITEMS")
        answering = [*region.members("Campaign"), *region.members("Recommender")]
    marks = {mark(one.arn): one.arn for one in answering}
    item_of = cache(lambda item_id: items.some([item_id]).get(item_id, {}) if items else {})
    for event in events:
        event_type, since = (event.event_type or "").upper(), event.timestamp // INTERVAL * INTERVAL
        for metric in metrics:
            if metric["eventType"] != event_type:
                continue
            expression = EXPRESSION.fullmatch(metric["expression"])
            assert expression is not None
            value, function = 1.0, "samplecount"
            if dataset := expression["dataset"]:
                row = item_of(event.item_id) if dataset.upper() == "ITEMS" else event.properties
                value, function = float(row.get(expression["column"].upper()) or 0), "sum"
            yield Counted(metric["metricName"], event_type, function, _source(event.properties, marks), since), value


def _source(row: Row, marks: dict[str, str]) -> str:
    """Where an event comes from: as it says itself, or else what answered with the recommendation it names."""
    recommendation = str(row.get("RECOMMENDATION_ID") or "")
    return str(row.get("EVENT_ATTRIBUTION_SOURCE") or marks.get(recommendation.rpartition("-CID-")[2]) or UNDEFINED)
