"""What an environment has used, and what following the use has saved: from what CloudWatch and the service kept."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.aws import Aws
from operations.cost.estimate import EVENT_BYTES
from operations.cost.line import Line, times
from operations.cost.prices import Prices, tps_hour
from operations.cost.recommenders import USERS, billed
from operations.cost.training import PER_INTERACTION
from operations.functions.scaling import NAMESPACE
from operations.functions.serving import Served, described, requests
from operations.published import published, serving

HOUR = timedelta(hours=1)


def earlier_trainings(aws: Aws, stack: str) -> Mapping[str, Sequence[float]]:
    """By solution, the training hours of its trainings, newest first; nothing where nothing is deployed."""
    found: dict[str, list[float]] = {}
    for name, version in _versions(aws, stack):
        found.setdefault(name, []).append(version["trainingHours"])
    return found


def used(aws: Aws, stack: str, days: int, now: datetime, prices: Prices) -> Iterator[Line]:
    """Yield what was used in the last days.

    Use is looked at by the hour, as CloudWatch keeps it; within an hour the bill may be higher.
    """
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    for name, version in _versions(aws, stack):
        if version["creationDateTime"] >= begin:
            hours, is_v2 = version["trainingHours"], _is_v2(version)
            told = f"the training of version {version['solutionVersionArn'].rpartition('/')[2]}"
            told += "; billed by its interactions, which the service does not tell" if is_v2 else ""
            usd = None if is_v2 else times(hours, prices.training_hour)
            yield Line(f"solutions.{name}", f"{hours:.1f} hours", usd, told)
    for name, arn in sorted(serving(aws, stack).items()):
        yield from _served(aws, stack, name, arn, begin=begin, end=end, prices=prices)
    tracker = published(aws, stack).get("event-tracker/arn")
    if tracker:
        count = _events(aws, tracker, begin, end)
        usd = times(count * EVENT_BYTES / 1e9, prices.ingestion_gb)
        yield Line("events", f"{count:,.0f} requests", usd, f"one event of {EVENT_BYTES} bytes in each")


def _served(
    aws: Aws, stack: str, name: str, arn: str, *, begin: datetime, end: datetime, prices: Prices
) -> Iterator[Line]:
    cloudwatch, personalize = aws.client("cloudwatch"), aws.client("personalize")
    rates = [count / 3600 for count in requests(cloudwatch, arn, begin, end, HOUR)]
    served = described(personalize, arn)
    created = served.values["creationDateTime"] if served else end
    minimums = _minimums(cloudwatch, stack, name, begin, end)
    is_measured = any(minimum is not None for minimum in minimums)
    filled = [
        (served.minimum if served and begin + hour * HOUR >= created else 0) if minimum is None else minimum
        for hour, minimum in enumerate(minimums)
    ]
    paid = [max(pair) for pair in zip(rates, filled, strict=True)]
    hours, told = sum(paid), f"{sum(rates) * 3600:,.0f} requests; by the hour, the larger of the minimum and the use"
    is_campaign = name.startswith("campaigns.")
    told += "" if is_campaign else f"; for up to {USERS:,} users"
    price = _tps_hour(personalize, served, prices) if is_campaign else None
    spent = _amount(prices, paid, price, is_campaign=is_campaign)
    yield Line(name, f"{hours:,.0f} TPS-hours", spent, told)
    if is_measured:
        peak = max(1, math.ceil(max(rates)))
        fixed = [max(float(peak), rate) if minimum else 0.0 for rate, minimum in zip(rates, filled, strict=True)]
        without = _amount(prices, fixed, price, is_campaign=is_campaign)
        yield Line(
            f"{name}, saved",
            f"{max(0.0, sum(fixed) - hours):,.0f} TPS-hours",
            None if spent is None or without is None else min(0.0, spent - without),
            f"against a fixed minimum of {peak} TPS, the most of any hour; not part of the sum",
        )


def _amount(prices: Prices, rates: Sequence[float], price: float | None, *, is_campaign: bool) -> float | None:
    return times(sum(rates), price) if is_campaign else billed(prices, USERS, rates)


def _tps_hour(personalize: Any, served: Served | None, prices: Prices) -> float | None:
    """What a request a second costs for an hour; of a campaign that is paused, as if it were not of a v2 recipe."""
    if served is None:
        return prices.tps_hour
    solution = served.values["solutionVersionArn"].rpartition("/")[0]  # the version may be $LATEST
    return tps_hour(prices, is_v2=_is_v2(personalize.describe_solution(solutionArn=solution)["solution"]))


def _is_v2(trained: Mapping[str, Any]) -> bool:
    """Whether a solution or a version of it is of a v2 recipe."""
    return str(trained.get("recipeArn", "")).rpartition("/")[2] in PER_INTERACTION


def _minimums(cloudwatch: Any, stack: str, name: str, begin: datetime, end: datetime) -> list[float | None]:
    """What operations measured of the minimum in each hour, averaged; None where they did not."""
    found: list[float | None] = [None] * int((end - begin) / HOUR)
    dimensions = [{"Name": "Stack", "Value": stack}, {"Name": "Name", "Value": name}]
    metric = {"Namespace": NAMESPACE, "MetricName": "MinimumTps", "Dimensions": dimensions}
    query = {"Id": "minimum", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Average"}}
    answer = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=begin, EndTime=end)
    for result in answer["MetricDataResults"]:
        for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
            hour = int((moment.astimezone(UTC) - begin) / HOUR)
            if 0 <= hour < len(found):
                found[hour] = value
    return found


def _events(aws: Aws, tracker: str, begin: datetime, end: datetime) -> float:
    cloudwatch, total = aws.client("cloudwatch"), 0.0
    described = aws.client("personalize").describe_event_tracker(eventTrackerArn=tracker)["eventTracker"]
    pages = cloudwatch.get_paginator("list_metrics").paginate(
        Namespace="AWS/Personalize",
        MetricName="PutEventsRequests",
        Dimensions=[{"Name": "DatasetGroupArn", "Value": described["datasetGroupArn"]}],
    )
    for metric in pages.search("Metrics[]"):
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/Personalize",
            MetricName="PutEventsRequests",
            Dimensions=metric["Dimensions"],
            StartTime=begin,
            EndTime=end,
            Period=86_400,
            Statistics=["Sum"],
        )
        total += sum(point["Sum"] for point in answer["Datapoints"])
    return total


def _versions(aws: Aws, stack: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The trained versions of the stack's solutions, by the solutions' names, newest first."""
    personalize = aws.client("personalize")
    for path, arn in published(aws, stack).items():
        parts = path.split("/")
        if parts[0] != "solutions" or parts[2:] != ["arn"]:
            continue
        pages = personalize.get_paginator("list_solution_versions").paginate(solutionArn=arn)
        summaries = sorted(
            pages.search("solutionVersions[]"), key=lambda found: found["creationDateTime"], reverse=True
        )
        for summary in summaries:
            version = personalize.describe_solution_version(solutionVersionArn=summary["solutionVersionArn"])
            if version["solutionVersion"].get("trainingHours"):
                yield parts[1], version["solutionVersion"]
