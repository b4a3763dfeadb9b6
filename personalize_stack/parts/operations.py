"""What acts on the deployed recommender by itself: the autoscaler, the pauser."""

from collections.abc import Mapping

from personalize_stack.autoscaling import Autoscaler, Target
from personalize_stack.campaign import Campaign
from personalize_stack.parts.site import Site
from personalize_stack.pausing import Idle, Pauser
from personalize_stack.recommender import Recommender
from personalize_stack.serving import Serving


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
