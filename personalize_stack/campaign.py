"""Campaign: serving, and who may ask."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.resource import PersonalizeResource
from personalize_stack.serving import Exploration, Serving, ranking_influences
from personalize_stack.solution import SolutionVersionBase


class CampaignBase(Serving):
    """A campaign, wherever it was made."""

    dimension = "CampaignArn"

    @property
    def campaign_arn(self) -> str:
        """The campaign's ARN."""
        return self.arn

    def grant_get_recommendations(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee ask this campaign for recommendations, rankings and actions."""
        return self._grant(grantee, "GetRecommendations", "GetPersonalizedRanking", "GetActionRecommendations")

    def metric_get_personalized_ranking(self, **options: Any) -> cloudwatch.Metric:
        """Return how many requests for rankings came."""
        return self.metric("GetPersonalizedRanking", **options)

    def metric_get_personalized_ranking_latency(self, **options: Any) -> cloudwatch.Metric:
        """Return how long rankings took, in milliseconds. Default: the average."""
        return self.metric("GetPersonalizedRankingLatency", **{"statistic": "Average", **options})


class Campaign(PersonalizeResource, CampaignBase):
    """Serves recommendations from one solution version; a new version takes over in place.

    Args:
        solution_version: What to serve.
        follow_latest: Whether versions that are trained later, by the service itself or by an operator, take over at
            once; the given one is then only the first. Default: False.
        min_provisioned_tps: Requests per second reserved, and billed, at all times. Default: 1.
        exploration: How much it tries new items, for recipes that explore. Default: the service's own values.
        metadata: Whether recommendations can come with columns of the items, surcharged. Default: False.
        ranking_influence: By "popularity" and "freshness", what weighs beside likeness, from 0 to 1, for recipes of
            similar texts. Default: nothing.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.

    Raises:
        ValueError: It shall follow the latest version of a solution that is not known.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution_version: SolutionVersionBase,
        follow_latest: bool = False,
        min_provisioned_tps: int = 1,
        exploration: Exploration | None = None,
        metadata: bool = False,
        ranking_influence: Mapping[str, float] | None = None,
        name: str | None = None,
    ) -> None:
        solution = solution_version.solution
        if follow_latest and solution is None:
            raise ValueError("a campaign follows the latest version of a solution, and this version's is not known")
        group = solution.dataset_group if solution else None
        version_arn = solution_version.solution_version_arn
        super().__init__(
            scope,
            construct_id,
            kind="Campaign",
            name=name,
            parameters={
                "solutionVersionArn": f"{solution.solution_arn}/$LATEST" if follow_latest and solution else version_arn,
                "minProvisionedTPS": min_provisioned_tps,
                "campaignConfig": {
                    "syncWithLatestSolutionVersion": follow_latest,
                    "enableMetadataWithRecommendations": metadata,
                    "itemExplorationConfig": exploration and exploration.render(),
                    "rankingInfluence": ranking_influences(ranking_influence),
                },
            },
            # It can move to any version of its dataset group, but not into another group.
            generation=(group.dataset_group_arn if group else None,),
        )
        self.node.add_dependency(solution_version)  # trained, where only the solution's ARN is named

    @staticmethod
    def from_campaign_arn(scope: Construct, construct_id: str, campaign_arn: str) -> CampaignBase:
        """Refer to a campaign that exists already; it is not changed or deleted."""
        return CampaignBase(scope, construct_id, arn=campaign_arn)
