"""Campaign: serving, and who may ask."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.resource import PersonalizeResource
from personalize_stack.solution import SolutionVersion


class Campaign(PersonalizeResource):
    """Serves recommendations from one solution version; a new version takes over in place.

    Args:
        solution_version: What to serve.
        min_provisioned_tps: Requests per second reserved, and billed, at all times. Default: 1.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution_version: SolutionVersion,
        min_provisioned_tps: int = 1,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="Campaign",
            name=name,
            parameters={
                "solutionVersionArn": solution_version.solution_version_arn,
                "minProvisionedTPS": min_provisioned_tps,
            },
        )

    @property
    def campaign_arn(self) -> str:
        """The campaign's ARN."""
        return self.arn

    def grant_get_recommendations(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee ask this campaign for recommendations and rankings."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["personalize:GetRecommendations", "personalize:GetPersonalizedRanking"],
            resource_arns=[self.campaign_arn],
        )
