"""The kinds of resources, by the stem of their operations."""

from collections.abc import Mapping

from personalize_local.service.kinds.campaigns import CAMPAIGN
from personalize_local.service.kinds.dataset_groups import DATASET_GROUP
from personalize_local.service.kinds.dataset_imports import DATASET_IMPORT_JOB
from personalize_local.service.kinds.datasets import DATASET, SCHEMA
from personalize_local.service.kinds.event_trackers import EVENT_TRACKER
from personalize_local.service.kinds.filters import FILTER
from personalize_local.service.kinds.jobs import (
    BATCH_INFERENCE_JOB,
    BATCH_SEGMENT_JOB,
    DATA_DELETION_JOB,
    DATASET_EXPORT_JOB,
)
from personalize_local.service.kinds.kind import Kind
from personalize_local.service.kinds.metric_attributions import METRIC_ATTRIBUTION
from personalize_local.service.kinds.recommenders import RECOMMENDER
from personalize_local.service.kinds.solution_versions import SOLUTION_VERSION
from personalize_local.service.kinds.solutions import SOLUTION

KINDS: Mapping[str, Kind] = {
    kind.stem: kind
    for kind in (
        DATASET_GROUP,
        SCHEMA,
        DATASET,
        DATASET_IMPORT_JOB,
        SOLUTION,
        SOLUTION_VERSION,
        CAMPAIGN,
        EVENT_TRACKER,
        FILTER,
        METRIC_ATTRIBUTION,
        RECOMMENDER,
        DATASET_EXPORT_JOB,
        BATCH_INFERENCE_JOB,
        BATCH_SEGMENT_JOB,
        DATA_DELETION_JOB,
    )
}
