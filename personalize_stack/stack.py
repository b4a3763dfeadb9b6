"""PersonalizeStack: builds the constructs that a project declares and connects them."""

from typing import Any

from aws_cdk import Stack, Tags
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from data_prep.manifest import Manifest
from personalize_stack.campaign import Campaign
from personalize_stack.config.model import Project
from personalize_stack.parts import jobs, operations, serving
from personalize_stack.parts.data import build_data
from personalize_stack.parts.notices import annotate
from personalize_stack.parts.outputs import Outputs
from personalize_stack.parts.retraining import build_retraining
from personalize_stack.parts.site import Site
from personalize_stack.parts.training import build_versions
from personalize_stack.storage import Storage


class PersonalizeStack(Stack):
    """A whole recommender: data, trainings, serving and jobs of one environment.

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
        super().__init__(scope, construct_id, termination_protection=project.production, **stack_properties)
        self.storage = Storage(self, "Storage", retain=project.retains_data)
        site = Site(self, project, manifest, self.storage, Outputs(self))
        self.data = build_data(site)
        self.deletions = {name: jobs.build_deletion(site, name, self.data) for name in project.data_deletions}
        self.versions = build_versions(site, self.data, list(self.deletions.values()), on_aws=on_aws)
        self.campaigns = {name: serving.build_campaign(site, name, self.versions) for name in project.campaigns}
        self.serving_records = {
            name: record
            for name, campaign in self.campaigns.items()
            if (record := serving.build_serving_record(site, name, campaign, self.versions))
        }
        self.retrainings = {
            name: build_retraining(site, name, self.data, self.versions, self._served_by(project, name))
            for name, solution in project.solutions.items()
            if solution.retraining
        }
        self.recommenders = {
            name: serving.build_recommender(site, name, self.data, self.deletions.values())
            for name in project.recommenders
        }
        self.filters = {name: serving.build_filter(site, name, self.data) for name in project.filters}
        self.event_tracker = serving.build_event_tracker(site, self.data)
        self.batch_inference = {
            name: jobs.build_batch_inference(site, name, self.versions, self.filters)
            for name in project.batch_inference
        }
        self.batch_segments = {
            name: jobs.build_batch_segment(site, name, self.versions, self.filters) for name in project.batch_segments
        }
        self.exports = {name: jobs.build_export(site, name, self.data) for name in project.exports}
        self.autoscaler = operations.build_autoscaler(site, self.campaigns, self.recommenders)
        self.pauser = operations.build_pauser(site, self.campaigns, self.recommenders)
        self.watch = operations.build_watch(
            site,
            self.data,
            versions=self.versions,
            campaigns=self.campaigns,
            recommenders=self.recommenders,
            event_tracker=self.event_tracker,
        )
        self.budget = operations.build_budget(site)
        self.pipeline = operations.build_pipeline(site)
        site.outputs.tell("DataBucketName", self.storage.bucket.bucket_name)
        if project.retains_data:
            site.outputs.tell("RetainedData", f"{self.storage.bucket.bucket_name} and its key outlive the stack")
        annotate(self, project, manifest)
        for key, value in {"project": project.project, "environment": project.environment, **project.tags}.items():
            Tags.of(self).add(key, value)

    def _served_by(self, project: Project, solution: str) -> dict[str, tuple[Campaign, ssm.StringParameter]]:
        """The campaigns that serve a solution, with the parameters that tell who serves."""
        return {
            name: (self.campaigns[name], self.serving_records[name])
            for name, declared in project.campaigns.items()
            if declared.solution == solution
        }
