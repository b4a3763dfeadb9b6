"""A dataset on its way through the preparation."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.schemas import DatasetType, Field
from data_prep.spec import DatasetSpec


@dataclass(frozen=True)
class Dataset:
    """What is to be made (the type and its fields) from what (the specification and the files that it names)."""

    type: DatasetType
    spec: DatasetSpec
    root: Path  # which the report's paths are relative to
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The dataset's name in the configuration."""
        return self.type.name

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of the schema."""
        return self.spec.fields(self.type)
