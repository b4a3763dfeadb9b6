"""What acts on the deployed recommender by itself: the autoscaler."""

from collections.abc import Mapping

from personalize_stack.autoscaling import Autoscaler, Target
from personalize_stack.campaign import Campaign
from personalize_stack.parts.site import Site
from personalize_stack.recommender import Recommender


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
