"""Puts the service's metrics into ministack's CloudWatch, minute by minute, so that dashboards and alarms work.

A minute's values are put when CloudWatch's clock has passed it; those of the minute in which the local cloud stops are
lost.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, Lock, Thread
from typing import Any, NamedTuple, TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from personalize_local.adapters import roles
from personalize_local.service.clock import Clock
from personalize_local.service.metrics import NAMESPACE, Datum, Dimensions

MINUTE = 60
LOOKS_EVERY = 1.0  # seconds
MOST_VALUES, MOST_DATA = 150, 1000  # of one datum, of one request [API: PutMetricData]

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Series(NamedTuple):
    """Values that agree in all this are one datum of CloudWatch."""

    minute: int  # its begin, in epoch seconds
    name: str
    dimensions: Dimensions
    unit: str
    role_arn: str | None


class CloudWatchMetrics:
    """Metrics of one account and region; they are put by a thread of its own.

    Args:
        endpoint: The URL of CloudWatch.
        clock: CloudWatch's.
        ahead: By how many seconds the service's clock is ahead of it. Default: 0.
    """

    def __init__(
        self, endpoint: str, account: str, region: str, clock: Clock, *, ahead: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._account, self._region, self._clock, self._ahead = account, region, clock, ahead
        session = boto3.Session(account, "test", region_name=region)
        self._cloudwatch = session.client("cloudwatch", endpoint_url=endpoint)
        self._counts: dict[Series, Counter[float]] = defaultdict(Counter)
        self._lock, self._ended = Lock(), Event()
        self._thread = Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def put(self, data: Sequence[Datum]) -> None:
        """Take values; they are put when their minute is over."""
        with self._lock:
            for datum in data:
                minute = int((datum.timestamp - self._ahead()) // MINUTE * MINUTE)
                series = Series(minute, datum.name, datum.dimensions, datum.unit, datum.role_arn)
                self._counts[series][datum.value] += 1

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOKS_EVERY):
            now = self._clock.now()
            with self._lock:
                over = {series: counts for series, counts in self._counts.items() if series.minute + MINUTE <= now}
                for series in over:
                    del self._counts[series]
            try:
                self._publish(over)
            except (BotoCoreError, ClientError) as error:
                logger.warning("metrics of %d series are lost: %s", len(over), error)

    def _publish(self, counts: Mapping[Series, Mapping[float, int]]) -> None:
        denied = {role: self._denial(role) for role in {series.role_arn for series in counts}}
        for reason in filter(None, denied.values()):
            logger.warning("metrics are not put into CloudWatch: %s", reason)
        data = [
            _datum(series, values)
            for series, counted in counts.items()
            if not denied[series.role_arn]
            for values in _parts(list(counted.items()), MOST_VALUES)
        ]
        for some in _parts(data, MOST_DATA):
            self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=some)

    def _denial(self, role_arn: str | None) -> str | None:
        if role_arn is None:
            return None
        context = {"cloudwatch:namespace": NAMESPACE}
        return roles.denial_of_role(role_arn, self._account, self._region, "cloudwatch:PutMetricData", context)


def _datum(series: Series, values: Sequence[tuple[float, int]]) -> dict[str, Any]:
    """A datum as PutMetricData takes it."""
    return {
        "MetricName": series.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
        # The minute's last second: alarms look at the last minutes, counted from the moment of the put.
        "Timestamp": series.minute + MINUTE - 1,
        "Unit": series.unit,
        "Values": [value for value, _ in values],
        "Counts": [count for _, count in values],
    }


def _parts(sequence: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (sequence[start : start + size] for start in range(0, len(sequence), size))
