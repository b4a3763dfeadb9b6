"""Recommender: a use case of a domain, trained and served as one."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from constructs import Construct

from personalize_stack.data import DatasetImport
from personalize_stack.dataset_group import DatasetGroupBase
from personalize_stack.relay import Job
from personalize_stack.serving import Exploration, Serving
from personalize_stack.solution import Columns, training_columns


class RecommenderBase(Serving):
    """A recommender, wherever it was made."""

    dimension = "RecommenderArn"

    @property
    def recommender_arn(self) -> str:
        """The recommender's ARN."""
        return self.arn


class Recommender(Job, RecommenderBase):
    """Trains and serves a use case of a domain. The service trains it again each week while it runs.

    Args:
        dataset_group: The group, of the recipe's domain.
        recipe: The use case's name, e.g. "aws-vod-top-picks".
        min_requests_per_second: Requests per second reserved, and billed, at all times. Default: 1.
        exploration: How much it tries new items, for use cases that explore. Default: the service's own values.
        metadata: Whether recommendations can come with columns of the items, surcharged. Default: False.
        excluded_columns: By dataset, the columns that the training leaves out; a change trains anew. Default: none.
        included_columns: By dataset, the only columns that it uses. Default: all.
        running: Whether it serves; a stopped one costs nothing and is not trained. Default: True.
        trained_on: The imports that must be done before the first training. Default: none.
        max_duration: How long a deploy waits for the training. Default: 6 hours.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.

    Raises:
        ValueError: Both excluded and included columns are given.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroupBase,
        recipe: str,
        min_requests_per_second: int = 1,
        exploration: Exploration | None = None,
        metadata: bool = False,
        excluded_columns: Columns | None = None,
        included_columns: Columns | None = None,
        running: bool = True,
        trained_on: Sequence[DatasetImport] = (),
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="Recommender",
            name=name,
            parameters={
                "datasetGroupArn": dataset_group.dataset_group_arn,
                "recipeArn": f"arn:{Stack.of(scope).partition}:personalize:::recipe/{recipe}",
                "recommenderConfig": {
                    "minRecommendationRequestsPerSecond": min_requests_per_second,
                    "enableMetadataWithRecommendations": metadata,
                    "itemExplorationConfig": exploration and exploration.render(),
                    "trainingDataConfig": training_columns(excluded_columns, included_columns),
                },
            },
            properties={"Running": "true" if running else "false"},
            max_duration=max_duration or Duration.hours(6),
        )
        self.node.add_dependency(*trained_on)

    @staticmethod
    def from_recommender_arn(scope: Construct, construct_id: str, recommender_arn: str) -> RecommenderBase:
        """Refer to a recommender that exists already; it is not changed or deleted."""
        return RecommenderBase(scope, construct_id, arn=recommender_arn)

    @property
    def recommender_arn(self) -> str:
        """The recommender's ARN, known once it is trained."""
        return self.finished_arn
