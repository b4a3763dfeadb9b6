"""How much there may be of everything [developer guide: endpoints and quotas]; a file can set other values."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

FILE = "quotas.json"
MB, GB = 2**20, 2**30


class InvalidQuotas(ValueError):  # noqa: N818 - named as the service's own errors are
    """A file sets something that is no quota, or a value that is no number of things; it tells which."""


def _quota(default: int, what: str) -> Any:
    return field(default=default, metadata={"what": what})


@dataclass(frozen=True)
class Quotas:
    """The quotas of an account in a region.

    Those that are not named here are bounds of the API or of the data, the same for every account.
    """

    dataset_groups: int = _quota(5, "dataset groups of a region")
    schemas: int = _quota(500, "schemas of a region")
    solutions: int = _quota(10, "solutions of a dataset group")
    campaigns: int = _quota(5, "campaigns of a dataset group")
    recommenders: int = _quota(5, "recommenders of a dataset group")
    filters: int = _quota(30, "filters of a dataset group")
    filter_fields: int = _quota(10, "distinct fields in a filter")
    filter_fields_of_group: int = _quota(20, "distinct fields in all filters of a dataset group")
    filter_interactions: int = _quota(100, "latest interactions of a user, by event type, that filters look at")
    filter_action_interactions: int = _quota(300, "the same for interactions with actions")
    solution_versions: int = _quota(20, "unfinished solution versions of a region")
    import_jobs: int = _quota(5, "unfinished dataset import jobs of a region")
    export_jobs: int = _quota(5, "unfinished dataset export jobs of a region; AWS does not publish its value")
    batch_inference_jobs: int = _quota(5, "unfinished batch inference jobs of a region")
    batch_segment_jobs: int = _quota(5, "unfinished batch segment jobs of a region")
    deletion_jobs: int = _quota(5, "unfinished data deletion jobs of a dataset group")
    full_import_bytes: int = _quota(100 * GB, "bytes of a FULL import")
    incremental_import_bytes: int = _quota(GB, "bytes of an INCREMENTAL import")
    deletion_bytes: int = _quota(100 * MB, "bytes of a data deletion job's input")
    batch_files: int = _quota(1_000, "files of a batch job's input")
    batch_bytes: int = _quota(GB, "bytes of a batch job's input")
    batch_records: int = _quota(50_000_000, "lines in a file of a batch inference job")
    theme_records: int = _quota(100, "the same with theme generation")
    item_affinity_queries: int = _quota(500, "lines in a file of a batch segment job, Item-Affinity")
    attribute_affinity_queries: int = _quota(10, "the same, Item-Attribute-Affinity")
    considered_interactions: int = _quota(500_000_000, "newest interactions that a training considers")
    considered_interactions_v2: int = _quota(3_000_000_000, "the same, recipes that end in -v2")
    considered_items: int = _quota(750_000, "items that a training considers, latest interactions first")
    considered_items_v2: int = _quota(5_000_000, "the same, recipes that end in -v2")
    considered_items_semantic: int = _quota(10_000_000, "the same, Semantic-Similarity")
    considered_actions: int = _quota(1_000, "actions that a training considers")
    campaign_requests: int = _quota(500, "requests a second of one operation to a campaign or recommender")
    runtime_requests: int = _quota(2_500, "requests a second to all of them")
    event_requests: int = _quota(1_000, "PutEvents, or PutActionInteractions, a second of a tracker")
    record_requests: int = _quota(10, "PutItems, PutUsers or PutActions a second of a dataset")
    segment_users: int = _quota(5_000_000, "users of a segment")

    @classmethod
    def read(cls, path: Path) -> "Quotas":
        """The quotas with the values that a file sets: `{"campaigns": 20}`. Without a file, the usual ones.

        Raises:
            InvalidQuotas: The file sets something that is no quota, or a value that is no number of things.
        """
        try:
            given = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as error:
            raise InvalidQuotas(f"{path} is not valid JSON: {error}") from error
        known = [quota.name for quota in fields(cls)]
        if not isinstance(given, dict) or (unknown := sorted(set(given) - set(known))):
            wrong = f"[{', '.join(unknown)}]" if isinstance(given, dict) else "something that is no JSON object"
            raise InvalidQuotas(f"{path} sets {wrong}; the quotas are [{', '.join(known)}]")
        for name, value in given.items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise InvalidQuotas(f"{path} sets {name} to {json.dumps(value)}; it must be a whole number from 0")
        return cls(**given)
