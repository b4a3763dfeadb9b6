"""What one part of a configuration demands of another.

The rules read plain data and look only at what is well formed, so that they report their problems together with
those of the single values.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from data_prep.schemas import DATASET_TYPES, check_fields
from data_prep.spec import DatasetSpec
from personalize_stack.config.recipes import NAMES, RECIPES, Recipe
from personalize_stack.config.words import allowed, shown

Finding = tuple[tuple[str | int, ...], str]
"""The path of a key, and what is wrong with its value."""


def findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what breaks a rule."""
    yield from _about_datasets(data)
    yield from _about_solutions(data)
    yield from _about_campaigns(data)
    yield from _about_tags(data)


def _about_datasets(data: Mapping[str, Any]) -> Iterator[Finding]:
    datasets = data.get("datasets")
    if isinstance(datasets, Mapping) and "interactions" not in datasets:
        yield ("datasets", "interactions"), "missing; every project learns from interactions"
    for name, dataset_type in DATASET_TYPES[None].items():
        try:
            fields = DatasetSpec.model_validate(_mapping(data, "datasets").get(name)).fields(dataset_type)
        except ValidationError:
            continue
        for problem in check_fields(dataset_type, fields):
            column, _, text = problem.partition(": ")
            is_of_column = any(field.name == column for field in fields)
            yield ("datasets", name, "columns", *([column] if is_of_column else [])), text if is_of_column else problem


def _about_solutions(data: Mapping[str, Any]) -> Iterator[Finding]:
    interactions = _mapping(_mapping(_mapping(data, "datasets"), "interactions"), "columns")
    for name in _mapping(data, "solutions"):
        solution = _mapping(_mapping(data, "solutions"), name)
        path = ("solutions", name)
        recipe = _recipe(solution)
        if recipe is None:
            continue
        yield from _about_settings(solution, recipe, path)
        for needed in recipe.needs:
            if needed not in _mapping(data, "datasets"):
                yield (*path, "recipe"), f"{recipe.short_name} learns from {needed} too, which datasets does not have"
        for key, column in (("event_type", "EVENT_TYPE"), ("event_value_threshold", "EVENT_VALUE")):
            given = solution.get(key)
            if given is None:
                continue
            if not recipe.takes_event_type:
                yield (*path, key), f"{shown(given)} given; {recipe.short_name} does not take it"
            elif column not in interactions:
                yield (*path, key), f"{shown(given)} given; it needs the column {column} in datasets.interactions"


def _about_settings(solution: Mapping[str, Any], recipe: Recipe, path: tuple[str, ...]) -> Iterator[Finding]:
    for group, known in (("hyperparameters", recipe.hyperparameters), ("featurization", recipe.featurization)):
        for name, value in _mapping(solution, group).items():
            setting = known.get(name)
            if setting is None:
                yield (*path, group, name), f"not in the {group} of {recipe.short_name}; {allowed(known, name)}"
            elif isinstance(value, str | int | float) and setting.spelled(str(value)) is None:
                text = f"{shown(value)} given; should be {setting.allowed} (default {setting.default})"
                yield (*path, group, name), text


def _about_campaigns(data: Mapping[str, Any]) -> Iterator[Finding]:
    solutions = _mapping(data, "solutions")
    for name in _mapping(data, "campaigns"):
        solution = _mapping(_mapping(data, "campaigns"), name).get("solution")
        if not isinstance(solution, str):
            continue
        path = ("campaigns", name, "solution")
        recipe = _recipe(_mapping(solutions, solution))
        if solution not in solutions:
            yield path, f"{shown(solution)} given; no such solution; {allowed(solutions, solution)}"
        elif recipe is not None and not recipe.serves_campaigns:
            yield path, f"{shown(solution)} given; its recipe {recipe.short_name} is for batch jobs, not for campaigns"


def _about_tags(data: Mapping[str, Any]) -> Iterator[Finding]:
    for key in _mapping(data, "tags"):
        if key.lower().startswith("aws:"):
            yield ("tags", key), "the prefix aws: is reserved; choose another key"


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _recipe(solution: Mapping[str, Any]) -> Recipe | None:
    name = solution.get("recipe")
    return RECIPES.get(NAMES.get(name, "")) if isinstance(name, str) else None
