"""Solution and SolutionVersion: what to train, and one training of it."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from constructs import Construct

from personalize_stack.dataset_group import DatasetGroup, DatasetImport
from personalize_stack.relay import waits
from personalize_stack.resource import PersonalizeResource


class Solution(PersonalizeResource):
    """A recipe with its settings. A changed setting is another solution, beside the old one until it is trained.

    Args:
        dataset_group: The data it learns from.
        recipe: The recipe's name, e.g. "aws-user-personalization".
        hyperparameters: The recipe's settings, as text. Default: the recipe's own.
        featurization: The settings of its feature transformation, as text. Default: the recipe's own.
        event_type: The only event type to learn from. Default: all.
        event_value_threshold: The least event value to learn from. Default: none.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.

    Automatic training is off: the service's own default trains, and bills, every week until the solution is deleted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroup,
        recipe: str,
        hyperparameters: Mapping[str, str] | None = None,
        featurization: Mapping[str, str] | None = None,
        event_type: str | None = None,
        event_value_threshold: float | None = None,
        name: str | None = None,
    ) -> None:
        config = {
            "algorithmHyperParameters": dict(hyperparameters or {}),
            "featureTransformationParameters": dict(featurization or {}),
            "eventValueThreshold": None if event_value_threshold is None else str(event_value_threshold),
        }
        super().__init__(
            scope,
            construct_id,
            kind="Solution",
            name=name,
            parameters={
                "datasetGroupArn": dataset_group.dataset_group_arn,
                "recipeArn": f"arn:{Stack.of(scope).partition}:personalize:::recipe/{recipe}",
                "eventType": event_type,
                "performAutoTraining": False,
                "solutionConfig": {key: value for key, value in config.items() if value} or None,
            },
        )

    @property
    def solution_arn(self) -> str:
        """The solution's ARN."""
        return self.arn


class SolutionVersion(PersonalizeResource):
    """One training of a solution on the data of some imports; other data or another solution trains anew.

    Args:
        solution: What to train.
        trained_on: The imports that must be done before, and whose change means a new training.
        max_duration: How long a deploy waits for the training. Default: 6 hours.
        name: What the version's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution: Solution,
        trained_on: Sequence[DatasetImport] = (),
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        wait = waits(max_duration or Duration.hours(6))
        super().__init__(
            scope,
            construct_id,
            kind="SolutionVersion",
            name=name,
            parameters={"solutionArn": solution.solution_arn, "trainingMode": "FULL"},
            generation=" ".join(imported.dataset_import_job_arn for imported in trained_on),
            properties=wait.first_leg,
        )
        self.solution = solution
        self._finished = wait.further_legs(self, self.arn)

    @property
    def solution_version_arn(self) -> str:
        """The version's ARN, known once it is trained."""
        return self._finished
