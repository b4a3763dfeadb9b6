"""Measures what the service does not: the age of models and data, what models are worth, the share of errors.

Every five minutes, for what the event names; the values are put into CloudWatch, where the dashboard shows them and
alarms look at them. A value that is not known is not put.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3

from operations.functions.scaling import NAMESPACE
from operations.functions.serving import NAMESPACE as PERSONALIZE
from operations.functions.serving import Served, described, kind, points, requests, total, use
from operations.functions.turns import complain, take

PERIOD, RECENT, HOUR, DAY = timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
FEW_REQUESTS = 20
"""Fewer in a quarter of an hour tell nothing about the share of errors."""
IDLE_DAYS = 30
"""How far back it looks: for the last request, the last event, another model."""
SAME = 1e-9
"""Metrics that differ less are of the same model."""
MODEL_METRICS = (
    *("normalized_discounted_cumulative_gain_at_10", "precision_at_10", "mean_reciprocal_rank_at_25", "coverage"),
)
"""Of the service's offline metrics, those that are kept over versions."""

Values = Iterator[tuple[str, float]]


def handler(event: Mapping[str, Any], context: object) -> dict[str, dict[str, float]]:
    """Measure what the event names; see `Watcher.watch`."""
    now = datetime.now(UTC)
    watcher = Watcher(boto3.client("personalize"), boto3.client("cloudwatch"), os.environ["STACK"], lambda: now)
    return watcher.watch(event["serving"], event["datasets"], event["events"])


class Watcher:
    """Measures what serves, and the data that it learns from.

    Args:
        stack: The stack's name, for the metrics.
        now: Tells the time, as aware moments.
    """

    def __init__(self, personalize: Any, cloudwatch: Any, stack: str, now: Callable[[], datetime]) -> None:
        self._personalize, self._cloudwatch, self._stack, self._now = personalize, cloudwatch, stack, now

    def watch(
        self,
        serving: Mapping[str, Mapping[str, Any]],
        datasets: Mapping[str, str],
        events: Mapping[str, Mapping[str, str]],
    ) -> dict[str, dict[str, float]]:
        """Measure everything, and put it into CloudWatch.

        Args:
            serving: By name, the ARN of what serves, and whether it `scales`, since then its use is measured already.
            datasets: By name, their ARNs.
            events: By the name of a dataset, the dimensions of the metrics of the events that come into it.

        Returns:
            By name, the values.

        Raises:
            RuntimeError: Something could not be looked at; all else was.
        """
        looks = {name: self._of_serving(name, one["arn"], scales=one["scales"]) for name, one in serving.items()}
        looks |= {name: self._of_dataset(arn, events.get(name)) for name, arn in datasets.items()}
        measured, failures = take({name: partial(dict[str, float], look) for name, look in looks.items()})
        self._put(measured)
        complain(failures)
        return measured

    def _of_serving(self, name: str, arn: str, *, scales: bool) -> Values:
        served = described(self._personalize, arn)
        if served is None or served.is_stopped:
            return
        if not scales:
            yield "MinimumTps", float(served.minimum)
            yield "UsedTps", use(self._cloudwatch, arn, self._now(), 1, PERIOD)[0]
        yield from self._errors(arn)
        yield "IdleDays", self._idle_days(served)
        if kind(arn) == "Campaign":
            yield from self._of_version(str(served.values["solutionVersionArn"]))
        else:
            yield from self._of_recommender(name, served)

    def _errors(self, arn: str) -> Values:
        end = _floor(self._now(), PERIOD)
        came = total(self._cloudwatch, arn, "", end - RECENT, end)
        if came >= FEW_REQUESTS:
            wrong = sum(
                total(self._cloudwatch, arn, suffix, end - RECENT, end) for suffix in ("4xxErrors", "5xxErrors")
            )
            yield "ErrorShare", wrong / came

    def _idle_days(self, served: Served) -> float:
        end = _floor(self._now(), DAY) + DAY
        counts = requests(self._cloudwatch, served.arn, end - IDLE_DAYS * DAY, end, DAY)
        since = max(served.values["creationDateTime"], end - IDLE_DAYS * DAY)
        days = next((age for age, count in enumerate(reversed(counts)) if count), IDLE_DAYS)
        return min(float(days), float((self._now() - since) / DAY))

    def _of_version(self, arn: str) -> Values:
        version = self._personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
        yield "ModelAgeDays", (self._now() - version["creationDateTime"]) / DAY
        yield from _kept(self._personalize.get_solution_metrics(solutionVersionArn=arn)["metrics"])

    def _of_recommender(self, name: str, served: Served) -> Values:
        """The service tells what its model is worth, and not when it was trained: it is as old as that is the same."""
        found = dict(_kept(served.values.get("modelMetrics") or {}))
        yield from found.items()
        for metric, value in list(found.items())[:1]:
            asked = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": self._dimensions(name)}
            since = self._now()
            for moment, before in reversed(self._past(asked, "Maximum")):
                if abs(before - value) > SAME:
                    break
                since = moment
            yield "ModelAgeDays", (self._now() - since) / DAY

    def _of_dataset(self, arn: str, events: Mapping[str, str] | None) -> Values:
        pages = self._personalize.get_paginator("list_dataset_import_jobs").paginate(datasetArn=arn)
        jobs = list(pages.search("datasetImportJobs[]"))
        came = [job["lastUpdatedDateTime"] for job in jobs if job["status"] == "ACTIVE"]
        if events is not None:
            dimensions = [{"Name": name, "Value": value} for name, value in events.items()]
            asked = {"Namespace": PERSONALIZE, "MetricName": "PutEventsRequests", "Dimensions": dimensions}
            came += [min(moment + HOUR, self._now()) for moment, count in self._past(asked, "Sum")[-1:] if count]
        if came:
            yield "DataAgeHours", (self._now() - max(came)) / HOUR
        recent = [job for job in jobs if job["lastUpdatedDateTime"] > self._now() - DAY]
        yield "FailedImports", float(sum(job["status"] == "CREATE FAILED" for job in recent))

    def _past(self, metric: Mapping[str, Any], statistic: str) -> list[tuple[datetime, float]]:
        """What CloudWatch has of a metric for the hours of the last days, oldest first."""
        end = _floor(self._now(), HOUR) + HOUR
        begin = end - IDLE_DAYS * DAY
        return sorted(points(self._cloudwatch, [metric], statistic, begin=begin, end=end, period=HOUR))

    def _dimensions(self, name: str) -> list[dict[str, str]]:
        return [{"Name": "Stack", "Value": self._stack}, {"Name": "Name", "Value": name}]

    def _put(self, measured: Mapping[str, Mapping[str, float]]) -> None:
        data = [
            {
                "MetricName": metric,
                "Dimensions": self._dimensions(name),
                "Value": value,
                "Timestamp": self._now(),
            }
            for name, values in measured.items()
            for metric, value in values.items()
        ]
        if data:
            self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)


def _kept(metrics: Mapping[str, float]) -> Values:
    for name in MODEL_METRICS:
        if name in metrics:
            yield name, float(metrics[name])


def _floor(moment: datetime, period: timedelta) -> datetime:
    seconds = period.total_seconds()
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)
