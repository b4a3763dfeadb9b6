"""What campaigns, recommenders, the event tracker and the metric attribution demand."""

from collections.abc import Callable, Iterator
from typing import Any

from personalize_stack.config.recipes import Feature
from personalize_stack.config.rules.draft import Draft, Finding, not_taken, without_event_type
from personalize_stack.config.rules.solutions import NUMERIC
from personalize_stack.config.use_cases import USE_CASE_NAMES, USE_CASES, UseCase
from personalize_stack.config.words import allowed, shown

OF_SOLUTIONS = {
    "campaigns": (Feature.CAMPAIGN, "campaigns"),
    "batch_inference": (Feature.BATCH_INFERENCE, "batch recommendations"),
    "batch_segments": (Feature.BATCH_SEGMENT, "batch segments"),
}
"""Sections whose entries name a solution, and what its recipe must be for."""

FEATURES = {
    "exploration": Feature.EXPLORATION,
    "ranking_influence": Feature.RANKING_INFLUENCE,
    "themes": Feature.THEMES,
}
"""Keys of these entries that not all recipes take."""


def _solutions(draft: Draft) -> Iterator[Finding]:
    solutions = draft.mapping("solutions")
    for path, entry in draft.entries(*OF_SOLUTIONS):
        solution = entry.get("solution")
        if not isinstance(solution, str):
            continue
        recipe = draft.recipe(solution)
        feature, purpose = OF_SOLUTIONS[path[0]]
        if solution not in solutions:
            text = f"{shown(solution)} given; no such solution; {allowed(solutions, solution)}"
            yield (*path, "solution"), text
        elif recipe is not None and feature not in recipe.features:
            text = f"{shown(solution)} given; its recipe {recipe.short_name} is not for {purpose}"
            yield (*path, "solution"), text
        for key, wanted in FEATURES.items():
            if recipe is not None and entry.get(key) is not None and wanted not in recipe.features:
                yield (*path, key), not_taken(recipe, wanted, entry[key])


def _recommenders(draft: Draft) -> Iterator[Finding]:
    domain = draft.text("domain")
    for path, entry in draft.entries("recommenders"):
        use_case = _use_case(entry.get("recipe"))
        if use_case is None:
            continue
        if use_case.domain != domain:
            text = f"{use_case.short_name} is of the domain {use_case.domain}, and domain is {domain or 'not given'}"
            yield (*path, "recipe"), text
        if use_case.event_type and (problem := without_event_type(draft, use_case.event_type)):
            yield (*path, "recipe"), f"{use_case.short_name} learns from one event type; {problem}"
        for needed in use_case.needs:
            if needed != "interactions" and draft.lacks(needed):
                text = f"{use_case.short_name} learns from {needed} too, which datasets does not have"
                yield (*path, "recipe"), text
        if entry.get("exploration") is not None and not use_case.explores:
            explorers = [known.short_name for known in USE_CASES.values() if known.explores]
            text = f"{use_case.short_name} does not take it; it is for {', '.join(explorers)}"
            yield (*path, "exploration"), f"{shown(entry['exploration'])} given; {text}"


def _use_case(given: Any) -> UseCase | None:
    return USE_CASES.get(USE_CASE_NAMES.get(given, "")) if isinstance(given, str) else None


def _autoscaling(draft: Draft) -> Iterator[Finding]:
    for path, entry in draft.entries("campaigns", "recommenders"):
        least = entry.get("min_provisioned_tps", entry.get("min_requests_per_second", 1))
        most = draft.value(*path, "autoscaling", "max_tps")
        if isinstance(least, int) and isinstance(most, int) and most < least:
            yield (*path, "autoscaling", "max_tps"), f"{most} given; should be at least the minimum, {least}"


def _event_tracker(draft: Draft) -> Iterator[Finding]:
    if draft.text("event_tracker", "arn") and not draft.adopts_group:
        yield ("event_tracker",), "an existing tracker takes events into its own dataset group; give dataset_group too"
    if draft.value("event_tracker") is True and draft.lacks("interactions"):
        yield ("event_tracker",), "True given; events need the dataset interactions"


def _metrics(draft: Draft) -> Iterator[Finding]:
    for name, metric in draft.mapping("metric_attribution", "metrics").items():
        path = ("metric_attribution", "metrics", name)
        event_type, expression = (draft.text(*path, key) for key in ("event_type", "expression"))
        if event_type and metric and (problem := without_event_type(draft, event_type)):
            yield (*path, "event_type"), problem
        if not expression or not expression.startswith("SUM(Items."):
            continue
        column = expression.removeprefix("SUM(Items.").removesuffix(")")
        field = draft.column("items", column)
        if draft.lacks_column("items", column) or (field and field.type not in NUMERIC):
            text = f"{shown(expression)} given; should sum up a number of datasets.items"
            yield (*path, "expression"), text


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    _solutions,
    _recommenders,
    _autoscaling,
    _event_tracker,
    _metrics,
)
