"""What an environment will cost a month, line by line, each with what it assumes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_prep.manifest import Manifest
from operations.cost.batch import batches
from operations.cost.line import Line, times
from operations.cost.prices import Prices, tps_hour
from operations.cost.recommenders import billed
from operations.cost.training import PER_INTERACTION, forecast
from operations.functions.serving import COUNTED
from personalize_stack.config.model import Project
from personalize_stack.config.serving import Campaign
from personalize_stack.config.solutions import Solution, Tuning

MONTH_HOURS, MONTH_DAYS = 730, 30.4
_RATE = re.compile(r"rate\((?P<number>\d+) (?P<unit>hour|day)s?\)")
_DAYS = {"hour": 1 / 24, "day": 1.0}
EVENT_BYTES = 500
"""An event as it is put: ids, type, time and some properties as JSON."""


@dataclass(frozen=True)
class Load:
    """What is expected of the applications, a month.

    Args:
        requests: For recommendations, all campaigns and recommenders together.
        events: Put.
        trainings: Of each solution that nothing trains by itself.
        basis: Where the figures come from, in words.
    """

    requests: float
    events: float
    trainings: int
    basis: str


def expected_load(
    project: Project, manifest: Manifest, requests: float | None, events: float | None, trainings: int
) -> Load:
    """What may be expected; what is not given follows from the log: as many events as it has a month, and for each
    of them one request."""
    log = manifest.datasets.get("interactions")
    logged = 0.0
    if log and log.first_timestamp is not None and log.last_timestamp is not None:
        months = max((log.last_timestamp - log.first_timestamp) / 86_400 / MONTH_DAYS, 1.0)
        logged = log.rows_written / months
    told = ["events as many as the log has a month" if events is None else "events as given"]
    told.append("one request for each event" if requests is None else "requests as given")
    events = (logged if project.event_tracker else 0.0) if events is None else events
    return Load((logged if requests is None else requests), events, trainings, ", ".join(told))


def estimate(
    project: Project, manifest: Manifest, load: Load, prices: Prices, earlier: Mapping[str, Sequence[float]]
) -> Iterator[Line]:
    """Yield the lines.

    Args:
        earlier: By solution, the training hours of its earlier trainings, newest first.
    """
    interactions = manifest.datasets["interactions"].rows_written if "interactions" in manifest.datasets else 0
    for name, solution in project.solutions.items():
        yield _training(
            name, solution, interactions=interactions, load=load, prices=prices, earlier=earlier.get(name, ())
        )
    users = (manifest.datasets["interactions"].users or 0) if "interactions" in manifest.datasets else 0
    serving = len(project.campaigns) + len(project.recommenders)
    for name, campaign in project.campaigns.items():
        yield _campaign(
            name,
            campaign,
            project.solutions[campaign.solution],
            requests=load.requests / serving,
            load=load,
            prices=prices,
        )
    for name, recommender in project.recommenders.items():
        rate = max(float(recommender.min_requests_per_second), _tps(load.requests / serving))
        if recommender.running:
            yield Line(
                f"recommenders.{name}",
                f"{MONTH_HOURS} hours",
                billed(prices, users, [rate] * MONTH_HOURS),
                f"{users:,} users; {rate:.3g} requests a second, the larger of the minimum and the average use, of "
                f"which {prices.recommender_free_requests_hour:,} an hour come with it, as do its trainings",
            )
    yield from _data(project, manifest, load, prices)
    yield from batches(project, users, prices)
    yield from _operations(project, prices)
    yield Line("key", "1", prices.key_month, "one key for data, logs and notifications")


def _training(
    name: str, solution: Solution, *, interactions: int, load: Load, prices: Prices, earlier: Sequence[float]
) -> Line:
    one = forecast(solution.recipe or "aws-hrnn", interactions, prices, earlier)
    times, why = float(load.trainings), f"{load.trainings} a month, as given"
    if solution.auto_training_days:
        times, why = (
            MONTH_DAYS / solution.auto_training_days,
            f"every {solution.auto_training_days} days, by the service",
        )
    elif solution.retraining and (rate := _RATE.fullmatch(solution.retraining.schedule or "")):
        times = MONTH_DAYS / (int(rate["number"]) * _DAYS[rate["unit"]])
        why = f"retrained at {solution.retraining.schedule}"
    if solution.tuning:
        jobs = solution.tuning.jobs if isinstance(solution.tuning, Tuning) else 10
        times, why = times * jobs, f"{why}, each up to {jobs} trainings"
    quantity = f"{times:.3g} x {interactions:,} interactions" if one.hours is None else f"{times * one.hours:.1f} hours"
    return Line(f"solutions.{name}", quantity, None if one.usd is None else times * one.usd, f"{why}; {one.basis}")


def _campaign(
    name: str, campaign: Campaign, solution: Solution, *, requests: float, load: Load, prices: Prices
) -> Line:
    use, least = _tps(requests), campaign.min_provisioned_tps
    hours = MONTH_HOURS * max(float(least), use)
    how = f"the larger of {least} TPS and the use, {use:.3g} TPS on average"
    if campaign.autoscaling:
        hours *= 1 + campaign.autoscaling.headroom if use > least else 1
        how += ", with the headroom of autoscaling"
    price = tps_hour(prices, is_v2=solution.recipe in PER_INTERACTION)
    return Line(f"campaigns.{name}", f"{hours:,.0f} TPS-hours", times(hours, price), f"{how}; {load.basis}")


def _data(project: Project, manifest: Manifest, load: Load, prices: Prices) -> Iterator[Line]:
    sizes = [part.bytes for prepared in manifest.datasets.values() for part in prepared.parts]
    gigabytes = sum(sizes) / 1e9
    yield Line(
        "imports", f"{gigabytes:.3f} GB", times(gigabytes, prices.ingestion_gb), "all prepared files, once a month"
    )
    if project.event_tracker:
        gigabytes = load.events * EVENT_BYTES / 1e9
        told = f"{load.events:,.0f} events of {EVENT_BYTES} bytes; {load.basis}"
        yield Line("events", f"{gigabytes:.3f} GB", times(gigabytes, prices.ingestion_gb), told)


def _operations(project: Project, prices: Prices) -> Iterator[Line]:
    """What watches and scales is billed by its metrics and alarms; its runs are within Lambda's free ones."""
    campaigns, recommenders, datasets = len(project.campaigns), len(project.recommenders), len(project.datasets)
    scaled = sum(campaign.autoscaling is not None for campaign in project.campaigns.values())
    scaled += sum(recommender.autoscaling is not None for recommender in project.recommenders.values())
    if scaled:
        asked = scaled * len(COUNTED) * MONTH_HOURS * 60
        told = "what is used of each that scales, every minute"
        yield Line("metrics read", f"{asked:,.0f}", times(asked / 1000, prices.metric_request_1000), told)
    metrics = 2 * scaled
    if project.watched:
        metrics = 9 * campaigns + 9 * recommenders + 2 * datasets
        learns = "interactions" in project.datasets
        alarms = 4 * (campaigns + recommenders) + datasets + learns + bool(project.event_tracker) + 1
        yield Line("watch: dashboard", "1", prices.dashboard_month, "beyond the three that are free in an account")
        yield Line("watch: alarms", f"{alarms}", times(alarms, prices.alarm_month), "beyond the ten that are free")
    if metrics:
        told = "of ages, shares, use and models; beyond the ten that are free"
        yield Line("metrics", f"{metrics}", times(metrics, prices.metric_month), told)


def _tps(requests: float) -> float:
    return requests / (MONTH_HOURS * 3600)
