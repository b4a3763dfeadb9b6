"""Batch inference and batch segment jobs: many answers at once, written to S3."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from personalize_stack.filter import FilterBase
from personalize_stack.relay import Job
from personalize_stack.serving import Exploration, ranking_influences
from personalize_stack.solution import SolutionVersionBase


@dataclass(frozen=True)
class ThemeGeneration:
    """Similar items grouped under themes.

    Args:
        item_name_column: The column of items with their names.
    """

    item_name_column: str

    def render(self) -> dict[str, Any]:
        """The API's ThemeGenerationConfig."""
        return {"fieldsForThemeGeneration": {"itemName": self.item_name_column}}


class BatchInference(Job):
    """Recommendations for many users or items at once; the deploy waits for them.

    Args:
        solution_version: What answers.
        input: JSON Lines, one request each: a file or folder, `s3://bucket/folder/`.
        output: The folder for the answers, another than the input's.
        role: The role by which the service reads and writes.
        filter: What to leave out or keep in. Default: none.
        num_results: How many items for each line. Default: 25, the service's own.
        exploration: How much it tries new items, for recipes that explore. Default: the service's own values.
        ranking_influence: By "popularity" and "freshness", what weighs beside likeness. Default: nothing.
        themes: Group similar items under themes. Default: no themes.
        encryption_key: The key for the answers. Default: the bucket's own.
        run: Any text; another one asks again. Default: none.
        max_duration: How long a deploy waits for it. Default: 6 hours.
        name: What the job's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution_version: SolutionVersionBase,
        input: str,
        output: str,
        role: iam.IRole,
        filter: FilterBase | None = None,
        num_results: int | None = None,
        exploration: Exploration | None = None,
        ranking_influence: Mapping[str, float] | None = None,
        themes: ThemeGeneration | None = None,
        encryption_key: kms.IKey | None = None,
        run: str | None = None,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="BatchInferenceJob",
            name=name,
            parameters={
                **_questions(solution_version, input, output, role, encryption_key),
                "filterArn": filter and filter.filter_arn,
                "numResults": num_results,
                "batchInferenceJobConfig": {
                    "itemExplorationConfig": exploration and exploration.render(),
                    "rankingInfluence": ranking_influences(ranking_influence),
                },
                "batchInferenceJobMode": "THEME_GENERATION" if themes else None,
                "themeGenerationConfig": themes and themes.render(),
            },
            generation=(run,),
            max_duration=max_duration or Duration.hours(6),
            role=role,
        )

    @property
    def batch_inference_job_arn(self) -> str:
        """The job's ARN, known once the answers are written."""
        return self.finished_arn


class BatchSegment(Job):
    """The users who are likely to take to an item, or to items of a kind; the deploy waits for them.

    Args:
        solution_version: What answers.
        input: JSON Lines, one item or one expression over items each: a file or folder, `s3://bucket/folder/`.
        output: The folder for the answers, another than the input's.
        role: The role by which the service reads and writes.
        filter: Which users to leave out or keep in. Default: none.
        num_results: How many users for each line. Default: 25, the service's own.
        encryption_key: The key for the answers. Default: the bucket's own.
        run: Any text; another one asks again. Default: none.
        max_duration: How long a deploy waits for it. Default: 6 hours.
        name: What the job's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution_version: SolutionVersionBase,
        input: str,
        output: str,
        role: iam.IRole,
        filter: FilterBase | None = None,
        num_results: int | None = None,
        encryption_key: kms.IKey | None = None,
        run: str | None = None,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="BatchSegmentJob",
            name=name,
            parameters={
                **_questions(solution_version, input, output, role, encryption_key),
                "filterArn": filter and filter.filter_arn,
                "numResults": num_results,
            },
            generation=(run,),
            max_duration=max_duration or Duration.hours(6),
            role=role,
        )

    @property
    def batch_segment_job_arn(self) -> str:
        """The job's ARN, known once the answers are written."""
        return self.finished_arn


def _questions(
    solution_version: SolutionVersionBase, questions: str, answers: str, role: iam.IRole, key: kms.IKey | None
) -> dict[str, Any]:
    """The parameters that both kinds of batch jobs have."""
    return {
        "solutionVersionArn": solution_version.solution_version_arn,
        "jobInput": {"s3DataSource": {"path": questions}},
        "jobOutput": {"s3DataDestination": {"path": answers, "kmsKeyArn": key and key.key_arn}},
        "roleArn": role.role_arn,
    }
