"""A dataset on its way through the preparation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data_prep.schemas import DatasetType, Field
from data_prep.spec import ColumnSpec, DatasetSpec, SourceSpec


@dataclass(frozen=True)
class File:
    """A file that rows are in.

    Attributes:
        name: as the report and the quarantine show it: relative to the configuration, or an S3 URI.
        path: where it lies; for one in S3, its key.
    """

    name: str
    path: Path
    spec: SourceSpec

    @property
    def is_remote(self) -> bool:
        """Whether it must be brought here before it can be read."""
        return self.name.startswith("s3://")


@dataclass(frozen=True)
class Dataset:
    """What is to be made (the type and its fields) from what (the specification and the files that it names)."""

    type: DatasetType
    spec: DatasetSpec
    files: tuple[File, ...]
    root: Path = Path()  # what paths in the specification are relative to

    @property
    def name(self) -> str:
        """The dataset's name in the configuration."""
        return self.type.name

    @property
    def is_log(self) -> bool:
        """Whether it is of interactions, which have a time each."""
        return "TIMESTAMP" in self.type.key

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of the schema."""
        return self.spec.fields(self.type)

    def columns(self, file: File) -> Mapping[str, ColumnSpec]:
        """Where the columns come from in a file."""
        return {name: file.spec.columns.get(name, column) for name, column in self.spec.columns.items()}

    def origins(self, file: File) -> list[ColumnSpec]:
        """All that is read of a file: the columns, and what tells which row is the newest."""
        newest_by = self.spec.rules.newest_by
        ages = [ColumnSpec.model_validate({"column": newest_by})] if newest_by else []
        return [*self.columns(file).values(), *ages]
