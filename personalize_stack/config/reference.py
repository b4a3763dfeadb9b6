"""The keys of a configuration and the recipes as tables, for docs/configuration.md.

.venv/bin/python -m personalize_stack.config.reference docs/configuration.md    writes them into the page again
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from data_prep.spec import ColumnSpec, Robots, RulesSpec, Sessions, SourceSpec
from personalize_stack.config import jobs, model, operations, preparation, serving, solutions, values
from personalize_stack.config.recipes import RECIPES, Recipe
from personalize_stack.config.settings import Setting
from personalize_stack.config.use_cases import USE_CASES

START, END = "<!-- generated from the model: do not edit -->", "<!-- end of what is generated -->"

PARTS: Mapping[str, type[BaseModel]] = {
    "The file": model.Declaration,
    "datasets.NAME": jobs.Dataset,
    "datasets.NAME.source": SourceSpec,
    "datasets.NAME.columns.COLUMN": ColumnSpec,
    "datasets.NAME.rules": RulesSpec,
    "datasets.NAME.rules.robots": Robots,
    "datasets.NAME.rules.sessions": Sessions,
    "datasets.NAME.import": jobs.Import,
    "solutions.NAME": solutions.Solution,
    "solutions.NAME.events.TYPE": solutions.Event,
    "solutions.NAME.optimization_objective": solutions.Objective,
    "solutions.NAME.tuning": solutions.Tuning,
    "solutions.NAME.training": solutions.Training,
    "solutions.NAME.retraining": solutions.Retraining,
    "campaigns.NAME": serving.Campaign,
    "recommenders.NAME": serving.Recommender,
    "autoscaling": serving.Autoscaling,
    "autoscaling.prewarm": serving.Window,
    "exploration": values.Exploration,
    "ranking_influence": values.RankingInfluence,
    "event_tracker": serving.EventTracker,
    "metric_attribution": serving.MetricAttribution,
    "metric_attribution.metrics.NAME": serving.Metric,
    "batch_inference.NAME": jobs.BatchInference,
    "batch_segments.NAME": jobs.BatchSegment,
    "exports.NAME": jobs.Export,
    "data_deletions.NAME": jobs.DataDeletion,
    "watch": operations.Watch,
    "budget": operations.Budget,
    "pipeline": operations.Pipeline,
    "prep": preparation.Preparation,
    "quotas": model.Quotas,
}
"""Where each model stands in a file."""


def reference() -> str:
    """Return the tables as Markdown."""
    return "\n".join([*_keys(), *_recipes(), *_use_cases()])


def updated(page: str) -> str:
    """Return a page with the tables as they are now between its marks."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{reference()}\n{END}{after}"


def _keys() -> Iterator[str]:
    for place, part in PARTS.items():
        yield f"### {place if ' ' in place else f'`{place}`'}\n"
        yield from _table(("Key", "Meaning", "Default"), _rows(part))


def _rows(part: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in part.model_fields.items():
        meaning, _, default = (field.description or "").partition("Default: ")
        told = "required" if field.is_required() else default.strip().removesuffix(".") or "none"
        yield f"`{field.alias or name}`", meaning.strip(), told


def _recipes() -> Iterator[str]:
    yield "### Recipes of solutions\n"
    yield "A setting that can be searched for (`tuning`) has a star.\n"
    rows = (
        (f"`{recipe.short_name}`", ", ".join(recipe.needs), _takes(recipe), _settings(recipe))
        for recipe in RECIPES.values()
    )
    yield from _table(("Recipe", "Needs", "Is for, and takes", "Hyperparameters and featurization"), rows)


def _takes(recipe: Recipe) -> str:
    return ", ".join(f"`{feature}`" for feature in sorted(recipe.features))


def _settings(recipe: Recipe) -> str:
    known = {**recipe.hyperparameters, **recipe.featurization}
    return "; ".join(
        f"`{name}`{'*' if setting.is_tunable else ''}: {_values(setting)}" for name, setting in known.items()
    )


def _values(setting: Setting) -> str:
    return f"{setting.allowed}, default {setting.default}"


def _use_cases() -> Iterator[str]:
    yield "### Recipes of recommenders\n"
    rows = (
        (
            f"`{use_case.short_name}`",
            use_case.domain,
            f"{', '.join(use_case.needs)}; 1,000 events of {use_case.event_type or 'any type'}",
            "`exploration`" if use_case.explores else "",
        )
        for use_case in USE_CASES.values()
    )
    yield from _table(("Recipe", "Domain", "Needs", "Takes"), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    yield from (f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)
    yield ""


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(updated(path.read_text("utf-8")), "utf-8")
