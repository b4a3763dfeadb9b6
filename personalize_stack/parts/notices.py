"""What a synth says about a project: what would fail after hours, what costs, what is kept."""

from collections.abc import Iterator, Mapping

from aws_cdk import Annotations, Stack

from data_prep.checks import MIN_INTERACTIONS
from data_prep.manifest import Manifest
from personalize_stack.config.model import Project
from personalize_stack.config.solutions import Tuning
from personalize_stack.config.use_cases import USE_CASES


def annotate(stack: Stack, project: Project, manifest: Manifest) -> None:
    """Add errors, warnings and infos to the stack."""
    annotations = Annotations.of(stack)
    for error in too_few_events(project, manifest):
        annotations.add_error(error)
    for key, warning in costs(project).items():
        annotations.add_warning_v2(key, warning)
    if project.production:
        annotations.add_info(
            "production: the stack is protected against deletion, and its data bucket and key outlive it"
        )


def too_few_events(project: Project, manifest: Manifest) -> Iterator[str]:
    """Yield the trainings that would fail since they learn from one event type with too few interactions."""
    prepared = manifest.datasets.get("interactions")
    counts = {event_type.lower(): count for event_type, count in prepared.event_types.items()} if prepared else {}
    if not counts:
        return
    wanted = {f"solutions.{name}.event_type": solution.event_type for name, solution in project.solutions.items()}
    wanted |= {
        f"recommenders.{name}.recipe": USE_CASES[recommender.recipe].event_type
        for name, recommender in project.recommenders.items()
    }
    for place, event_type in wanted.items():
        count = counts.get(event_type.lower(), 0) if event_type else MIN_INTERACTIONS
        if count < MIN_INTERACTIONS:
            yield (
                f"{place}: a training needs {MIN_INTERACTIONS} interactions of the type {event_type}, "
                f"and {count} are prepared"
            )


def costs(project: Project) -> Mapping[str, str]:
    """Return what makes AWS train, and bill, more than once for a deploy; by a key to acknowledge each with."""
    found = {}
    for name, solution in project.solutions.items():
        if solution.auto_training_days:
            served = [campaign for campaign in project.campaigns.values() if campaign.solution == name]
            follows = all(campaign.follow_latest for campaign in served)
            found[f"auto-training:{name}"] = (
                f"solutions.{name}: the service trains it every {solution.auto_training_days} days and bills each "
                "training until the solution is deleted"
                + ("" if follows else "; campaigns without follow_latest do not serve what it trains")
            )
        if solution.tuning:
            many = f"up to {solution.tuning.jobs}" if isinstance(solution.tuning, Tuning) else "several"
            found[f"tuning:{name}"] = f"solutions.{name}: each training tries {many} trainings, all of them billed"
    return found
