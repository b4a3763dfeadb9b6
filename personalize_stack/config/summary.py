"""What a project declares, in some lines of text."""

from collections.abc import Iterator

from personalize_stack.config.model import Project
from personalize_stack.config.serving import Campaign, Recommender
from personalize_stack.config.solutions import Solution


def summary(project: Project) -> str:
    """Return the declared resources, one in a line, under the name of their stack."""
    return "\n".join((project.stack_name, *(f"  {line}" for line in _lines(project))))


def _lines(project: Project) -> Iterator[str]:
    if project.production:
        yield "production: protected against deletion, data retained"
    if project.dataset_group or project.domain:
        yield f"{'dataset group':<14}{project.dataset_group or project.domain}"
    for dataset, spec in project.datasets.items():
        paths = ", ".join(source.path for source in spec.source)
        yield f"{'dataset':<14}{dataset}: {', '.join(spec.columns)} from {paths}"
    for name, solution in project.solutions.items():
        yield f"{'solution':<14}{name}: {_recipe(solution)}"
    for name, campaign in project.campaigns.items():
        least = f"at least {campaign.min_provisioned_tps} requests/s"
        yield f"{'campaign':<14}{name}: serves {campaign.solution}, {least}{_scaling(campaign)}"
    for name, recommender in project.recommenders.items():
        state = f"at least {recommender.min_requests_per_second} requests/s" if recommender.running else "stopped"
        yield f"{'recommender':<14}{name}: {recommender.recipe.removeprefix('aws-')}, {state}{_scaling(recommender)}"
    for name, expression in project.filters.items():
        yield f"{'filter':<14}{name}: {expression}"
    if project.event_tracker:
        yield "event tracker"
    for name, metric in project.metric_attribution.metrics.items() if project.metric_attribution else ():
        yield f"{'metric':<14}{name}: {metric.expression} of {metric.event_type}"
    yield from _jobs(project)
    if project.watched:
        yield f"{'watched':<14}{', '.join(project.notify) or 'nobody'} told of problems"
    if project.budget:
        yield f"{'budget':<14}{project.budget.usd_per_month:g} USD a month"


def _scaling(serving: Campaign | Recommender) -> str:
    scales = f", follows the use up to {serving.autoscaling.max_tps}" if serving.autoscaling else ""
    days = serving.pause_after_idle_days
    return scales + (f", paused after {days} days without a request" if days else "")


def _jobs(project: Project) -> Iterator[str]:
    for name, batch in {**project.batch_inference, **project.batch_segments}.items():
        yield f"{'batch job':<14}{name}: {batch.solution} on {batch.input}"
    for name, export in project.exports.items():
        yield f"{'export':<14}{name}: {export.dataset}"
    for name, deletion in project.data_deletions.items():
        yield f"{'data deletion':<14}{name}: the users in {deletion.input}"


def _recipe(solution: Solution) -> str:
    recipe = solution.recipe.removeprefix("aws-") if solution.recipe else "chosen by the service"
    settings = {**solution.hyperparameters, **solution.featurization}
    told = "".join(f", {key} {value}" for key, value in settings.items())
    repeated = f", trained again every {solution.auto_training_days} days" if solution.auto_training_days else ""
    return recipe + told + repeated + _retraining(solution)


def _retraining(solution: Solution) -> str:
    declared = solution.retraining
    if declared is None:
        return ""
    when = [*filter(None, [declared.schedule]), *(["on new data"] if declared.on_new_data else [])]
    return f", retrained {' and '.join(when) or 'by hand'}"
