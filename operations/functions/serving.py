"""What serves, a campaign or a recommender: its minimum, its use, whether it is busy; by its ARN.

The service keeps both under operations of the same shape, and counts their requests in CloudWatch under the name of the
kind (developer guide, "cloudwatch-metrics").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NAMESPACE = "AWS/Personalize"
COUNTED = ("GetRecommendations", "GetPersonalizedRanking", "GetActionRecommendations")
"""Operations whose requests count against the minimum; as metrics they hold the requests' sum."""
RESTING = ("ACTIVE", "INACTIVE")


@dataclass(frozen=True)
class Served:
    """What Describe says of a campaign or a recommender.

    Args:
        arn: Its ARN.
        values: What Describe answers.
    """

    arn: str
    values: dict[str, Any]

    @property
    def minimum(self) -> int:
        """Requests a second that are reserved."""
        config = self.values.get("recommenderConfig", {})
        return int(self.values.get("minProvisionedTPS") or config.get("minRecommendationRequestsPerSecond") or 1)

    @property
    def status(self) -> str:
        """Its state, or that of its latest update while it is not through."""
        update = self.values.get(f"latest{kind(self.arn)}Update") or {}
        own = str(self.values["status"])
        return own if own not in RESTING or update.get("status", "ACTIVE") == "ACTIVE" else str(update["status"])

    def failed_since(self, moment: datetime) -> str | None:
        """Why its latest update failed, if it did so after a moment."""
        update = self.values.get(f"latest{kind(self.arn)}Update") or {}
        if not str(update.get("status", "")).endswith("FAILED") or update["lastUpdatedDateTime"] < moment:
            return None
        return str(update.get("failureReason") or "the service gives no reason")

    @property
    def is_busy(self) -> bool:
        """Whether it cannot be updated now."""
        return self.status.endswith(("PENDING", "IN_PROGRESS"))

    @property
    def is_stopped(self) -> bool:
        """Whether it serves nothing, on purpose."""
        return str(self.values["status"]) == "INACTIVE"


def kind(arn: str) -> str:
    """The kind of what serves, as operations and metrics name it: "Campaign"."""
    return {"campaign": "Campaign", "recommender": "Recommender"}[arn.split(":", 5)[5].split("/", maxsplit=1)[0]]


def described(personalize: Any, arn: str) -> Served | None:
    """Look at a campaign or a recommender; None if there is none."""
    name = kind(arn).lower()
    try:
        values = getattr(personalize, f"describe_{name}")(**{f"{name}Arn": arn})[name]
    except personalize.exceptions.ResourceNotFoundException:
        return None
    return Served(arn, values)


def set_minimum(personalize: Any, served: Served, tps: int) -> None:
    """Change what is reserved, and nothing else."""
    if kind(served.arn) == "Campaign":
        personalize.update_campaign(campaignArn=served.arn, minProvisionedTPS=tps)
    else:
        config = {**served.values.get("recommenderConfig", {}), "minRecommendationRequestsPerSecond": tps}
        personalize.update_recommender(recommenderArn=served.arn, recommenderConfig=config)


def requests(cloudwatch: Any, arn: str, begin: datetime, end: datetime, period: timedelta) -> list[float]:
    """How many requests came in each period from one moment to another, oldest first.

    Args:
        begin: A multiple of the period, as CloudWatch counts them.
    """
    return _sums(cloudwatch, arn, COUNTED, begin=begin, end=end, period=period)


def total(cloudwatch: Any, arn: str, suffix: str, begin: datetime, end: datetime) -> float:
    """How many requests came from one moment to another, or how many of them ended in errors.

    Args:
        suffix: "" for all, "4xxErrors", "5xxErrors".
        begin: A multiple of five minutes, as the end.
    """
    metrics = [f"{operation}{suffix}" for operation in COUNTED]
    return sum(_sums(cloudwatch, arn, metrics, begin=begin, end=end, period=timedelta(minutes=5)))


def use(cloudwatch: Any, arn: str, now: datetime, periods: int, period: timedelta) -> Sequence[float]:
    """Requests a second, averages of the periods that are over, oldest first."""
    seconds = period.total_seconds()
    end = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    return [count / seconds for count in requests(cloudwatch, arn, end - periods * period, end, period)]


def _sums(
    cloudwatch: Any, arn: str, metrics: Sequence[str], *, begin: datetime, end: datetime, period: timedelta
) -> list[float]:
    """The sum of some metrics of one of what serves, in each period, oldest first."""
    seconds = int(period.total_seconds())
    dimensions = [{"Name": f"{kind(arn)}Arn", "Value": arn}]
    counts = [0.0] * int((end - begin).total_seconds() // seconds)
    asked = [{"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions} for metric in metrics]
    for moment, value in points(cloudwatch, asked, "Sum", begin=begin, end=end, period=period):
        place = int((moment - begin).total_seconds() // seconds)
        if 0 <= place < len(counts):
            counts[place] += value
    return counts


def points(
    cloudwatch: Any,
    metrics: Sequence[Mapping[str, Any]],
    statistic: str,
    *,
    begin: datetime,
    end: datetime,
    period: timedelta,
) -> list[tuple[datetime, float]]:
    """What CloudWatch has of some metrics: the begin of each period in which there is something, and the value.

    Args:
        metrics: Namespace, name and dimensions of each, as the API takes them.
    """
    stat = {"Period": int(period.total_seconds()), "Stat": statistic}
    queries = [{"Id": f"m{number}", "MetricStat": {"Metric": metric, **stat}} for number, metric in enumerate(metrics)]
    return [
        (moment.astimezone(UTC), float(value))
        for result in _results(cloudwatch, queries, begin, end)
        for moment, value in zip(result["Timestamps"], result["Values"], strict=True)
    ]


def _results(cloudwatch: Any, queries: list[dict[str, Any]], begin: datetime, end: datetime) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=begin, EndTime=end, **token)
        results += page["MetricDataResults"]
        if not page.get("NextToken"):
            return results
        token = {"NextToken": page["NextToken"]}
