"""A stack with every construct, as an app builds it that uses them by themselves."""

import aws_cdk as cdk
from aws_cdk import Duration

from personalize_stack.batch import BatchInference, BatchSegment
from personalize_stack.campaign import Campaign
from personalize_stack.data import DataDeletion, DatasetExport, DatasetImport
from personalize_stack.dataset_group import Dataset, DatasetGroup, Schema
from personalize_stack.event_tracker import EventTracker
from personalize_stack.filter import Filter
from personalize_stack.metric_attribution import AttributedMetric, MetricAttribution
from personalize_stack.recommender import Recommender
from personalize_stack.serving import Exploration
from personalize_stack.solution import (
    EventWeight,
    HyperparameterTuning,
    OptimizationObjective,
    Solution,
    SolutionVersion,
)
from personalize_stack.storage import PreparedFile, Storage

HOUR = Duration.minutes(50)  # one leg of a relay


class Everything(cdk.Stack):
    """Every construct once, and some twice, with all that they take."""

    def __init__(self, scope, folder, *, retain=False):
        super().__init__(scope, "films-dev")
        file = folder / "INTERACTIONS.csv"
        file.write_text("USER_ID,ITEM_ID,TIMESTAMP\n")
        self.storage = storage = Storage(self, "Storage", retain=retain)
        role = storage.role
        self.group = group = DatasetGroup(self, "Group", encryption_key=storage.key, role=role, generation="1")
        videos = DatasetGroup(self, "Videos", domain="VIDEO_ON_DEMAND")
        schema = Schema(self, "Schema", avro={"type": "record"})
        self.interactions = Dataset(
            self, "Interactions", dataset_group=group, dataset_type="interactions", schema=schema
        )
        data = PreparedFile(self, "File", storage=storage, path=file, prefix="interactions", sha256="0" * 64)
        self.imported = DatasetImport(
            self,
            "Import",
            dataset=self.interactions,
            data=data,
            role=role,
            mode="INCREMENTAL",
            run="october",
            publish_attribution_metrics=True,
            max_duration=HOUR,
        )
        self.solution = Solution(
            self,
            "Solution",
            dataset_group=group,
            recipe="aws-user-personalization-v2",
            events=[EventWeight("buy", 1), EventWeight("view", 0.2, value_threshold=3)],
            optimization_objective=OptimizationObjective("PRICE", "LOW"),
            excluded_columns={"items": ["NAME"]},
            tuning=HyperparameterTuning(
                4, 2, integers={"bptt": (2, 32)}, categories={"recency_mask": ["True"]}, metric="coverage"
            ),
            auto_training=Duration.days(1),
            incremental_update=True,
        )
        self.version = SolutionVersion(
            self,
            "Version",
            solution=self.solution,
            training_mode="UPDATE",
            trained_on=[self.imported],
            run="1",
            max_duration=HOUR,
        )
        self.campaign = Campaign(
            self,
            "Campaign",
            solution_version=self.version,
            min_provisioned_tps=2,
            exploration=Exploration(0.25, 14),
            metadata=True,
            ranking_influence={"popularity": 0.5},
        )
        self.following = Campaign(self, "Following", solution_version=self.version, follow_latest=True)
        self.recommender = Recommender(
            self,
            "Recommender",
            dataset_group=videos,
            recipe="aws-vod-top-picks",
            min_requests_per_second=3,
            included_columns={"interactions": ["DEVICE"]},
            running=False,
            trained_on=[self.imported],
            max_duration=Duration.minutes(80),
        )
        self.tracker = EventTracker(self, "Tracker", interactions=self.interactions)
        self.filter = Filter(self, "Filter", dataset_group=group, expression="EXCLUDE …")
        self.attribution = MetricAttribution(
            self,
            "Attribution",
            dataset_group=group,
            metrics=[AttributedMetric("sales", "buy", "SUM(Items.PRICE)")],
            output=storage.output("attribution"),
            role=role,
        )
        storage.report_metrics()
        inputs = {"solution_version": self.version, "input": "s3://questions/all.json", "role": role}
        self.inference = BatchInference(
            self,
            "Inference",
            **inputs,
            output=storage.output("inference"),
            filter=self.filter,
            num_results=10,
            run="7",
            max_duration=HOUR,
        )
        BatchSegment(self, "Segment", **inputs, output=storage.output("segment"), max_duration=HOUR)
        DatasetExport(
            self,
            "Export",
            dataset=self.interactions,
            output=storage.output("export"),
            role=role,
            encryption_key=storage.key,
            max_duration=HOUR,
        )
        DataDeletion(self, "Deletion", dataset_group=group, input="s3://gone/users/", role=role, max_duration=HOUR)
