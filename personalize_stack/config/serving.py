"""What serves and observes: campaigns, recommenders, the event tracker and the metric attribution."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from operations.functions import policy
from personalize_stack.config.use_cases import USE_CASE_NAMES
from personalize_stack.config.values import (
    ColumnChoice,
    Declared,
    EventType,
    Exploration,
    RankingInfluence,
    S3Uri,
    full_name,
)

UseCaseName = Annotated[str, full_name(USE_CASE_NAMES), Field(json_schema_extra={"enum": list(USE_CASE_NAMES)})]


class Window(Declared):
    """A time for which more is reserved beforehand, in UTC: each day, each week, or once."""

    start: str = Field(alias="from", description="'18:00', 'fri 18:00' or '2026-11-27 06:00'.")
    end: str = Field(alias="to", description="A time of the same kind; '02:00' may be that of the next day.")
    tps: int = Field(ge=1, description="Requests per second, at least.")

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        self.window()
        return self

    def window(self) -> policy.Window:
        """Return it as the policy takes it.

        Raises:
            ValueError: The times are malformed.
        """
        return policy.Window(self.start, self.end, self.tps)


class Autoscaling(Declared):
    """How what is reserved follows what is used; the configured minimum is the least, and what a deploy starts with."""

    max_tps: int = Field(
        100,
        ge=1,
        description="The most requests per second that are reserved; the service itself may scale above. Default: 100.",
    )
    headroom: float = Field(
        0.08,
        ge=0,
        le=2,
        description="How much more than the use is reserved, besides what it varies by chance. Default: 0.08.",
    )
    cooldown_minutes: int = Field(
        5, ge=0, le=1440, description="How long use must have been lower before less is reserved. Default: 5."
    )
    prewarm: list[Window] = Field(
        [], max_length=20, description="When more is reserved, whatever the use, at most 20. Default: never."
    )

    def policy(self, min_tps: int) -> policy.Policy:
        """Return it as a policy."""
        return policy.Policy(
            min_tps,
            self.max_tps,
            self.headroom,
            self.cooldown_minutes,
            tuple(window.window() for window in self.prewarm),
        )


PAUSE = (
    "After how many days without a request it is paused and no longer billed; `personalize scale resume` brings it "
    "back. Default: never."
)
AUTOSCALING = "How what is reserved follows what is used; {} for the usual way. Default: it does not."


class Campaign(Declared):
    """What serves recommendations: the newest trained version of a solution."""

    solution: str = Field(description="The name of the solution, as under solutions.")
    min_provisioned_tps: int = Field(
        1, ge=1, description="Requests per second that are reserved, and billed, at all times. Default: 1."
    )
    autoscaling: Autoscaling | None = Field(None, description=AUTOSCALING)
    pause_after_idle_days: int | None = Field(None, ge=1, le=90, description=PAUSE)
    follow_latest: bool = Field(
        False,
        description="Whether versions that the service trains by itself take over at once. "
        "Default: false, those of deploys only.",
    )
    exploration: Exploration | None = Field(
        None, description="How much it tries new items, for recipes that explore. Default: the service's own values."
    )
    metadata: bool = Field(
        False, description="Whether recommendations can come with columns of the items, surcharged. Default: false."
    )
    ranking_influence: RankingInfluence | None = Field(
        None, description="What weighs beside likeness, for recipes of similar texts. Default: nothing."
    )


class Recommender(Declared):
    """What trains and serves one use case of a domain. The service trains it again each week."""

    recipe: UseCaseName = Field(description="A use case of the domain, with or without its prefix aws-.")
    min_requests_per_second: int = Field(
        1, ge=1, description="Requests per second that are reserved, and billed, at all times. Default: 1."
    )
    autoscaling: Autoscaling | None = Field(None, description=AUTOSCALING)
    pause_after_idle_days: int | None = Field(None, ge=1, le=90, description=PAUSE)
    exploration: Exploration | None = Field(
        None, description="How much it tries new items, for use cases that explore. Default: the service's own values."
    )
    metadata: bool = Field(
        False, description="Whether recommendations can come with columns of the items, surcharged. Default: false."
    )
    excluded_columns: ColumnChoice = Field(
        {}, description="By dataset, the columns that the training leaves out. Default: none."
    )
    included_columns: ColumnChoice = Field(
        {}, description="By dataset, the only columns that the training uses. Default: all of them."
    )
    running: bool = Field(
        True, description="Whether it serves; false stops it, and with it its cost and its training. Default: true."
    )


class EventTracker(Declared):
    """An event tracker that exists already; a dataset group has at most one."""

    arn: str = Field(pattern=r"^arn:[a-z-]+:personalize:[a-z0-9-]+:[0-9]{12}:event-tracker/.+$", description="Its ARN.")
    tracking_id: str = Field(min_length=1, max_length=256, description="Its tracking ID.")


class Metric(Declared):
    """What is counted or summed up over the events of one type."""

    event_type: EventType = Field(description="The type of the events.")
    expression: str = Field(
        pattern=r"^(SUM\(Items\.\w+\)|SAMPLECOUNT\(\))$",
        max_length=256,
        description="SUM(Items.COLUMN), of a number, or SAMPLECOUNT().",
    )


class MetricAttribution(Declared):
    """What recommendations bring about, by where they were shown; reported to CloudWatch and to S3."""

    metrics: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]*$", max_length=256)], Metric] = Field(
        min_length=1, max_length=10, description="By name, what is counted or summed up, at most 10."
    )
    output: S3Uri | None = Field(
        None, description="Where reports about imported data go. Default: a folder of the project's data bucket."
    )
