"""Solution and SolutionVersion: what to train, and one training of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from personalize_stack.data import DatasetImport
from personalize_stack.dataset_group import DatasetGroupBase
from personalize_stack.metrics import metric
from personalize_stack.relay import Job
from personalize_stack.resource import PersonalizeResource, Reference

_MOST_AUTO_TRAINING_DAYS = 30

Columns = Mapping[Any, Sequence[str]]
"""Columns by dataset: interactions, items, users."""


@dataclass(frozen=True)
class EventWeight:
    """How much events of a type count in a training.

    Args:
        event_type: The type, as in the column EVENT_TYPE.
        weight: From 0 to 1; only the ratio between the types matters.
        value_threshold: Leave out events whose EVENT_VALUE is less than this. Default: keep all.
    """

    event_type: str
    weight: float
    value_threshold: float | None = None

    def render(self) -> dict[str, Any]:
        """The API's EventParameters."""
        threshold = {} if self.value_threshold is None else {"eventValueThreshold": self.value_threshold}
        return {"eventType": self.event_type, "weight": self.weight, **threshold}


@dataclass(frozen=True)
class OptimizationObjective:
    """What the recommendations shall be good for, besides being relevant.

    Args:
        item_attribute: A column of items that holds a number in every row.
        sensitivity: How much it weighs against relevance.
    """

    item_attribute: str
    sensitivity: Literal["OFF", "LOW", "MEDIUM", "HIGH"] = "OFF"

    def render(self) -> dict[str, str]:
        """The API's OptimizationObjective."""
        return {"itemAttribute": self.item_attribute, "objectiveSensitivity": self.sensitivity}


@dataclass(frozen=True)
class HyperparameterTuning:
    """A search for hyperparameters: several trainings, each billed, of which the best is kept.

    Args:
        max_jobs: How many trainings to try, 1 to 40.
        max_parallel_jobs: How many at once, 1 to 10.
        integers: By hyperparameter, the least and the greatest whole number.
        continuous: By hyperparameter, the least and the greatest number.
        categories: By hyperparameter, the words to choose from.
        metric: The metric to judge by. Default: the recipe's own.
    """

    max_jobs: int = 10
    max_parallel_jobs: int = 5
    integers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    continuous: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    metric: str | None = None

    def render(self) -> dict[str, Any]:
        """The API's HPOConfig; it takes the numbers of jobs as text."""
        ranges = {
            "integerHyperParameterRanges": _bounds(self.integers),
            "continuousHyperParameterRanges": _bounds(self.continuous),
            "categoricalHyperParameterRanges": [
                {"name": name, "values": list(words)} for name, words in self.categories.items()
            ],
        }
        return {
            "hpoObjective": {"metricName": self.metric, "type": "Maximize"} if self.metric else None,
            "hpoResourceConfig": {
                "maxNumberOfTrainingJobs": str(self.max_jobs),
                "maxParallelTrainingJobs": str(self.max_parallel_jobs),
            },
            "algorithmHyperParameterRanges": {name: given for name, given in ranges.items() if given},
        }


def _bounds(ranges: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    return [{"name": name, "minValue": low, "maxValue": high} for name, (low, high) in ranges.items()]


def training_columns(excluded: Columns | None, included: Mapping[str, Sequence[str]] | None) -> dict[str, Any]:
    """Return the API's TrainingDataConfig.

    Args:
        excluded: By dataset (interactions, items, users), the columns that a training leaves out.
        included: By dataset, the only columns that it uses.

    Raises:
        ValueError: Both are given.
    """
    if excluded and included:
        raise ValueError("a training takes excluded_columns or included_columns, not both")
    given = {"excludedDatasetColumns": excluded, "includedDatasetColumns": included}
    return {
        key: {name.upper(): list(columns) for name, columns in datasets.items()}
        for key, datasets in given.items()
        if datasets
    }


class SolutionBase(Reference):
    """A solution, wherever it was made.

    Attributes:
        dataset_group: The group whose data it learns from; None for one that was made elsewhere.
    """

    dataset_group: DatasetGroupBase | None = None

    @property
    def solution_arn(self) -> str:
        """The solution's ARN."""
        return self.arn


class Solution(PersonalizeResource, SolutionBase):
    """A recipe with its settings. A changed setting is another solution, beside the old one until it is trained.

    Args:
        dataset_group: The data it learns from.
        recipe: The recipe's name, e.g. "aws-user-personalization". Default: none, but then `auto_ml`.
        hyperparameters: The recipe's settings, as text. Default: the recipe's own.
        featurization: The settings of its feature transformation, as text. Default: the recipe's own.
        event_type: The only event type to learn from. Default: all.
        event_value_threshold: The least event value to learn from. Default: none.
        events: How much each event type counts, for recipes that weigh them; changes in place. Default: all alike.
        optimization_objective: A number of the items to favour. Default: relevance alone.
        excluded_columns: By dataset, the columns that a training leaves out. Default: none.
        included_columns: By dataset, the only columns that it uses. Default: all.
        tuning: A search for hyperparameters at each training. Default: none.
        auto_ml: Let the service choose the recipe, among these if some are named. Default: False.
        auto_training: How often the service trains it again by itself, whole days up to 30; changes in place.
            Default: never. The service's own default trains, and bills, every week until the solution is deleted.
        incremental_update: Whether the service adds new items between trainings; changes in place. Default: False.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.

    Raises:
        ValueError: The arguments contradict each other.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroupBase,
        recipe: str | None = None,
        hyperparameters: Mapping[str, str] | None = None,
        featurization: Mapping[str, str] | None = None,
        event_type: str | None = None,
        event_value_threshold: float | None = None,
        events: Sequence[EventWeight] = (),
        optimization_objective: OptimizationObjective | None = None,
        excluded_columns: Columns | None = None,
        included_columns: Columns | None = None,
        tuning: HyperparameterTuning | None = None,
        auto_ml: bool | Sequence[str] = False,
        auto_training: Duration | None = None,
        incremental_update: bool = False,
        name: str | None = None,
    ) -> None:
        if (recipe is None) != bool(auto_ml):
            raise ValueError("a solution takes a recipe, or auto_ml in its place")
        if event_type and events:
            raise ValueError("a solution takes event_type or events, not both")
        partition = Stack.of(scope).partition
        config = {
            "algorithmHyperParameters": dict(hyperparameters or {}),
            "featureTransformationParameters": dict(featurization or {}),
            "eventValueThreshold": None if event_value_threshold is None else str(event_value_threshold),
            "eventsConfig": {"eventParametersList": [event.render() for event in events]} if events else None,
            "optimizationObjective": optimization_objective and optimization_objective.render(),
            "trainingDataConfig": training_columns(excluded_columns, included_columns),
            "hpoConfig": tuning and tuning.render(),
            "autoMLConfig": {"recipeList": [_recipe_arn(partition, one) for one in auto_ml]}
            if not isinstance(auto_ml, bool)
            else None,
            "autoTrainingConfig": auto_training and {"schedulingExpression": _schedule(auto_training)},
        }
        super().__init__(
            scope,
            construct_id,
            kind="Solution",
            name=name,
            parameters={
                "datasetGroupArn": dataset_group.dataset_group_arn,
                "recipeArn": recipe and _recipe_arn(partition, recipe),
                "eventType": event_type,
                "performHPO": True if tuning else None,
                "performAutoML": True if auto_ml else None,
                "performAutoTraining": auto_training is not None,
                "performIncrementalUpdate": incremental_update,
                "solutionConfig": config,
            },
        )
        self.dataset_group = dataset_group

    @staticmethod
    def from_solution_arn(scope: Construct, construct_id: str, solution_arn: str) -> SolutionBase:
        """Refer to a solution that exists already; it is not changed or deleted."""
        return SolutionBase(scope, construct_id, arn=solution_arn)


class SolutionVersionBase(Reference):
    """A trained solution, wherever it was trained.

    Attributes:
        solution: What was trained; None for one that was made elsewhere.
    """

    solution: SolutionBase | None = None

    @property
    def solution_version_arn(self) -> str:
        """The version's ARN, known once it is trained."""
        return self.arn


class SolutionVersion(Job, SolutionVersionBase):
    """One training of a solution on the data of some imports; other data or another solution trains anew.

    Args:
        solution: What to train.
        training_mode: FULL, or UPDATE: add new items to the version that was trained in full before. Default: FULL.
        trained_on: The imports that must be done before, and whose change means a new training.
        run: Any text; another one trains again. Default: none.
        max_duration: How long a deploy waits for the training. Default: 6 hours.
        name: What the version's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution: SolutionBase,
        training_mode: Literal["FULL", "UPDATE"] = "FULL",
        trained_on: Sequence[DatasetImport] = (),
        run: str | None = None,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="SolutionVersion",
            name=name,
            parameters={"solutionArn": solution.solution_arn, "trainingMode": training_mode},
            generation=(*(imported.dataset_import_job_arn for imported in trained_on), run),
            max_duration=max_duration or Duration.hours(6),
        )
        self.solution = solution

    @staticmethod
    def from_solution_version_arn(
        scope: Construct, construct_id: str, solution_version_arn: str
    ) -> SolutionVersionBase:
        """Refer to a version that is trained already."""
        return SolutionVersionBase(scope, construct_id, arn=solution_version_arn)

    @property
    def solution_version_arn(self) -> str:
        """The version's ARN, known once it is trained."""
        return self.finished_arn

    def metric(self, metric_name: str, **options: Any) -> cloudwatch.Metric:
        """Return a metric of the training: SolutionTrainingJobRequests, …Error, …ExecutionTime. Default: their sum."""
        assert self.solution is not None
        dimensions = {"SolutionArn": self.solution.solution_arn, "SolutionVersionArn": self.solution_version_arn}
        return metric(metric_name, "Sum", dimensions, options)

    def metric_training_time(self, **options: Any) -> cloudwatch.Metric:
        """Return how long the training took, in seconds. Default: the greatest."""
        return self.metric("SolutionTrainingJobExecutionTime", **{"statistic": "Maximum", **options})


def _recipe_arn(partition: str, recipe: str) -> str:
    return f"arn:{partition}:personalize:::recipe/{recipe}"


def _schedule(every: Duration) -> str:
    days = every.to_days(integral=False)
    if days != int(days) or not 1 <= days <= _MOST_AUTO_TRAINING_DAYS:
        raise ValueError(f"auto_training takes 1 to {_MOST_AUTO_TRAINING_DAYS} whole days, got {days:g} days")
    return f"rate({int(days)} {'day' if days == 1 else 'days'})"
