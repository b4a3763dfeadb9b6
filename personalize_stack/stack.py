"""PersonalizeStack: builds the constructs that a project declares and connects them."""

import json
from typing import Any

from aws_cdk import Annotations, CfnOutput, Duration, Stack, Tags
from constructs import Construct

from data_prep.manifest import Manifest
from personalize_stack.campaign import Campaign
from personalize_stack.config.model import Project
from personalize_stack.dataset_group import Dataset, DatasetGroup, DatasetImport, Schema
from personalize_stack.event_tracker import EventTracker
from personalize_stack.filter import Filter
from personalize_stack.retired import Replaced, replaced
from personalize_stack.solution import Solution, SolutionVersion
from personalize_stack.storage import PreparedFile, Storage


class PersonalizeStack(Stack):
    """A whole recommender: data, trainings, campaigns, tracker and filters of one environment.

    Args:
        project: What is declared.
        manifest: What `personalize prep` has prepared.
        on_aws: Whether the deploy goes to AWS, where retired recipes become their successors. Default: True.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: Project,
        manifest: Manifest,
        on_aws: bool = True,
        **stack_properties: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack_properties)
        self._project = project
        self.storage = Storage(self, "Storage", retain=project.retain_data)
        self.dataset_group = DatasetGroup(self, "Group", encryption_key=self.storage.key, role=self.storage.role)
        self.datasets: dict[str, Dataset] = {}
        self.imports: list[DatasetImport] = []
        for dataset_type in project.datasets:
            self._add_dataset(dataset_type, manifest)
        self.versions = {name: self._add_solution(name, on_aws=on_aws) for name in project.solutions}
        self.campaigns = {name: self._add_campaign(name) for name in project.campaigns}
        self.filters = {name: self._add_filter(name) for name in project.filters}
        if project.event_tracker:
            self._add_event_tracker()
        self._output("DatasetGroupArn", self.dataset_group.dataset_group_arn)
        self._output("DataBucketName", self.storage.bucket.bucket_name)
        for key, value in {"project": project.project, "environment": project.environment, **project.tags}.items():
            Tags.of(self).add(key, value)

    def _add_dataset(self, dataset_type: str, manifest: Manifest) -> None:
        prepared = manifest.datasets[dataset_type]
        name = _pascal(dataset_type)
        schema = Schema(
            self, f"{name}Schema", avro=json.loads((manifest.folder / prepared.schema_file).read_text("utf-8"))
        )
        dataset = Dataset(self, name, dataset_group=self.dataset_group, dataset_type=dataset_type, schema=schema)
        file = PreparedFile(
            self,
            f"{name}File",
            storage=self.storage,
            path=manifest.folder / prepared.file,
            prefix=dataset_type,
            sha256=prepared.sha256,
        )
        self.datasets[dataset_type] = dataset
        self.imports.append(
            DatasetImport(
                self,
                f"{name}Import",
                dataset=dataset,
                data=file,
                role=self.storage.role,
                max_duration=Duration.hours(self._project.max_import_hours),
            )
        )

    def _add_solution(self, name: str, *, on_aws: bool) -> SolutionVersion:
        declared = self._project.solutions[name]
        deployed = replaced(declared, self._project) if on_aws else Replaced(declared)
        if deployed.is_refused:
            Annotations.of(self).add_error(f"solutions.{name}: {deployed.notice}")
        elif deployed.notice:
            Annotations.of(self).add_warning_v2(f"retired-recipe:{name}", f"solutions.{name}: {deployed.notice}")
            self._output(f"Solution{_pascal(name)}Notice", deployed.notice)
        solution = Solution(
            self,
            f"{_pascal(name)}Solution",
            dataset_group=self.dataset_group,
            recipe=deployed.solution.recipe or "",
            hyperparameters=deployed.solution.hyperparameters,
            featurization=deployed.solution.featurization,
            event_type=deployed.solution.event_type,
            event_value_threshold=deployed.solution.event_value_threshold,
        )
        # A solution is refused until the group has its interactions.
        solution.node.add_dependency(*self.datasets.values())
        version = SolutionVersion(
            self,
            f"{_pascal(name)}Version",
            solution=solution,
            trained_on=self.imports,
            max_duration=Duration.hours(self._project.max_training_hours),
        )
        self._output(f"SolutionVersion{_pascal(name)}Arn", version.solution_version_arn)
        return version

    def _add_campaign(self, name: str) -> Campaign:
        declared = self._project.campaigns[name]
        campaign = Campaign(
            self,
            f"{_pascal(name)}Campaign",
            solution_version=self.versions[declared.solution],
            min_provisioned_tps=declared.min_provisioned_tps,
        )
        self._output(f"Campaign{_pascal(name)}Arn", campaign.campaign_arn)
        return campaign

    def _add_filter(self, name: str) -> Filter:
        filter_ = Filter(
            self,
            f"{_pascal(name)}Filter",
            dataset_group=self.dataset_group,
            expression=self._project.filters[name],
            datasets=list(self.datasets.values()),
        )
        self._output(f"Filter{_pascal(name)}Arn", filter_.filter_arn)
        return filter_

    def _add_event_tracker(self) -> None:
        tracker = EventTracker(self, "EventTracker", interactions=self.datasets["interactions"])
        self._output("EventTrackerArn", tracker.event_tracker_arn)
        self._output("TrackingId", tracker.tracking_id)

    def _output(self, name: str, value: str) -> None:
        CfnOutput(self, name, value=value)


def _pascal(name: str) -> str:
    """Return a configured name as CloudFormation spells its own: `most-popular` becomes `MostPopular`."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace("_", "-").split("-"))
