"""What a configuration says about the datasets: where rows come from and what becomes of their columns."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from data_prep import schemas


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_column(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("should be the name of a time zone, as Europe/Paris") from error
    return name


def _is_bound(bound: float | str) -> float | str:
    if isinstance(bound, str):
        try:
            datetime.fromisoformat(bound)
        except ValueError as error:
            raise ValueError("should be a number, or a date as 2020-01-31") from error
    return bound


def _is_ascii(mark: str) -> str:
    if not mark.isascii():
        raise ValueError("should be an ASCII character")
    return mark


Bound = Annotated[float | str, AfterValidator(_is_bound)]
Text = Annotated[str, Field(min_length=1)]


def epoch_seconds(date: str) -> float:
    """The time of a date, in UTC unless it names a zone."""
    moment = datetime.fromisoformat(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class ColumnSpec(_Spec):
    """Where the values of one column come from, what becomes of them, and how the service shall read them."""

    column: str | None = Field(
        None,
        min_length=1,
        description="The column of the source that has the values, or a path into nested JSON as $.context.device.",
    )
    value: str | int | float | bool | None = Field(None, description="The same value in every row.")
    sql: str | None = Field(
        None,
        min_length=1,
        description="An expression in DuckDB's SQL over the columns of the source, all of which are text.",
    )
    type: Literal["string", "int", "long", "float", "double", "boolean"] | None = Field(
        None, description="The type of the values. Default: the type of the reserved column of that name, else string."
    )
    categorical: bool | None = Field(
        None, description="Whether the texts are categories, joined by |. Default: as reserved, else false."
    )
    textual: bool | None = Field(
        None, description="Whether this is the items' free text to learn from. Default: as reserved, else false."
    )
    item_name: bool | None = Field(
        None, description="Whether this is the items' name, which recipes of texts read. Default: false."
    )
    nullable: bool | None = Field(
        None, description="Whether rows without a value are kept. Default: as reserved, else false."
    )
    missing: tuple[str, ...] = Field((), description="Texts that stand for no value, besides the empty one.")
    map: dict[str, str] = Field({}, description="Texts to write otherwise, as {click: View}. Default: none.")
    keep: tuple[Text, ...] = Field((), description="Rows with another text, after the map, are dropped. Default: none.")
    drop: tuple[Text, ...] = Field((), description="Rows with these texts, after the map, are dropped. Default: none.")
    thresholds: dict[str, float] = Field(
        {},
        description="Texts for numbers, as {like: 4, watch: 1}: the one with the greatest threshold that the number "
        "reaches; rows below all of them are dropped. Default: none.",
    )
    separator: str | None = Field(
        None, min_length=1, description="What stands between categories in the source; | is written. Default: none."
    )
    clean: bool = Field(
        False, description="Whether markup, control characters and repeated spaces are taken away. Default: false."
    )
    decimal: Literal[".", ","] = Field(
        ".",
        description="What stands before the fraction of numbers; with a comma, points are between thousands. "
        "Default: a point.",
    )
    unit: Literal["s", "ms", "us", "ns"] | None = Field(
        None, description="The unit of times that are numbers. Default: told by the magnitude of each."
    )
    formats: Annotated[tuple[Text, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])] = Field(
        (), description="Forms of times besides numbers and ISO 8601, as %d/%m/%Y %H:%M. Default: none."
    )
    zone: Annotated[str, AfterValidator(_is_zone)] | None = Field(
        None, description="The time zone of times that name none, as Europe/Paris. Default: UTC."
    )
    min: Bound | None = Field(
        None, description="The least number, or the earliest time: rows below it are rejected. Default: none."
    )
    max: Bound | None = Field(
        None, description="The greatest number, or the latest time: rows above it are rejected. Default: none."
    )

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = [name for name in ("column", "value", "sql") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise ValueError(f"exactly one of column, value and sql is needed, got {' and '.join(origins) or 'none'}")
        return self

    @model_validator(mode="after")
    def _has_one_way(self) -> Self:
        ways = [name for name in ("map", "thresholds", "separator", "clean") if getattr(self, name)]
        if len(ways) > 1:
            raise ValueError(f"one of map, thresholds, separator and clean at most, got {' and '.join(ways)}")
        return self

    def bound(self, which: Literal["min", "max"]) -> float | None:
        """The least or the greatest number; a date as epoch seconds, in UTC unless it names a zone."""
        given: float | str | None = getattr(self, which)
        return epoch_seconds(given) if isinstance(given, str) else given

    def field(self, name: str, dataset_type: schemas.DatasetType) -> schemas.Field:
        """The schema's field for this column; what is not declared follows the reserved column of that name."""
        declared = self.model_dump(
            include={"type", "categorical", "textual", "item_name", "nullable"}, exclude_none=True
        )
        return replace(dataset_type.known(name) or schemas.Field(name), **declared)


Columns = dict[str, Annotated[ColumnSpec, BeforeValidator(_as_column, json_schema_input_type=str | ColumnSpec)]]


class SourceSpec(_Spec):
    """Files of one shape."""

    path: str = Field(
        min_length=1,
        description="A path, a folder or a glob, relative to this file, or an S3 URI: CSV, JSON Lines or Parquet, "
        "also with .gz or .zst.",
    )
    format: Literal["csv", "json lines", "parquet"] | None = Field(
        None, description="How rows are written. Default: told by each file's name."
    )
    delimiter: Annotated[str, AfterValidator(_is_ascii)] | None = Field(
        None, min_length=1, max_length=1, description="What stands between the values of a CSV. Default: as the header."
    )
    quote: Annotated[str, AfterValidator(_is_ascii)] = Field(
        '"', max_length=1, description="The quotation mark of a CSV; empty for none. Default: the double one."
    )
    escape: Literal["double", "backslash"] = Field(
        "double", description="How a quotation mark stands inside a quoted value. Default: double, written twice."
    )
    header: tuple[Text, ...] = Field(
        (), description="The names of the columns, where a CSV has no line with them. Default: its first line."
    )
    encoding: str = Field("utf-8", min_length=1, description="How text is encoded, as latin-1. Default: utf-8.")
    columns: Columns = Field(
        {}, description="Columns that come from elsewhere in these files than the dataset says. Default: none."
    )

    @model_serializer(mode="wrap")
    def _short(self, handler: SerializerFunctionWrapHandler) -> Any:
        given = handler(self)
        return self.path if set(self.model_fields_set) == {"path"} else given


def _as_sources(given: Any) -> Any:
    sources = [given] if isinstance(given, str | Mapping | SourceSpec) else given
    if not isinstance(sources, list | tuple):
        return given
    return [{"path": source} if isinstance(source, str) else source for source in sources]


class Robots(_Spec):
    """Users whose rate no person has."""

    events: int = Field(ge=1, description="So many events are still a person's.")
    seconds: int = Field(60, ge=1, description="In so many seconds. Default: 60.")


class Sessions(_Spec):
    """What a user does without a long pause."""

    gap_seconds: int = Field(1800, ge=1, description="A longer pause begins another session. Default: 1800.")
    min_events: int = Field(1, ge=1, description="Sessions with fewer interactions are left out. Default: 1.")
    max_events: int | None = Field(
        None, ge=1, description="Sessions with more interactions are left out. Default: none is too long."
    )


def _is_share_or_date(given: float | str) -> float | str:
    if isinstance(given, str):
        return _is_bound(given)
    if not 0 < given < 1:
        raise ValueError("should be a share between 0 and 1, or a date as 2026-01-31")
    return given


class RulesSpec(_Spec):
    """Rows to leave out, beside those that the service refuses; each is counted and kept in the quarantine."""

    reject: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Text] = Field(
        {},
        description="Reasons and when they hold: expressions in SQL over the dataset's columns, as "
        "{free: EVENT_VALUE = 0}. Default: none.",
    )
    near_duplicate_seconds: int | None = Field(
        None,
        ge=1,
        description="A row counts as a repetition when the same user did the same with the same item so many seconds "
        "before, or less. Default: only at the same second.",
    )
    robots: Robots | None = Field(None, description="All rows of users with a higher rate are left out. Default: none.")
    test_users: tuple[Text, ...] = Field(
        (), description="Users to leave out; * stands for any text, ? for a character. Default: none."
    )
    python: dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Annotated[str, Field(pattern=r"^[^:]+:[A-Za-z_]\w*$")]
    ] = Field(
        {},
        description="Reasons and functions, as {odd: checks.py:is_odd} or {odd: package.module:is_odd}, that get a "
        "pandas data frame with the dataset's columns and return true, or a reason, for each row to leave out. "
        "Default: none.",
    )
    sessions: Sessions | None = Field(None, description="Sessions that are too short or too long. Default: all stay.")
    hold_out: Annotated[float | str, AfterValidator(_is_share_or_date)] | None = Field(
        None,
        description="The newest share of the interactions, as 0.1, or all since a date, is written to the folder "
        "hold-out and not imported, to evaluate with. Default: none.",
    )
    min_user_events: int = Field(1, ge=1, description="Users with fewer interactions are left out. Default: 1.")
    min_item_events: int = Field(1, ge=1, description="Items with fewer interactions are left out. Default: 1.")
    newest_by: str | None = Field(
        None,
        min_length=1,
        description="The source's column that tells which of several rows of one item or user is the newest, as a "
        "time or a number. Default: the order of the rows.",
    )


class DatasetSpec(_Spec):
    """One dataset: the files that its rows are in, and its columns in the order of the schema."""

    source: Annotated[
        tuple[SourceSpec, ...],
        BeforeValidator(_as_sources, json_schema_input_type=str | SourceSpec | list[str | SourceSpec]),
    ] = Field(
        min_length=1,
        description="A path, a folder, a glob, an S3 URI, or a list of them, relative to this file: CSV, JSON Lines or "
        "Parquet, also with .gz or .zst.",
    )
    columns: Columns = Field(
        min_length=1, description="The columns of the dataset by name; a bare text names a column of the source."
    )
    rules: RulesSpec = Field(
        RulesSpec.model_validate({}), description="Rows to leave out. Default: what the service refuses."
    )

    def fields(self, dataset_type: schemas.DatasetType) -> tuple[schemas.Field, ...]:
        """The columns as fields of the dataset's schema."""
        return tuple(column.field(name, dataset_type) for name, column in self.columns.items())


Datasets = Mapping[Any, DatasetSpec]
"""Specifications by the dataset's name. (A mapping with literal names is none with `str` to the type checker.)"""


def fingerprint(datasets: Datasets) -> dict[str, Any]:
    """The specification as plain JSON data: equal when a preparation would do the same."""
    told = set(DatasetSpec.model_fields)  # what else a kind of specification has is of no matter here
    return {name: spec.model_dump(mode="json", exclude_defaults=True, include=told) for name, spec in datasets.items()}
