"""The configuration as typed values.

Each field's description and default go into the JSON Schema, so that an editor shows them, and into the documentation.
Bounds are the service's quotas and patterns (developer guide, "quotas"). What one field may be given another stands in
the rules.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from personalize_stack.config.jobs import BatchInference, BatchSegment, DataDeletion, Dataset, Export
from personalize_stack.config.operations import Budget, Pipeline, Watch
from personalize_stack.config.preparation import Preparation
from personalize_stack.config.rules.filters import MAX_CHARACTERS
from personalize_stack.config.serving import Campaign, EventTracker, MetricAttribution, Recommender
from personalize_stack.config.solutions import Solution
from personalize_stack.config.values import DatasetName, Declared, Domain, Email, Name, TagKey, TagValue


class Quotas(Declared):
    """How many a dataset group may hold, where AWS has raised the account's quota."""

    solutions: int = Field(10, ge=1, description="Default: 10.")
    campaigns: int = Field(5, ge=1, description="Default: 5.")
    recommenders: int = Field(5, ge=1, description="Default: 5.")
    filters: int = Field(30, ge=1, description="Default: 30.")


class Declaration(Declared):
    """A recommender project: where the logs are and what shall be deployed."""

    project: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,23}$",
        description="The project's name; with the environment's it names the stack and everything in it.",
    )
    prepared: str = Field(
        "prepared",
        min_length=1,
        description="The folder of the prepared files, relative to this file. Default: prepared.",
    )
    prep: Preparation = Field(
        Preparation.model_validate({}), description="What prepares the data. Default: this machine."
    )
    domain: Domain | None = Field(
        None, description="The domain of the dataset group, for recommenders. Default: none, a custom dataset group."
    )
    dataset_group: str | None = Field(
        None,
        pattern=r"^arn:[a-z-]+:personalize:[a-z0-9-]+:[0-9]{12}:dataset-group/.+$",
        description="The ARN of a dataset group that exists already; it is used and never deleted. Default: a new one.",
    )
    datasets: dict[DatasetName, Dataset] = Field(
        {},
        description="Where the rows of each dataset come from. Interactions are required, unless a recipe does without "
        "or an existing dataset group has them; the others are optional.",
    )
    solutions: dict[Name, Solution] = Field({}, description="What to train, at most 10. Default: none.")
    campaigns: dict[Name, Campaign] = Field({}, description="What serves recommendations, at most 5. Default: none.")
    recommenders: dict[Name, Recommender] = Field(
        {}, description="What trains and serves the use cases of a domain, at most 5. Default: none."
    )
    event_tracker: bool | EventTracker = Field(
        False,
        description="Whether the project takes events while users act (PutEvents), or the tracker of an existing "
        "dataset group. Default: false.",
    )
    filters: dict[Name, Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]] = Field(
        {}, description="Filter expressions, at most 30 of at most 2,500 characters. Default: none."
    )
    metric_attribution: MetricAttribution | None = Field(
        None, description="What is counted or summed up over the events that recommendations led to. Default: none."
    )
    batch_inference: dict[Name, BatchInference] = Field(
        {}, description="Recommendations for many users or items at once. Default: none."
    )
    batch_segments: dict[Name, BatchSegment] = Field({}, description="Users likely to take to items. Default: none.")
    exports: dict[Name, Export] = Field({}, description="Datasets written to S3. Default: none.")
    data_deletions: dict[Name, DataDeletion] = Field({}, description="Users to forget. Default: none.")
    watch: bool | Watch | None = Field(
        None,
        description="Whether there is a dashboard, and alarms that tell what is wrong: true, or when they go off. "
        "Default: false, but true in production.",
    )
    budget: Budget | None = Field(None, description="What may be spent before people are told. Default: anything.")
    pipeline: Pipeline | None = Field(
        None, description="The repository whose GitHub Actions may deploy, without a stored key. Default: none."
    )
    notify: list[Email] = Field(
        [],
        max_length=20,
        description="The e-mail addresses that are told of problems in operation, at most 20. Default: nobody; events "
        "go to the stack's event bus all the same.",
    )
    retired_recipes: Literal["successor", "refuse"] = Field(
        "successor",
        description="What a recipe that AWS has retired (hrnn, hrnn-metadata, hrnn-coldstart) becomes there: "
        "its documented successor, or a refusal. Default: successor.",
    )
    max_training_hours: int = Field(
        6, ge=1, le=120, description="How long a deploy waits for each training, in hours. Default: 6."
    )
    max_import_hours: int = Field(
        2, ge=1, le=24, description="How long a deploy waits for each import, in hours. Default: 2."
    )
    production: bool = Field(
        False,
        description="Whether people depend on it: the stack is protected against deletion, its data is retained. "
        "Default: false.",
    )
    retain_data: bool = Field(
        False,
        description="Whether the data buckets and their key outlive the stack. Default: false, but true in production.",
    )
    tags: dict[TagKey, TagValue] = Field(
        {}, max_length=40, description="Tags of all resources, at most 40. Default: none."
    )
    quotas: Quotas = Field(
        Quotas.model_validate({}), description="Quotas that AWS has raised. Default: the service's own."
    )
    account: str | None = Field(
        None,
        pattern=r"^[0-9]{12}$",
        description="The AWS account to deploy to, in quotes. Default: that of the credentials.",
    )
    region: str | None = Field(
        None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$",
        description="The AWS region to deploy to. Default: that of the credentials.",
    )


class Project(Declaration):
    """What is declared for one environment.

    Attributes:
        root: the folder that the paths in it are relative to.
        environment: the name of the environment.
    """

    root: Path
    environment: str

    @property
    def stack_name(self) -> str:
        """The name of its stack, with which the names of everything in it begin."""
        return f"{self.project}-{self.environment}"

    @property
    def preparation_stack_name(self) -> str:
        """The name of the stack with the job that prepares its data; no environment's name is as long."""
        return f"{self.stack_name}-preparation"

    def missing_inputs(self) -> list[str]:
        """Return which files of jobs are not there, in words."""
        inputs = {
            **{f"batch_inference.{name}": job.input for name, job in self.batch_inference.items()},
            **{f"batch_segments.{name}": job.input for name, job in self.batch_segments.items()},
            **{f"data_deletions.{name}": job.input for name, job in self.data_deletions.items()},
        }
        return [
            f"{job}.input: there is no file {given}"
            for job, given in inputs.items()
            if not given.startswith("s3://") and not (self.root / given).is_file()
        ]

    @property
    def watched(self) -> Watch | None:
        """When alarms go off; None where nothing is watched."""
        watch = self.production if self.watch is None else self.watch
        return Watch.model_validate({}) if watch is True else watch or None

    @property
    def retains_data(self) -> bool:
        """Whether buckets and key outlive the stack."""
        return self.retain_data or self.production
