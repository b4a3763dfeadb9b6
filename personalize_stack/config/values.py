"""The kinds of values that several parts of a configuration have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from personalize_stack.config.recipes import NAMES
from personalize_stack.config.words import allowed


class Declared(BaseModel):
    """A part of the configuration. Strict: YAML has types, and "true" for a number is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Domain = Literal["ECOMMERCE", "VIDEO_ON_DEMAND"]
DatasetName = Literal["interactions", "items", "users", "actions", "action_interactions"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$", max_length=32)]
"""The name of a solution, campaign or another resource: it becomes part of logical IDs and of physical names."""

EventType = Annotated[str, Field(min_length=1, max_length=256)]
Columns = Annotated[list[str], Field(min_length=1, max_length=50)]
ColumnChoice = Annotated[dict[DatasetName, Columns], Field(max_length=3)]

Run = Annotated[str, Field(min_length=1, max_length=64)]
"""Any text; another one means that something is done once more."""

S3Uri = Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/[^\s]*)?$", max_length=256)]
Location = Annotated[str, Field(min_length=1, max_length=256)]
"""A file beside the configuration, or an S3 URI."""

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]

TagKey = Annotated[str, Field(pattern=r"^[\w .:/=+@-]+$", max_length=128)]
TagValue = Annotated[str, Field(pattern=r"^[\w .:/=+@-]*$", max_length=256)]


def full_name(known: Mapping[str, str]) -> BeforeValidator:
    """Return what turns the name of a recipe, with or without its prefix, into the full one."""
    short_names = [name for name, full in known.items() if name != full]

    def convert(given: Any) -> Any:
        if isinstance(given, str) and given not in known:
            raise ValueError(f"no such recipe; {allowed(short_names, given)}")
        return known[given] if isinstance(given, str) else given

    return BeforeValidator(convert)


RecipeName = Annotated[str, full_name(NAMES), Field(json_schema_extra={"enum": list(NAMES)})]


def _texts(given: Any) -> Any:
    """Settings reach the service as text, whatever YAML makes of them."""
    if not isinstance(given, Mapping):
        return given
    return {name: str(value) if isinstance(value, int | float) else value for name, value in given.items()}


Settings = Annotated[
    dict[str, str],
    BeforeValidator(_texts, json_schema_input_type=dict[str, str | int | float | bool]),
]


class Exploration(Declared):
    """How much a campaign or recommender tries items that are new or seldom seen."""

    weight: float = Field(0.3, ge=0, le=1, description="From 0, none, to 1, as much as possible. Default: 0.3.")
    item_age_days: int = Field(30, ge=1, description="Items of at most this age count as new, in days. Default: 30.")


class RankingInfluence(Declared):
    """What shall weigh beside likeness in the ranking, each from 0 to 1."""

    popularity: float = Field(0.0, ge=0, le=1, description="How much popular items are preferred. Default: 0.")
    freshness: float = Field(0.0, ge=0, le=1, description="How much new items are preferred. Default: 0.")
