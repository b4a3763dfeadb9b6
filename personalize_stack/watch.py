"""Watch: a dashboard of everything that serves and of the data behind it, and alarms that tell what is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.autoscaling import NAMESPACE, measured
from personalize_stack.dataset_group import DatasetBase
from personalize_stack.event_tracker import EventTracker
from personalize_stack.findings import accept_patterns
from personalize_stack.function import OperationsFunction
from personalize_stack.notifications import Notifications
from personalize_stack.serving import Serving
from personalize_stack.solution import SolutionBase

PERIOD = Duration.minutes(5)
INTERACTIONS = "interactions"
"""The dataset that events come into, too."""
WIDTH, HEIGHT = 6, 6  # of 24 columns: four graphs beside each other
MODEL_METRICS = (
    *("normalized_discounted_cumulative_gain_at_10", "precision_at_10", "mean_reciprocal_rank_at_25", "coverage"),
)
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD


@dataclass(frozen=True)
class Limits:
    """When alarms go off.

    Args:
        error_share: The share of requests that end in errors, in a quarter of an hour with at least 20 requests.
        latency_ms: The average time of answers, in each of three times five minutes.
        stale_model_days: The age of the model that a campaign or recommender serves.
        no_events_hours: How long no event has come in.
        no_data_days: How long neither an import nor an event has brought new interactions.
        idle_days: How many days no request has come.
    """

    error_share: float = 0.05
    latency_ms: float = 300
    stale_model_days: float = 14
    no_events_hours: int = 24
    no_data_days: float = 14
    idle_days: float = 7


@dataclass(frozen=True)
class Watched:
    """What serves, and how it is watched.

    Args:
        solution: What it serves a version of. Default: it is a recommender.
        scales: Whether an autoscaler measures its use already.
    """

    serving: Serving
    solution: SolutionBase | None = None
    scales: bool = False


class Watch(Construct):
    """A function that measures ages and shares every five minutes, a dashboard, and alarms.

    All names are made by CloudFormation and begin with the stack's, so that environments do not clash.

    Args:
        serving: What serves, by name.
        datasets: The datasets, by name.
        event_tracker: Whose events are counted. Default: none.
        notifications: Where alarms are told.
        limits: When they go off. Default: those of `Limits`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        serving: Mapping[str, Watched],
        datasets: Mapping[str, DatasetBase],
        notifications: Notifications,
        event_tracker: EventTracker | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._limits, self._notifications = limits or Limits(), notifications
        self.function = self._measuring(serving, datasets, event_tracker)
        self.alarms = [
            *(alarm for name, watched in serving.items() for alarm in self._serving_alarms(name, watched)),
            *(self._import_alarm(name) for name in datasets),
            *([self._data_alarm()] if INTERACTIONS in datasets else []),
            *([self._event_alarm(event_tracker)] if event_tracker else []),
            self._own_alarm(),
        ]
        for alarm in self.alarms:
            notifications.add_alarm(alarm)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(7))
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(title=Stack.of(self).stack_name, alarms=self.alarms, width=24, height=4)
        )
        for name, watched in serving.items():
            self.dashboard.add_widgets(*self._serving_graphs(name, watched))
        self.dashboard.add_widgets(*self._data_graphs(datasets, event_tracker))

    def _measuring(
        self, serving: Mapping[str, Watched], datasets: Mapping[str, DatasetBase], tracker: EventTracker | None
    ) -> OperationsFunction:
        function = OperationsFunction(
            self,
            "Function",
            handler="watching.handler",
            description="Measures the age of models and data, the share of errors, and what models are worth",
        )
        for watched in serving.values():
            watched.serving.grant_describe(function.role)
            if watched.solution:
                versions = f"{watched.solution.solution_arn}/*"
                actions = ["personalize:DescribeSolutionVersion", "personalize:GetSolutionMetrics"]
                function.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[versions]))
                accept_patterns(function.role, versions, reason="whichever of the solution's versions is served")
        if datasets:
            listing = iam.PolicyStatement(actions=["personalize:ListDatasetImportJobs"], resources=["*"])
            function.role.add_to_policy(listing)
            accept_patterns(function.role, "*", reason="listing knows no resource")
        function.read_metrics()
        function.put_metrics(NAMESPACE)
        function.run_every(
            PERIOD,
            {
                "serving": {
                    name: {"arn": watched.serving.arn, "scales": watched.scales} for name, watched in serving.items()
                },
                "datasets": {f"datasets.{name}": dataset.dataset_arn for name, dataset in datasets.items()},
                "events": {f"datasets.{INTERACTIONS}": dict(tracker.dimensions)} if tracker else {},
            },
        )
        return function

    def _serving_alarms(self, name: str, watched: Watched) -> Iterator[cloudwatch.Alarm]:
        limits = self._limits
        yield self._alarm(
            f"{name}.Errors",
            self._own(name, "ErrorShare"),
            limits.error_share,
            f"{name} answers {limits.error_share:.0%} of its requests or more with errors; 4xx mean wrong requests or "
            "too many for what is reserved, 5xx the service",
            periods=3,
        )
        yield self._alarm(
            f"{name}.Latency",
            watched.serving.metric_get_recommendations_latency(period=PERIOD),
            limits.latency_ms,
            f"{name} takes {limits.latency_ms:g} ms or more on average for its answers",
            periods=3,
        )
        yield self._alarm(
            f"{name}.Idle",
            self._own(name, "IdleDays"),
            limits.idle_days,
            f"nobody has asked {name} for {limits.idle_days:g} days, and it is billed; personalize scale pause",
        )
        yield self._alarm(
            f"{name}.Stale",
            self._own(name, "ModelAgeDays"),
            limits.stale_model_days,
            f"{name} serves a model of {limits.stale_model_days:g} days or more; "
            + ("train again" if watched.solution else "the service should have trained it again every week"),
        )

    def _import_alarm(self, name: str) -> cloudwatch.Alarm:
        told = f"an import into {name} has failed; personalize status tells why"
        return self._alarm(f"{name}.FailedImport", self._own(f"datasets.{name}", "FailedImports"), 1, told)

    def _data_alarm(self) -> cloudwatch.Alarm:
        days = self._limits.no_data_days
        told = f"for {days:g} days no import and no event has brought new interactions; do logs still arrive?"
        return self._alarm("NoData", self._own(f"datasets.{INTERACTIONS}", "DataAgeHours"), days * 24, told)

    def _event_alarm(self, tracker: EventTracker) -> cloudwatch.Alarm:
        hours = self._limits.no_events_hours
        return cloudwatch.Alarm(
            self,
            "NoEvents",
            metric=tracker.metric_put_events(period=Duration.hours(1)),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=hours,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            alarm_description=f"no event has come in for {hours} hours; does the application still send them?",
        )

    def _own_alarm(self) -> cloudwatch.Alarm:
        metric = self.function.function.metric_errors(period=PERIOD)
        told = "what watches the recommender fails itself, so that other alarms may be silent; its log tells why"
        return self._alarm("Watching", metric, 1, told, periods=3)

    def _alarm(
        self, construct_id: str, metric: cloudwatch.Metric, threshold: float, told: str, *, periods: int = 1
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            comparison_operator=_AT_LEAST,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=told,
        )

    def _own(self, name: str, metric: str) -> cloudwatch.Metric:
        return measured(self, name, metric, period=PERIOD)

    def _serving_graphs(self, name: str, watched: Watched) -> Iterator[cloudwatch.IWidget]:
        serving = watched.serving
        yield _graph(
            f"{name}: requests and errors",
            [serving.metric_get_recommendations(label="requests")],
            [
                serving.metric_get_recommendations_client_errors(label="4xx"),
                serving.metric_get_recommendations_server_errors(label="5xx"),
            ],
        )
        yield _graph(
            f"{name}: latency, ms",
            [
                serving.metric_get_recommendations_latency(label="average"),
                serving.metric_get_recommendations_latency(label="maximum", statistic="Maximum"),
            ],
        )
        yield _graph(
            f"{name}: TPS against minimum",
            [
                measured(self, name, "UsedTps", label="used", period=PERIOD),
                measured(self, name, "MinimumTps", label="reserved", period=PERIOD),
            ],
        )
        hour = Duration.hours(1)
        yield _graph(
            f"{name}: the model over its versions",
            [measured(self, name, metric, label=metric, period=hour) for metric in MODEL_METRICS],
            [measured(self, name, "ModelAgeDays", label="age, days", period=hour)],
        )

    def _data_graphs(
        self, datasets: Mapping[str, DatasetBase], tracker: EventTracker | None
    ) -> Iterator[cloudwatch.IWidget]:
        if datasets:
            ages = [
                measured(self, f"datasets.{name}", "DataAgeHours", label=name, period=Duration.hours(1))
                for name in datasets
            ]
            yield _graph("hours since new data", ages)
        if tracker:
            yield _graph(
                "events in, and errors",
                [tracker.metric_put_events(label="requests")],
                [
                    tracker.metric("PutEvents4xxErrors", label="4xx"),
                    tracker.metric("PutEvents5xxErrors", label="5xx"),
                ],
            )


def _graph(
    title: str, left: list[cloudwatch.Metric], right: list[cloudwatch.Metric] | None = None
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=left, right=right or [], width=WIDTH, height=HEIGHT)
