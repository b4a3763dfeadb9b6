"""What to train: the solutions of a configuration."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from personalize_stack.config.recipes import NAMES, RECIPES, RETIRED
from personalize_stack.config.values import (
    ColumnChoice,
    Declared,
    EventType,
    RecipeName,
    Run,
    Settings,
    full_name,
)


class Event(Declared):
    """How much events of one type count."""

    weight: float = Field(ge=0, le=1, description="From 0 to 1; only the ratio between the types matters.")
    value_threshold: float | None = Field(
        None, description="Leave out events whose EVENT_VALUE is less than this. Default: keep all."
    )


def _as_weight(given: Any) -> Any:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return {"weight": given} if is_number else given


class Objective(Declared):
    """What the recommendations shall be good for, besides being relevant."""

    column: str = Field(
        min_length=1, max_length=150, description="A column of items that holds a number in every row, such as PRICE."
    )
    sensitivity: Literal["OFF", "LOW", "MEDIUM", "HIGH"] = Field(
        "OFF", description="How much it weighs against relevance. Default: OFF."
    )


class Range(Declared):
    """Where a search looks for a number."""

    min: float = Field(description="The least value.")
    max: float = Field(description="The greatest value.")


class Tuning(Declared):
    """A search for hyperparameters: several trainings, each billed, of which the best is kept."""

    jobs: int = Field(10, ge=1, le=40, description="How many trainings to try, at most 40. Default: 10.")
    parallel_jobs: int = Field(5, ge=1, le=10, description="How many at once, at most 10. Default: 5.")
    ranges: dict[str, Range | list[str]] = Field(
        {},
        description="By hyperparameter, a range of numbers or a list of words to choose from. "
        "Default: the recipe's own ranges.",
    )
    metric: str | None = Field(
        None, min_length=1, max_length=256, description="The metric to judge by. Default: the recipe's own."
    )


class Training(Declared):
    """How a deploy trains a solution."""

    mode: Literal["FULL", "UPDATE"] = Field(
        "FULL",
        description="UPDATE adds new items to a version that was trained in full before. Default: FULL.",
    )
    run: Run | None = Field(
        None, description="Any text; another one trains again though nothing else has changed. Default: none."
    )


Metric = Literal[
    "coverage",
    "mean_reciprocal_rank_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "normalized_discounted_cumulative_gain_with_event_weights_at_k",
    "precision_at_5",
    "precision_at_10",
    "precision_at_25",
    "average_rewards_at_k",
]
"""The offline metrics of what campaigns serve, more of which is better (developer guide, "evaluating-solutions")."""


class Retraining(Declared):
    """How a solution is trained again, and when what comes out of it serves."""

    schedule: str | None = Field(
        None,
        description="When: rate(7 days), or cron(0 3 ? * MON *), in UTC. Default: never by itself.",
    )
    on_new_data: bool = Field(
        False,
        description="Whether also when files come into the folders `incoming/DATASET/` of the data bucket, once no "
        "more come. Default: false.",
    )
    import_: Literal["FULL", "INCREMENTAL"] = Field(
        "INCREMENTAL",
        alias="import",
        description="What the files there are: FULL replaces what was imported before, INCREMENTAL adds to it. "
        "Default: INCREMENTAL.",
    )
    keep_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="How long files there are kept that were added (INCREMENTAL), in days. Default: 30.",
    )
    training: Literal["FULL", "UPDATE"] = Field(
        "FULL",
        description="UPDATE adds new items to the version that was trained in full before. Default: FULL.",
    )
    gate: dict[Metric, Annotated[float, Field(ge=0, le=1)]] = Field(
        {"normalized_discounted_cumulative_gain_at_25": 0.1},
        description="By metric, how much worse than the version that serves a new one may be and still take over, as "
        "a share of its value: 0.1 is a tenth. An empty gate lets every version pass. "
        "Default: normalized_discounted_cumulative_gain_at_25: 0.1.",
    )


_RETIRED_NAMES = {name: full for name, full in NAMES.items() if full in RETIRED}
AutoMlRecipe = Annotated[str, full_name(_RETIRED_NAMES), Field(json_schema_extra={"enum": list(_RETIRED_NAMES)})]


class Solution(Declared):
    """What to train: a recipe and its settings. A changed setting trains a new solution beside the old one."""

    recipe: RecipeName | None = Field(
        None, description="A recipe, with or without its prefix aws-. Required, unless auto_ml chooses one."
    )
    hyperparameters: Settings = Field({}, description="The recipe's hyperparameters. Default: the recipe's own values.")
    featurization: Settings = Field(
        {}, description="Settings of the recipe's feature transformation. Default: the recipe's own values."
    )
    event_type: EventType | None = Field(
        None, description="The only event type to learn from, of recipes that do not weigh them. Default: all of them."
    )
    event_value_threshold: float | None = Field(
        None, description="Leave out interactions whose EVENT_VALUE is less than this. Default: keep all."
    )
    events: dict[EventType, Annotated[Event, BeforeValidator(_as_weight, json_schema_input_type=float | Event)]] = (
        Field(
            {},
            max_length=10,
            description="By event type, its weight from 0 to 1, or weight and value_threshold, at most 10; "
            "for recipes that weigh event types. Default: all types alike.",
        )
    )
    optimization_objective: Objective | None = Field(
        None, description="A number of the items to favour, such as their price. Default: relevance alone."
    )
    excluded_columns: ColumnChoice = Field(
        {}, description="By dataset, the columns that the training leaves out. Default: none."
    )
    included_columns: ColumnChoice = Field(
        {}, description="By dataset, the only columns that the training uses. Default: all of them."
    )
    tuning: bool | Tuning = Field(
        False, description="Search for hyperparameters: true, or how. Each training tried is billed. Default: false."
    )
    auto_ml: bool | list[AutoMlRecipe] = Field(
        False,
        description="Let the service choose the recipe among the HRNN ones: true, or a list of those. Default: false.",
    )
    auto_training_days: int | None = Field(
        None,
        ge=1,
        le=30,
        description="Let the service train again each so many days, and bill it, until the solution is deleted. "
        "Default: never.",
    )
    incremental_update: bool = Field(
        False,
        description="Let the service add new items to the model between trainings (semantic-similarity). "
        "Default: false.",
    )
    training: Training = Field(
        Training.model_validate({}), description="How a deploy trains it. Default: in full, when data changes."
    )

    retraining: Retraining | None = Field(
        None,
        description="Train it again on new data, and let what is good enough take over its campaigns. Default: never.",
    )

    @field_validator("hyperparameters", "featurization")
    @classmethod
    def _as_the_service_spells_them(cls, given: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        recipe = RECIPES.get(info.data.get("recipe") or "")
        known = {} if recipe is None else {**recipe.hyperparameters, **recipe.featurization}
        return {name: (known[name].spelled(text) if name in known else None) or text for name, text in given.items()}
