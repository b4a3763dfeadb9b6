"""What serves: campaigns, recommenders, filters and the event tracker."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_ssm as ssm
from constructs import IConstruct

from personalize_stack.campaign import Campaign
from personalize_stack.config import values
from personalize_stack.event_tracker import EventTracker, EventTrackerBase
from personalize_stack.filter import Filter
from personalize_stack.parts.data import Data
from personalize_stack.parts.outputs import pascal
from personalize_stack.parts.site import Site, columns
from personalize_stack.recommender import Recommender
from personalize_stack.serving import Exploration
from personalize_stack.solution import SolutionVersion


def build_campaign(site: Site, name: str, versions: Mapping[str, SolutionVersion]) -> Campaign:
    """Build a declared campaign on the version of its solution."""
    declared = site.project.campaigns[name]
    campaign = Campaign(
        site.stack,
        f"{pascal(name)}Campaign",
        solution_version=versions[declared.solution],
        follow_latest=declared.follow_latest,
        min_provisioned_tps=declared.min_provisioned_tps,
        exploration=exploration(declared.exploration),
        metadata=declared.metadata,
        ranking_influence=ranking_influence(declared.ranking_influence),
    )
    site.outputs.publish(f"Campaign{pascal(name)}Arn", f"campaigns/{name}/arn", campaign.campaign_arn)
    return campaign


def build_serving_record(
    site: Site, name: str, campaign: Campaign, versions: Mapping[str, SolutionVersion]
) -> ssm.StringParameter | None:
    """Build the parameter that tells which version a campaign serves; its history has those that served before.

    A deploy writes it when it lets another version serve. What others write into it stays otherwise, as their version
    does. None where the service decides which version serves.
    """
    declared = site.project.campaigns[name]
    if declared.follow_latest:
        return None
    served = {"version": versions[declared.solution].solution_version_arn, "by": "deploy"}
    record = ssm.StringParameter(
        site.stack,
        f"Campaign{pascal(name)}Serving",
        parameter_name=f"/personalize/{site.stack.stack_name}/campaigns/{name}/serving",
        description="The version that serves, and who let it; its history has those that served before",
        string_value=site.stack.to_json_string(served),
    )
    record.node.add_dependency(campaign)
    return record


def build_recommender(site: Site, name: str, data: Data, deletions: Iterable[IConstruct]) -> Recommender:
    """Build a declared recommender, trained once the data is there and whom to forget is forgotten."""
    declared = site.project.recommenders[name]
    recommender = Recommender(
        site.stack,
        f"{pascal(name)}Recommender",
        dataset_group=data.group,
        recipe=declared.recipe,
        min_requests_per_second=declared.min_requests_per_second,
        exploration=exploration(declared.exploration),
        metadata=declared.metadata,
        excluded_columns=columns(declared.excluded_columns),
        included_columns=columns(declared.included_columns),
        running=declared.running,
        trained_on=list(data.imports.values()),
        max_duration=Duration.hours(site.project.max_training_hours),
    )
    recommender.node.add_dependency(*deletions)
    site.outputs.publish(f"Recommender{pascal(name)}Arn", f"recommenders/{name}/arn", recommender.recommender_arn)
    return recommender


def build_filter(site: Site, name: str, data: Data) -> Filter:
    """Build a declared filter once the datasets are there whose columns it names."""
    filter_ = Filter(
        site.stack,
        f"{pascal(name)}Filter",
        dataset_group=data.group,
        expression=site.project.filters[name],
        datasets=list(data.datasets.values()),
    )
    site.outputs.publish(f"Filter{pascal(name)}Arn", f"filters/{name}/arn", filter_.filter_arn)
    return filter_


def build_event_tracker(site: Site, data: Data) -> EventTrackerBase | None:
    """Build the event tracker, or take up the one that exists; None when none is declared."""
    declared = site.project.event_tracker
    if not declared:
        return None
    tracker: EventTrackerBase
    if isinstance(declared, bool):
        tracker = EventTracker(site.stack, "EventTracker", interactions=data.datasets["interactions"])
    else:
        tracker = EventTracker.from_event_tracker_arn(site.stack, "EventTracker", declared.arn, declared.tracking_id)
    site.outputs.publish("EventTrackerArn", "event-tracker/arn", tracker.event_tracker_arn)
    site.outputs.publish("TrackingId", "tracking-id", tracker.tracking_id)
    return tracker


def exploration(declared: values.Exploration | None) -> Exploration | None:
    """Return what a construct takes for a declared exploration."""
    return Exploration(declared.weight, declared.item_age_days) if declared else None


def ranking_influence(declared: values.RankingInfluence | None) -> dict[str, float] | None:
    """Return what a construct takes for a declared ranking influence."""
    return {"popularity": declared.popularity, "freshness": declared.freshness} if declared else None
