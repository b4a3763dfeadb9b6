"""What the datasets must have."""

from collections.abc import Callable, Iterator

from data_prep.schemas import check_fields
from personalize_stack.config.rules.draft import Draft, Finding, Path


def _interactions(draft: Draft) -> Iterator[Finding]:
    needed = [recipe for name in draft.mapping("solutions") if (recipe := draft.recipe(name)) is not None]
    does_without = needed and not draft.mapping("recommenders")
    if draft.lacks("interactions") and not (
        does_without and all("interactions" not in recipe.needs for recipe in needed)
    ):
        yield ("datasets", "interactions"), "missing; every project learns from interactions"


def _domain(draft: Draft) -> Iterator[Finding]:
    for name in draft.mapping("datasets"):
        if name in ("actions", "action_interactions") and name not in draft.dataset_types:
            yield ("datasets", name), f"a dataset group of the domain {draft.text('domain')} cannot have {name}"


def _columns(draft: Draft) -> Iterator[Finding]:
    for name, fields in draft.fields.items():
        for problem in check_fields(draft.dataset_types[name], list(fields.values())):
            column, _, text = problem.partition(": ")
            path: Path = ("datasets", name, "columns")
            yield ((*path, column), text) if column in fields else (path, problem)


def _imports(draft: Draft) -> Iterator[Finding]:
    for name in draft.mapping("datasets"):
        if draft.value("datasets", name, "import", "publish_attribution_metrics") is not True:
            continue
        path = ("datasets", name, "import", "publish_attribution_metrics")
        if name != "interactions":
            yield path, "True given; metrics are attributed to interactions only"
        elif draft.value("metric_attribution") is None:
            yield path, "True given; it needs a metric_attribution"


def column_choices(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with the choice of columns that a training uses."""
    for path, entry in draft.entries("solutions", "recommenders"):
        for key in ("excluded_columns", "included_columns"):
            for dataset, columns in draft.mapping(*path, key).items():
                yield from _chosen(draft, (*path, key, dataset), columns, excludes=key == "excluded_columns")
        if entry.get("excluded_columns") and entry.get("included_columns"):
            yield (*path, "included_columns"), "given beside excluded_columns; a training takes one of them"


def _chosen(draft: Draft, path: tuple[str, ...], columns: object, *, excludes: bool) -> Iterator[Finding]:
    dataset = path[-1]
    if dataset in draft.dataset_types and draft.lacks(dataset):
        yield path, "no such dataset in datasets"
    fixed = {field.name for field in draft.dataset_types[dataset].required} if dataset in draft.dataset_types else set()
    for index, column in enumerate(columns) if isinstance(columns, list) else ():
        if not isinstance(column, str):
            continue
        if dataset in draft.fields and column not in draft.fields[dataset]:
            yield (*path, index), f"'{column}' given; no such column; allowed: {', '.join(draft.fields[dataset])}"
        elif excludes and (column == "EVENT_TYPE" or column in fixed):
            yield (*path, index), f"'{column}' given; a training cannot do without this column"


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (_interactions, _domain, _columns, _imports, column_choices)
