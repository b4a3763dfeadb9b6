"""What a configuration says about the datasets: where rows come from and what becomes of their columns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data_prep import schemas


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSpec(_Spec):
    """Where the values of one column come from, and how the service shall read them."""

    column: str | None = Field(None, min_length=1, description="The column of the source that has the values.")
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

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = [name for name in ("column", "value", "sql") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise ValueError(f"exactly one of column, value and sql is needed, got {' and '.join(origins) or 'none'}")
        return self

    def field(self, name: str, dataset_type: schemas.DatasetType) -> schemas.Field:
        """The schema's field for this column; what is not declared follows the reserved column of that name."""
        declared = self.model_dump(
            include={"type", "categorical", "textual", "item_name", "nullable"}, exclude_none=True
        )
        return replace(dataset_type.known(name) or schemas.Field(name), **declared)


def _as_column(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class DatasetSpec(_Spec):
    """One dataset: the files that its rows are in, and its columns in the order of the schema."""

    source: Annotated[tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])] = Field(
        min_length=1,
        description="A path, a glob or a list of them, relative to this file: CSV, JSON Lines or Parquet, also .gz.",
    )
    columns: dict[str, Annotated[ColumnSpec, BeforeValidator(_as_column, json_schema_input_type=str | ColumnSpec)]] = (
        Field(min_length=1, description="The columns of the dataset by name; a bare text names a column of the source.")
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
