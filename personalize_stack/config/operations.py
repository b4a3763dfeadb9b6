"""What a configuration says about operation: what is watched, and what may be spent."""

from pydantic import Field

from personalize_stack.config.values import Declared


class Watch(Declared):
    """When alarms go off."""

    error_share: float = Field(
        0.05,
        gt=0,
        le=1,
        description="The share of requests that end in errors, in a quarter of an hour with 20 or more. Default: 0.05.",
    )
    latency_ms: float = Field(
        300, gt=0, description="The average time of answers, in each of three times five minutes. Default: 300."
    )
    stale_model_days: float = Field(
        14, gt=0, description="The age of the model that a campaign or recommender serves, in days. Default: 14."
    )
    no_events_hours: int = Field(24, ge=1, le=24, description="How long no event has come in. Default: 24.")
    no_data_days: float = Field(
        14,
        gt=0,
        description="How long neither an import nor an event has brought new interactions, in days. Default: 14.",
    )
    idle_days: float = Field(
        7, gt=0, le=30, description="For how many days nobody has asked for anything, and pays for it. Default: 7."
    )


class Budget(Declared):
    """What an environment may cost; people are told at 80 % of it, and when all of it is forecast to be spent."""

    usd_per_month: float = Field(gt=0, description="US dollars a month.")


class Pipeline(Declared):
    """Which repository may deploy, from jobs in the GitHub environment that has the environment's name."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="On GitHub: owner/name.")
