"""How long things take: tables of seconds by kind of resource and verb.

`instant` suits tests, `brisk` people who watch, `aws` rehearsals of the real waits on a faster clock. Imports and
trainings take at least this long; their own work may take longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from personalize_local.engine.run import MOST_PASSES, QUICK_PASSES


class Verb(StrEnum):
    """What takes time."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    STOP = "stop"
    START = "start"


@dataclass(frozen=True)
class Profile:
    """One table of durations.

    Args:
        usual: Seconds by verb.
        special: Seconds by verb and kind ("SolutionVersion"), where they differ from the usual ones.
        filters_lag: Seconds until filters see what became of items.
        updates_lag: Seconds until items that are new since a training are explored [developer guide: automatic
            updates].
        passes: How often a training may learn from an interaction.
        deleting_children_block: Whether a resource that is being deleted still keeps its parent from being deleted,
            as on AWS; many clean-up scripts do not wait.
    """

    name: str
    usual: Mapping[Verb, float]
    special: Mapping[Verb, Mapping[str, float]]
    filters_lag: float = 0
    updates_lag: float = 0
    passes: int = QUICK_PASSES
    deleting_children_block: bool = False

    def seconds(self, verb: Verb, kind: str) -> float:
        """How long the verb takes for this kind of resource."""
        return self.special.get(verb, {}).get(kind, self.usual[verb])


# A deleted resource can be seen for a moment even here: some clean-up loops wait until they have seen it.
INSTANT = Profile(
    "instant",
    {Verb.CREATE: 0, Verb.UPDATE: 0, Verb.DELETE: 0.1, Verb.STOP: 0, Verb.START: 0},
    {},
    passes=4,
)

BRISK = Profile("brisk", {Verb.CREATE: 0.3, Verb.UPDATE: 0.3, Verb.DELETE: 0.2, Verb.STOP: 0.2, Verb.START: 0.3}, {})

# Durations that users report for small data.
AWS = Profile(
    "aws",
    usual={Verb.CREATE: 60, Verb.UPDATE: 120, Verb.DELETE: 60, Verb.STOP: 60, Verb.START: 15 * 60},
    special={
        Verb.CREATE: {
            "DatasetGroup": 90,
            "Dataset": 90,
            "DatasetImportJob": 12 * 60,
            "Solution": 30,
            "SolutionVersion": 35 * 60,
            "Campaign": 15 * 60,
            "Recommender": 50 * 60,
            "DatasetExportJob": 12 * 60,
            "BatchInferenceJob": 25 * 60,
            "BatchSegmentJob": 15 * 60,
            "DataDeletionJob": 10 * 3600,
        },
        Verb.UPDATE: {"Campaign": 15 * 60, "Recommender": 15 * 60, "Solution": 3 * 60},
        Verb.DELETE: {"Campaign": 5 * 60, "Recommender": 5 * 60},
    },
    filters_lag=20 * 60,
    updates_lag=2 * 3600,
    passes=MOST_PASSES,
    deleting_children_block=True,
)

PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in (INSTANT, BRISK, AWS)}
