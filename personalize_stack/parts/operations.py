"""What acts on the deployed recommender and watches it: autoscaler, pauser, alarms, budget, pipeline."""

from collections.abc import Mapping

from personalize_stack.autoscaling import Autoscaler, Target
from personalize_stack.budget import Budget
from personalize_stack.campaign import Campaign
from personalize_stack.event_tracker import EventTracker, EventTrackerBase
from personalize_stack.parts.data import Data
from personalize_stack.parts.site import Site
from personalize_stack.pausing import Idle, Pauser
from personalize_stack.pipeline import Pipeline, Preparation
from personalize_stack.recommender import Recommender
from personalize_stack.serving import Serving
from personalize_stack.solution import SolutionVersion
from personalize_stack.watch import Limits, Watch, Watched


def build_autoscaler(
    site: Site, campaigns: Mapping[str, Campaign], recommenders: Mapping[str, Recommender]
) -> Autoscaler | None:
    """Build what scales the campaigns and recommenders that shall be scaled; None where there are none."""
    targets = {
        f"campaigns.{name}": Target(campaigns[name], declared.autoscaling.policy(declared.min_provisioned_tps))
        for name, declared in site.project.campaigns.items()
        if declared.autoscaling
    } | {
        f"recommenders.{name}": Target(
            recommenders[name], declared.autoscaling.policy(declared.min_requests_per_second)
        )
        for name, declared in site.project.recommenders.items()
        if declared.autoscaling
    }
    if not targets:
        return None
    return Autoscaler(site.stack, "Autoscaler", targets=targets, notifications=site.notifications)


def build_pauser(
    site: Site, campaigns: Mapping[str, Campaign], recommenders: Mapping[str, Recommender]
) -> Pauser | None:
    """Build what pauses the campaigns and recommenders that shall be paused when idle; None where there are none."""
    serving: dict[str, tuple[Serving, int | None]] = {
        f"campaigns.{name}": (campaigns[name], declared.pause_after_idle_days)
        for name, declared in site.project.campaigns.items()
    }
    serving |= {
        f"recommenders.{name}": (recommenders[name], declared.pause_after_idle_days)
        for name, declared in site.project.recommenders.items()
    }
    targets = {name: Idle(target, days) for name, (target, days) in serving.items() if days}
    if not targets:
        return None
    return Pauser(site.stack, "Pauser", targets=targets, storage=site.storage, notifications=site.notifications)


def build_watch(
    site: Site,
    data: Data,
    *,
    versions: Mapping[str, SolutionVersion],
    campaigns: Mapping[str, Campaign],
    recommenders: Mapping[str, Recommender],
    event_tracker: EventTrackerBase | None,
) -> Watch | None:
    """Build what watches everything; None where nothing shall be watched."""
    limits = site.project.watched
    if limits is None:
        return None
    serving = {
        f"campaigns.{name}": Watched(
            campaigns[name], versions[declared.solution].solution, scales=declared.autoscaling is not None
        )
        for name, declared in site.project.campaigns.items()
    } | {
        f"recommenders.{name}": Watched(recommenders[name], scales=declared.autoscaling is not None)
        for name, declared in site.project.recommenders.items()
    }
    return Watch(
        site.stack,
        "Watch",
        serving=serving,
        datasets={name: data.datasets[name] for name in site.project.datasets},
        event_tracker=event_tracker if isinstance(event_tracker, EventTracker) else None,
        notifications=site.notifications,
        limits=Limits(**limits.model_dump()),
    )


def build_budget(site: Site) -> Budget | None:
    """Build the budget; None where none is declared."""
    declared = site.project.budget
    if declared is None:
        return None
    tags = {"project": site.project.project, "environment": site.project.environment}
    return Budget(
        site.stack, "Budget", usd_per_month=declared.usd_per_month, tags=tags, notifications=site.notifications
    )


def build_pipeline(site: Site) -> Pipeline | None:
    """Build the roles of the pipeline; None where none is declared."""
    declared = site.project.pipeline
    if declared is None:
        return None
    project = site.project
    tags = {"project": project.project, "environment": project.environment}
    pipeline = Pipeline(
        site.stack,
        "Pipeline",
        repository=declared.repository,
        environment=project.environment,
        preparation=Preparation(project.preparation_stack_name, tags) if project.prep.engine == "spark" else None,
    )
    site.outputs.tell("DeployRoleArn", pipeline.deploy_role.role_arn)
    site.outputs.tell("DiffRoleArn", pipeline.diff_role.role_arn)
    return pipeline
