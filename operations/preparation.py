"""What a project's trainings want of the data, told to the preparation, which knows no configuration."""

from collections.abc import Iterator

from data_prep.trainings import Training, Wanted
from personalize_stack.config.model import Project
from personalize_stack.config.use_cases import USE_CASES


def trainings(project: Project) -> tuple[Training, ...]:
    """The trainings of a project that learn from some of the interactions only."""
    return tuple(_trainings(project))


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
