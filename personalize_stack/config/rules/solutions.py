"""What a recipe demands of its solution."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from personalize_stack.config.recipes import Feature, Recipe
from personalize_stack.config.rules.draft import Draft, Finding, Path, not_taken, without_event_type
from personalize_stack.config.settings import Choice, Number
from personalize_stack.config.words import allowed, shown

FEATURES = {
    "event_type": Feature.EVENT_TYPE,
    "event_value_threshold": Feature.EVENT_TYPE,
    "events": Feature.EVENTS,
    "optimization_objective": Feature.OBJECTIVE,
    "incremental_update": Feature.INCREMENTAL_UPDATE,
}
"""Keys of a solution that not all recipes take. (A key whose value is empty or false asks for nothing.)"""

NOT_WITH_AUTO_ML = ("recipe", "hyperparameters", "featurization", "tuning", *FEATURES)
NUMERIC = ("int", "long", "float", "double")


def _recipe_or_auto_ml(draft: Draft) -> Iterator[Finding]:
    for path, solution in draft.entries("solutions"):
        if solution.get("auto_ml"):
            for key in NOT_WITH_AUTO_ML:
                if solution.get(key):
                    yield (*path, key), f"{shown(solution[key])} given; with auto_ml the service chooses it"
        elif "recipe" not in solution:
            yield (*path, "recipe"), "missing; this key is required, or auto_ml"


def _settings(draft: Draft) -> Iterator[Finding]:
    for path, recipe in _recipes(draft):
        for group, known in (("hyperparameters", recipe.hyperparameters), ("featurization", recipe.featurization)):
            for name, value in draft.mapping(*path, group).items():
                setting = known.get(name)
                if setting is None:
                    yield (*path, group, name), f"not in the {group} of {recipe.short_name}; {allowed(known, name)}"
                elif isinstance(value, str | int | float) and setting.spelled(str(value)) is None:
                    text = f"{shown(value)} given; should be {setting.allowed} (default {setting.default})"
                    yield (*path, group, name), text


def _features(draft: Draft) -> Iterator[Finding]:
    for path, recipe in _recipes(draft):
        for key, feature in FEATURES.items():
            given = draft.value(*path, key)
            if given not in (None, False, {}) and feature not in recipe.features:
                yield (*path, key), not_taken(recipe, feature, given)
        mode = draft.value(*path, "training", "mode")
        if mode == "UPDATE" and Feature.UPDATE_TRAINING not in recipe.features:
            yield (*path, "training", "mode"), not_taken(recipe, Feature.UPDATE_TRAINING, mode)


def _data(draft: Draft) -> Iterator[Finding]:
    for path, recipe in _recipes(draft):
        for needed in recipe.needs:
            if needed != "interactions" and draft.lacks(needed):
                yield (*path, "recipe"), f"{recipe.short_name} learns from {needed} too, which datasets does not have"
        items = draft.fields.get("items", {}).values()
        if recipe.needs_texts and "items" in draft.fields:
            wanted = {
                "item_name": any(field.item_name for field in items),
                "textual": any(field.textual for field in items),
            }
            for mark in (mark for mark, is_there in wanted.items() if not is_there):
                text = f"{recipe.short_name} needs a column of items that is marked {mark}: true"
                yield (*path, "recipe"), text


def _events(draft: Draft) -> Iterator[Finding]:
    for path, recipe in _recipes(draft):
        single = draft.text(*path, "event_type")
        if single and Feature.EVENT_TYPE in recipe.features and (problem := without_event_type(draft, single)):
            yield (*path, "event_type"), problem
        threshold = draft.value(*path, "event_value_threshold")
        if threshold is not None and Feature.EVENT_TYPE in recipe.features:
            yield from _needs_value(draft, (*path, "event_value_threshold"), threshold)
        for event_type, event in draft.mapping(*path, "events").items():
            if Feature.EVENTS in recipe.features and (problem := without_event_type(draft, event_type)):
                yield (*path, "events", event_type), problem
            if isinstance(event, Mapping) and event.get("value_threshold") is not None:
                yield from _needs_value(draft, (*path, "events", event_type), event["value_threshold"])


def _needs_value(draft: Draft, path: Path, given: Any) -> Iterator[Finding]:
    if draft.lacks_column("interactions", "EVENT_VALUE"):
        yield path, f"{shown(given)} given; it needs the column EVENT_VALUE in datasets.interactions"


def _objective(draft: Draft) -> Iterator[Finding]:
    for path, _ in _recipes(draft):
        column = draft.text(*path, "optimization_objective", "column")
        if column is None:
            continue
        field = draft.column("items", column)
        if draft.lacks_column("items", column) or (field and (field.type not in NUMERIC or field.nullable)):
            text = f"{shown(column)} given; should be a column of datasets.items with a number in every row"
            yield (*path, "optimization_objective", "column"), text


def _tuning(draft: Draft) -> Iterator[Finding]:
    for path, recipe in _recipes(draft):
        tuning = draft.value(*path, "tuning")
        if not tuning:
            continue
        if not recipe.tunable:
            yield (*path, "tuning"), f"{recipe.short_name} has no hyperparameters that can be searched for"
            continue
        for name, given in draft.mapping(*path, "tuning", "ranges").items():
            setting = recipe.tunable.get(name)
            at = (*path, "tuning", "ranges", name)
            if setting is None:
                tunable = allowed(recipe.tunable, name)
                yield at, f"not in the hyperparameters of {recipe.short_name} to search for; {tunable}"
            elif not _fits(setting, given):
                yield at, f"{shown(given)} given; should be {_range_of(setting)}"
            if name in draft.mapping(*path, "hyperparameters"):
                yield at, "given in hyperparameters too; a value is either fixed or searched for"


def _fits(setting: Number | Choice, given: Any) -> bool:
    if isinstance(setting, Choice):
        return isinstance(given, list) and all(setting.spelled(str(word)) for word in given)
    if not isinstance(given, Mapping):
        return False
    least, most = given.get("min"), given.get("max")
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return False
    return least <= most and None not in (setting.spelled(str(least)), setting.spelled(str(most)))


def _range_of(setting: Number | Choice) -> str:
    if isinstance(setting, Choice):
        return f"a list of words, of {setting.allowed}"
    return f"min and max, each {setting.allowed}"


def _recipes(draft: Draft) -> Iterator[tuple[tuple[str, str], Recipe]]:
    for path, _ in draft.entries("solutions"):
        recipe = draft.recipe(path[1])
        if recipe is not None:
            yield path, recipe


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    _recipe_or_auto_ml,
    _settings,
    _features,
    _data,
    _events,
    _objective,
    _tuning,
)
