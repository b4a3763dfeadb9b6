"""The solutions, and one training of each."""

from collections.abc import Sequence

from aws_cdk import Annotations, Duration

from personalize_stack.config import solutions
from personalize_stack.config.recipes import RECIPES, USUAL_DATASETS
from personalize_stack.config.settings import Number
from personalize_stack.data import DataDeletion
from personalize_stack.parts.data import Data
from personalize_stack.parts.outputs import pascal
from personalize_stack.parts.site import Site, columns
from personalize_stack.retired import Replaced, replaced
from personalize_stack.solution import (
    EventWeight,
    HyperparameterTuning,
    OptimizationObjective,
    Solution,
    SolutionVersion,
)


def build_versions(
    site: Site, data: Data, deletions: Sequence[DataDeletion], *, on_aws: bool
) -> dict[str, SolutionVersion]:
    """Build the declared solutions and a training of each.

    Args:
        deletions: what must be forgotten before; another deletion is another training.
        on_aws: whether the deploy goes to AWS, where retired recipes become their successors.
    """
    versions = {}
    for name, declared in site.project.solutions.items():
        deployed = replaced(declared, site.project) if on_aws else Replaced(declared)
        _tell(site, name, deployed)
        solution = _solution(site, data, name, deployed.solution)
        versions[name] = _version(site, data, name, solution, deletions)
    return versions


def _tell(site: Site, name: str, deployed: Replaced) -> None:
    if deployed.is_refused:
        Annotations.of(site.stack).add_error(f"solutions.{name}: {deployed.notice}")
    elif deployed.notice:
        Annotations.of(site.stack).add_warning_v2(f"retired-recipe:{name}", f"solutions.{name}: {deployed.notice}")
        site.outputs.tell(f"Solution{pascal(name)}Notice", deployed.notice)


def _solution(site: Site, data: Data, name: str, declared: solutions.Solution) -> Solution:
    objective = declared.optimization_objective
    solution = Solution(
        site.stack,
        f"{pascal(name)}Solution",
        dataset_group=data.group,
        recipe=declared.recipe,
        auto_ml=declared.auto_ml,
        hyperparameters=declared.hyperparameters,
        featurization=declared.featurization,
        event_type=declared.event_type,
        event_value_threshold=declared.event_value_threshold,
        events=[
            EventWeight(event_type=event_type, weight=event.weight, value_threshold=event.value_threshold)
            for event_type, event in declared.events.items()
        ],
        optimization_objective=OptimizationObjective(objective.column, objective.sensitivity) if objective else None,
        excluded_columns=columns(declared.excluded_columns),
        included_columns=columns(declared.included_columns),
        tuning=_tuning(declared.tuning, declared.recipe),
        auto_training=Duration.days(declared.auto_training_days) if declared.auto_training_days else None,
        incremental_update=declared.incremental_update,
    )
    # A solution is refused until the group has the datasets that it learns from.
    solution.node.add_dependency(*data.datasets.values())
    site.outputs.publish(f"{pascal(name)}SolutionArn", f"solutions/{name}/arn", solution.solution_arn)
    return solution


def _tuning(declared: bool | solutions.Tuning, recipe: str | None) -> HyperparameterTuning | None:
    if isinstance(declared, bool):
        return HyperparameterTuning() if declared else None
    settings = RECIPES[recipe].tunable if recipe else {}
    numbers = {name: given for name, given in declared.ranges.items() if isinstance(given, solutions.Range)}
    whole = {name for name, setting in settings.items() if isinstance(setting, Number) and setting.is_whole}
    return HyperparameterTuning(
        max_jobs=declared.jobs,
        max_parallel_jobs=declared.parallel_jobs,
        metric=declared.metric,
        integers={name: (int(given.min), int(given.max)) for name, given in numbers.items() if name in whole},
        continuous={name: (given.min, given.max) for name, given in numbers.items() if name not in whole},
        categories={name: given for name, given in declared.ranges.items() if isinstance(given, list)},
    )


def _version(
    site: Site, data: Data, name: str, solution: Solution, deletions: Sequence[DataDeletion]
) -> SolutionVersion:
    declared = site.project.solutions[name]
    learnt = RECIPES[declared.recipe].learns_from if declared.recipe else USUAL_DATASETS
    reasons = (declared.training.run, *(deletion.data_deletion_job_arn for deletion in deletions))
    version = SolutionVersion(
        site.stack,
        f"{pascal(name)}Version",
        solution=solution,
        training_mode=declared.training.mode,
        trained_on=[imported for dataset, imported in data.imports.items() if dataset in learnt],
        run=" ".join(reason for reason in reasons if reason) or None,
        max_duration=Duration.hours(site.project.max_training_hours),
    )
    site.outputs.tell(f"SolutionVersion{pascal(name)}Arn", version.solution_version_arn)
    return version
