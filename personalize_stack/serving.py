"""What campaigns, recommenders and batch jobs have in common: how they serve, and what is measured of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam

from personalize_stack.metrics import metric
from personalize_stack.resource import Reference


@dataclass(frozen=True)
class Exploration:
    """How much items are tried that are new or seldom seen.

    Args:
        weight: From 0, none, to 1, as much as possible.
        item_age_days: Items of at most this age count as new.
    """

    weight: float = 0.3
    item_age_days: int = 30

    def render(self) -> dict[str, str]:
        """The API's itemExplorationConfig, which is text."""
        return {"explorationWeight": f"{self.weight:g}", "explorationItemAgeCutOff": str(self.item_age_days)}


def ranking_influences(influence: Mapping[str, float] | None) -> dict[str, float] | None:
    """Return the API's rankingInfluence.

    Args:
        influence: By "popularity" and "freshness", from 0 to 1.
    """
    return {name.upper(): weight for name, weight in influence.items()} if influence else None


class Serving(Reference):
    """What answers requests for recommendations.

    Attributes:
        dimension: The name of its dimension in CloudWatch.
    """

    dimension: str

    def grant_get_recommendations(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee ask it for recommendations."""
        return self._grant(grantee, "GetRecommendations")

    def grant_describe(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee look at it."""
        return self._grant(grantee, f"Describe{self.dimension.removesuffix('Arn')}")

    def grant_scale(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee look at it and change what it reserves, and with that all that can be changed."""
        kind = self.dimension.removesuffix("Arn")
        return self._grant(grantee, f"Describe{kind}", f"Update{kind}")

    def grant_pause(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee look at it and end its serving: a recommender can be stopped, a campaign only deleted."""
        kind = self.dimension.removesuffix("Arn")
        ending = ("StopRecommender",) if kind == "Recommender" else ("DeleteCampaign", "ListTagsForResource")
        return self._grant(grantee, f"Describe{kind}", *ending)

    def metric(self, metric_name: str, **options: Any) -> cloudwatch.Metric:
        """Return one of its metrics by name. Default: the sum, which is all that counts of requests have."""
        return metric(metric_name, "Sum", {self.dimension: self.arn}, options)

    def metric_get_recommendations(self, **options: Any) -> cloudwatch.Metric:
        """Return how many requests for recommendations came."""
        return self.metric("GetRecommendations", **options)

    def metric_get_recommendations_client_errors(self, **options: Any) -> cloudwatch.Metric:
        """Return how many of them were wrong, or too many."""
        return self.metric("GetRecommendations4xxErrors", **options)

    def metric_get_recommendations_server_errors(self, **options: Any) -> cloudwatch.Metric:
        """Return how many of them the service could not answer."""
        return self.metric("GetRecommendations5xxErrors", **options)

    def metric_get_recommendations_latency(self, **options: Any) -> cloudwatch.Metric:
        """Return how long answers took, in milliseconds. Default: the average."""
        return self.metric("GetRecommendationsLatency", **{"statistic": "Average", **options})
