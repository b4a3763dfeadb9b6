"""Preparing a project's data on this machine, and what its trainings want of it: data_prep knows no configuration."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from data_prep.engines.duckdb import DuckDB
from data_prep.engines.engine import Engine
from data_prep.errors import DataPrepError
from data_prep.manifest import Manifest
from data_prep.prepare import prepare
from data_prep.progress import Progress
from data_prep.trainings import Training, Wanted
from personalize_stack.config.model import Project
from personalize_stack.config.use_cases import USE_CASES


def prepare_here(project: Project, memory: str | None = None, progress: Progress | None = None) -> Manifest:
    """Prepare a project's data on this machine.

    Args:
        memory: How much it may take before it uses the disk, as 4GiB. Default: 4 GiB, or less on a small machine.
        progress: Is told how far it is. Default: none.

    Raises:
        DataPrepError: The data cannot be prepared.
    """
    return prepare(
        project.datasets,
        project.root,
        project.root / project.prepared,
        project.domain,
        engine=_engine(project, memory, progress),
        trainings=trainings(project),
        progress=progress,
        incremental=incremental(project),
        store=project.prep.out,
    )


def _engine(project: Project, memory: str | None, progress: Progress | None) -> Callable[[Path], Engine]:
    if project.prep.engine == "duckdb":
        return partial(DuckDB, memory=memory, progress=progress)
    try:
        from data_prep.engines.spark import Spark  # noqa: PLC0415 (not everyone has it)
    except ModuleNotFoundError as error:
        raise DataPrepError(
            f"`prep.engine: spark` needs the package {error.name}: pip install 'personalize-stack[spark]'"
        ) from error
    return partial(Spark, memory=memory)


def trainings(project: Project) -> tuple[Training, ...]:
    """The trainings of a project that learn from some of the interactions only."""
    return tuple(_trainings(project))


def incremental(project: Project) -> list[str]:
    """The datasets of which only what is new is to be imported."""
    return [str(name) for name, dataset in project.datasets.items() if dataset.import_.mode == "INCREMENTAL"]


def _trainings(project: Project) -> Iterator[Training]:
    for name, solution in project.solutions.items():
        if solution.events:
            wanted = tuple(Wanted(kind, event.value_threshold) for kind, event in solution.events.items())
            yield Training(f"solutions.{name}.events", wanted)
        elif solution.event_type or solution.event_value_threshold is not None:
            key = "event_type" if solution.event_type else "event_value_threshold"
            yield Training(f"solutions.{name}.{key}", (Wanted(solution.event_type, solution.event_value_threshold),))
    for name, recommender in project.recommenders.items():
        if event_type := USE_CASES[recommender.recipe].event_type:
            yield Training(f"recommenders.{name}.recipe", (Wanted(event_type),))
