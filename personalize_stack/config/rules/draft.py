"""A configuration as it is written: plain data, of which some may be malformed."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from data_prep.schemas import DATASET_TYPES, DatasetType, Field
from data_prep.spec import DatasetSpec
from personalize_stack.config.recipes import NAMES, RECIPES, Feature, Recipe, having
from personalize_stack.config.words import shown

Path = tuple[str | int, ...]
Finding = tuple[Path, str]
"""The path of a key, and what is wrong with its value."""


class Draft:
    """Tells what is well formed in a configuration; what is not counts as absent."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def value(self, *path: str) -> Any:
        """Return the value at a path; None when there is none."""
        value: Any = self._data
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def mapping(self, *path: str) -> Mapping[str, Any]:
        """Return the mapping at a path; an empty one when there is none."""
        value = self.value(*path)
        return value if isinstance(value, Mapping) else {}

    def text(self, *path: str) -> str | None:
        """Return the text at a path; None when there is none."""
        value = self.value(*path)
        return value if isinstance(value, str) else None

    def entries(self, *sections: str) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
        """Yield the path and the content of each entry of some sections."""
        for section in sections:
            for name, entry in self.mapping(section).items():
                if isinstance(entry, Mapping):
                    yield (section, name), entry

    @property
    def dataset_types(self) -> Mapping[str, DatasetType]:
        """The types of dataset that the domain has."""
        return DATASET_TYPES.get(self.text("domain"), DATASET_TYPES[None])

    @property
    def adopts_group(self) -> bool:
        """Whether the dataset group exists already, with datasets that are not declared here."""
        return self.text("dataset_group") is not None

    @cached_property
    def fields(self) -> Mapping[str, Mapping[str, Field]]:
        """The columns of each dataset that is well formed."""
        found = {}
        for name, dataset_type in self.dataset_types.items():
            given = {key: value for key, value in self.mapping("datasets", name).items() if key != "import"}
            try:
                fields = DatasetSpec.model_validate(given).fields(dataset_type)
            except ValidationError:
                continue
            found[name] = {field.name: field for field in fields}
        return found

    def lacks(self, dataset: str) -> bool:
        """Whether the project is known to be without a dataset."""
        return dataset not in self.mapping("datasets") and not self.adopts_group

    def column(self, dataset: str, column: str) -> Field | None:
        """Return a column of a dataset; None when it is not known."""
        return self.fields.get(dataset, {}).get(column)

    def lacks_column(self, dataset: str, column: str) -> bool:
        """Whether the project is known to be without a column."""
        return self.lacks(dataset) or (dataset in self.fields and column not in self.fields[dataset])

    def recipe(self, solution: Any) -> Recipe | None:
        """Return the recipe of a solution by the solution's name; None when it has no such recipe."""
        name = self.text("solutions", solution, "recipe") if isinstance(solution, str) else None
        return RECIPES.get(NAMES.get(name or "", ""))

    def only_event_type(self) -> str | None:
        """Return the event type that all interactions have; None when they may have several."""
        value = self.value("datasets", "interactions", "columns", "EVENT_TYPE", "value")
        return None if value is None else str(value)


def not_taken(recipe: Recipe, feature: Feature, given: Any) -> str:
    """Return what to say of a setting that a recipe does not take."""
    return f"{shown(given)} given; {recipe.short_name} does not take it; it is for {', '.join(having(feature))}"


def without_event_type(draft: Draft, event_type: str) -> str | None:
    """Return why there can be no events of a type; None when there may be."""
    if draft.lacks_column("interactions", "EVENT_TYPE"):
        return f"{shown(event_type)} given; it needs the column EVENT_TYPE in datasets.interactions"
    only = draft.only_event_type()
    if only is not None and only.lower() != event_type.lower():
        return f"{shown(event_type)} given; all interactions have the event type {shown(only)}"
    return None
