"""What a project declares, in some lines of text."""

from collections.abc import Iterator

from personalize_stack.config.model import Project
from personalize_stack.config.recipes import RECIPES


def summary(project: Project) -> str:
    """Return the declared resources, one in a line, under the name of their stack."""
    return "\n".join((f"{project.project}-{project.environment}", *(f"  {line}" for line in _lines(project))))


def _lines(project: Project) -> Iterator[str]:
    for dataset, spec in project.datasets.items():
        yield f"{'dataset':<14}{dataset}: {', '.join(spec.columns)} from {', '.join(spec.source)}"
    for name, solution in project.solutions.items():
        settings = {**solution.hyperparameters, **solution.featurization}
        told = "".join(f", {key} {value}" for key, value in settings.items())
        yield f"{'solution':<14}{name}: {RECIPES[solution.recipe].short_name}{told}"
    for name, campaign in project.campaigns.items():
        yield f"{'campaign':<14}{name}: serves {campaign.solution}, at least {campaign.min_provisioned_tps} requests/s"
    for name, expression in project.filters.items():
        yield f"{'filter':<14}{name}: {expression}"
    if project.event_tracker:
        yield "event tracker"
