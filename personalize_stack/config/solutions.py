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

    @field_validator("hyperparameters", "featurization")
    @classmethod
    def _as_the_service_spells_them(cls, given: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        recipe = RECIPES.get(info.data.get("recipe") or "")
        known = {} if recipe is None else {**recipe.hyperparameters, **recipe.featurization}
        return {name: (known[name].spelled(text) if name in known else None) or text for name, text in given.items()}
