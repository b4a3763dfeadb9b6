"""What a configuration says about the datasets: where rows come from and what becomes of their columns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data_prep import schemas


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSpec(_Spec):
    """Where the values of one column come from, and how the service shall read them.

    A bare string is short for `column`.

    Attributes:
        column: a column of the source.
        value: the same value in every row.
        sql: an expression in DuckDB's SQL over the columns of the source, which are all text.
        type: default: that of the reserved column, else string.
        nullable: whether a row without a value is kept. Default: that of the reserved column, else false.
        missing: texts that stand for no value, besides the empty one.
    """

    column: str | None = Field(None, min_length=1)
    value: str | int | float | bool | None = None
    sql: str | None = Field(None, min_length=1)
    type: Literal["string", "int", "long", "float", "double", "boolean"] | None = None
    categorical: bool | None = None
    textual: bool | None = None
    nullable: bool | None = None
    missing: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _bare_string_is_a_column(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = [name for name in ("column", "value", "sql") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise ValueError(f"exactly one of column, value and sql is needed, got {' and '.join(origins) or 'none'}")
        return self

    def field(self, name: str, dataset_type: schemas.DatasetType) -> schemas.Field:
        """The schema's field for this column; what is not declared follows the reserved column of that name."""
        default = dataset_type.known(name) or schemas.Field(name)
        declared = self.model_dump(include={"type", "nullable", "categorical", "textual"}, exclude_none=True)
        return replace(default, **declared)


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class DatasetSpec(_Spec):
    """One dataset: the files that its rows are in, and its columns in the order of the schema.

    Attributes:
        source: a path, a glob or a list of them, relative to the configuration file: CSV, JSON Lines or Parquet.
        columns: by the column's name in the dataset.
    """

    source: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    columns: Annotated[dict[str, ColumnSpec], Field(min_length=1)]

    def fields(self, dataset_type: schemas.DatasetType) -> tuple[schemas.Field, ...]:
        """The columns as fields of the dataset's schema."""
        return tuple(column.field(name, dataset_type) for name, column in self.columns.items())


def fingerprint(datasets: Mapping[str, DatasetSpec]) -> dict[str, Any]:
    """The specification as plain JSON data: equal when a preparation would do the same."""
    return {name: spec.model_dump(mode="json", exclude_defaults=True) for name, spec in datasets.items()}
