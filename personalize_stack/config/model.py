"""The configuration as typed values.

Each field's description and default go into the JSON Schema, so that an editor shows them. Bounds are the service's
quotas and patterns (developer guide, "quotas"). What one field may be given another stands in rules.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from data_prep.spec import DatasetSpec
from personalize_stack.config.recipes import NAMES, RECIPES
from personalize_stack.config.words import allowed

DatasetName = Literal["interactions", "items", "users"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$", max_length=32)]
"""The name of a solution, campaign or filter: it becomes part of logical IDs and of physical names."""

TagKey = Annotated[str, Field(pattern=r"^[\w .:/=+@-]+$", max_length=128)]
TagValue = Annotated[str, Field(pattern=r"^[\w .:/=+@-]*$", max_length=256)]


def _full_recipe_name(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if given not in NAMES:
        raise ValueError(f"no such recipe; {allowed([recipe.short_name for recipe in RECIPES.values()], given)}")
    return NAMES[given]


def _texts(given: Any) -> Any:
    """Settings reach the service as text, whatever YAML makes of them."""
    if not isinstance(given, Mapping):
        return given
    return {name: str(value) if isinstance(value, int | float) else value for name, value in given.items()}


Settings = Annotated[
    dict[str, str],
    BeforeValidator(_texts, json_schema_input_type=dict[str, str | int | float | bool]),
]


class _Declared(BaseModel):
    # Strict: YAML has types, and "true" for a number is a mistake.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Solution(_Declared):
    """What to train: a recipe and its settings. A changed setting trains a new solution beside the old one."""

    recipe: Annotated[str, BeforeValidator(_full_recipe_name)] = Field(
        description="A recipe, with or without its prefix aws-.", json_schema_extra={"enum": list(NAMES)}
    )
    hyperparameters: Settings = Field({}, description="The recipe's hyperparameters. Default: the recipe's own values.")
    featurization: Settings = Field(
        {}, description="Settings of the recipe's feature transformation. Default: the recipe's own values."
    )
    event_type: str | None = Field(
        None, min_length=1, max_length=256, description="The only event type to learn from. Default: all of them."
    )
    event_value_threshold: float | None = Field(
        None, description="Leave out interactions whose EVENT_VALUE is less than this. Default: keep all."
    )

    @field_validator("hyperparameters", "featurization")
    @classmethod
    def _as_the_service_spells_them(cls, given: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        recipe = RECIPES.get(info.data.get("recipe", ""))
        known = {} if recipe is None else {**recipe.hyperparameters, **recipe.featurization}
        return {name: (known[name].spelled(text) if name in known else None) or text for name, text in given.items()}


class Campaign(_Declared):
    """What serves recommendations: the newest trained version of a solution."""

    solution: str = Field(description="The name of the solution, as under solutions.")
    min_provisioned_tps: int = Field(
        1, ge=1, description="Requests per second that are reserved, and billed, at all times. Default: 1."
    )


class Declaration(_Declared):
    """A recommender project: where the logs are and what shall be deployed."""

    project: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,23}$",
        description="The project's name; with the environment's it names the stack and everything in it.",
    )
    prepared: str = Field(
        "prepared",
        min_length=1,
        description="The folder of the prepared files, relative to this file. Default: prepared.",
    )
    datasets: dict[DatasetName, DatasetSpec] = Field(
        description="Where the rows of each dataset come from. Interactions are required, items and users optional."
    )
    solutions: dict[Name, Solution] = Field({}, max_length=10, description="What to train, at most 10. Default: none.")
    campaigns: dict[Name, Campaign] = Field(
        {}, max_length=5, description="What serves recommendations, at most 5. Default: none."
    )
    event_tracker: bool = Field(
        False, description="Whether the project takes events while users act (PutEvents). Default: false."
    )
    filters: dict[Name, Annotated[str, Field(min_length=1, max_length=2500)]] = Field(
        {},
        max_length=30,
        description="Filter expressions, at most 30 of at most 2,500 characters. Default: none.",
    )
    retired_recipes: Literal["successor", "refuse"] = Field(
        "successor",
        description="What a recipe that AWS has retired (hrnn, hrnn-metadata, hrnn-coldstart) becomes there: "
        "its documented successor, or a refusal. Default: successor.",
    )
    max_training_hours: int = Field(
        6, ge=1, le=120, description="How long a deploy waits for each training, in hours. Default: 6."
    )
    max_import_hours: int = Field(
        2, ge=1, le=24, description="How long a deploy waits for each import, in hours. Default: 2."
    )
    retain_data: bool = Field(
        False, description="Whether the data buckets and their key outlive the stack. Default: false."
    )
    tags: dict[TagKey, TagValue] = Field(
        {}, max_length=40, description="Tags of all resources, at most 40. Default: none."
    )
    account: str | None = Field(
        None,
        pattern=r"^[0-9]{12}$",
        description="The AWS account to deploy to, in quotes. Default: that of the credentials.",
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$",
        description="The AWS region to deploy to. Default: that of the credentials.",
    )


class Project(Declaration):
    """What is declared for one environment.

    Attributes:
        root: the folder that the paths in it are relative to.
        environment: the name of the environment.
    """

    root: Path
    environment: str
