"""The recipes of solutions, what each needs and takes (developer guide, one page per recipe).

Those of recommenders stand in use_cases.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from personalize_stack.config.settings import Choice, Number, Setting, fraction


class Feature(StrEnum):
    """What a recipe may take part in, or take as a setting of its solution, campaign or job."""

    CAMPAIGN = "campaigns"
    BATCH_INFERENCE = "batch_inference"
    BATCH_SEGMENT = "batch_segments"
    EVENT_TYPE = "event_type"
    EVENTS = "events"
    OBJECTIVE = "optimization_objective"
    UPDATE_TRAINING = "training.mode: UPDATE"
    INCREMENTAL_UPDATE = "incremental_update"
    EXPLORATION = "exploration"
    RANKING_INFLUENCE = "ranking_influence"
    THEMES = "themes"


USUAL_DATASETS = frozenset({"interactions", "items", "users"})
"""What recipes learn from that are not about actions."""


@dataclass(frozen=True)
class Recipe:
    """A recipe of solutions.

    Attributes:
        name: as in its ARN, `aws-hrnn`.
        subject: what its filters tell apart: ItemID, ActionID or UserID.
        needs: the datasets that it cannot train without.
        needs_texts: whether its items need a name and a free text.
    """

    name: str
    features: frozenset[Feature]
    hyperparameters: Mapping[str, Setting] = field(default_factory=dict)
    featurization: Mapping[str, Setting] = field(default_factory=dict)
    subject: str = "ItemID"
    needs: tuple[str, ...] = ("interactions",)
    needs_texts: bool = False

    @property
    def short_name(self) -> str:
        """The name without its prefix, `hrnn`."""
        return self.name.removeprefix("aws-")

    @property
    def learns_from(self) -> frozenset[str]:
        """The datasets whose rows go into its trainings, if the project has them."""
        actions = {"actions", "action_interactions"} if self.subject == "ActionID" else set()
        return USUAL_DATASETS | actions

    @property
    def tunable(self) -> Mapping[str, Setting]:
        """The hyperparameters that a search may range over."""
        return {name: setting for name, setting in self.hyperparameters.items() if setting.is_tunable}


def _recurrent(hidden_dimension: str) -> dict[str, Setting]:
    return {
        "hidden_dimension": Number(hidden_dimension, 32, 256, is_tunable=True),
        "bptt": Number("32", 2, 32, is_tunable=True),
        "recency_mask": Choice("True", ("True", "False"), is_tunable=True),
    }


_HISTORY_LENGTH: Mapping[str, Setting] = {
    "min_user_history_length_percentile": fraction("0.0"),
    "max_user_history_length_percentile": fraction("0.99"),
}
_COLD_START: Mapping[str, Setting] = {
    "cold_start_max_interactions": Number("15", 1, None),
    "cold_start_max_duration": Number("5.0", 0, None, is_whole=False, is_above=True),  # days
    "cold_start_relative_from": Choice("latestItem", ("latestItem", "currentTime")),
}
_RECENCY_BIAS: Mapping[str, Setting] = {"apply_recency_bias": Choice("true", ("true", "false"))}
_SEGMENT_WIDTH: Mapping[str, Setting] = {"hidden_dimension": Number("149", 32, 256)}

_SERVED = frozenset({Feature.CAMPAIGN, Feature.EVENT_TYPE})
_SERVED_AND_BATCH = _SERVED | {Feature.BATCH_INFERENCE}
_WEIGHING = frozenset({Feature.CAMPAIGN, Feature.BATCH_INFERENCE, Feature.EVENTS})
_SEGMENTING = frozenset({Feature.BATCH_SEGMENT, Feature.EVENT_TYPE})

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("aws-hrnn", _SERVED_AND_BATCH, _recurrent("43"), _HISTORY_LENGTH),
        Recipe("aws-hrnn-metadata", _SERVED_AND_BATCH, _recurrent("43"), _HISTORY_LENGTH),
        Recipe("aws-hrnn-coldstart", _SERVED_AND_BATCH, _recurrent("149"), {**_HISTORY_LENGTH, **_COLD_START}),
        Recipe(
            "aws-user-personalization",
            _SERVED_AND_BATCH | {Feature.OBJECTIVE, Feature.UPDATE_TRAINING, Feature.EXPLORATION},
            _recurrent("149"),
            _HISTORY_LENGTH,
        ),
        Recipe("aws-user-personalization-v2", _WEIGHING, _RECENCY_BIAS),
        Recipe("aws-personalized-ranking", _SERVED_AND_BATCH | {Feature.OBJECTIVE}, _recurrent("149"), _HISTORY_LENGTH),
        Recipe("aws-personalized-ranking-v2", _WEIGHING, _RECENCY_BIAS),
        Recipe("aws-popularity-count", _SERVED_AND_BATCH),
        Recipe(
            "aws-trending-now",
            _SERVED,
            featurization={
                "trend_discovery_frequency": Choice("2 hours", ("30 minutes", "1 hour", "2 hours", "3 hours", "1 day"))
            },
        ),
        Recipe(
            "aws-similar-items",
            _SERVED_AND_BATCH | {Feature.THEMES},
            {
                "popularity_discount_factor": fraction("0.0"),
                "item_id_hidden_dim": Number("100", 30, 200, is_tunable=True),
                "item_metadata_hidden_dim": Number("100", 30, 200, is_tunable=True),
            },
        ),
        Recipe(
            "aws-sims",
            _SERVED_AND_BATCH,
            {
                "popularity_discount_factor": fraction("0.5", is_tunable=True),
                "min_cointeraction_count": Number("3", 0, 10, is_tunable=True),
            },
            {
                "min_user_history_length_percentile": fraction("0.005"),
                "max_user_history_length_percentile": fraction("0.995"),
                "min_item_interaction_count_percentile": fraction("0.01"),
                "max_item_interaction_count_percentile": fraction("0.9"),
            },
        ),
        Recipe(
            "aws-semantic-similarity",
            frozenset(
                {
                    Feature.CAMPAIGN,
                    Feature.BATCH_INFERENCE,
                    Feature.INCREMENTAL_UPDATE,
                    Feature.RANKING_INFLUENCE,
                }
            ),
            needs=("items",),
            needs_texts=True,
        ),
        Recipe(
            "aws-next-best-action",
            frozenset({Feature.CAMPAIGN}),
            {"action_optimization_period": Number("14", 7, 28)},  # days
            subject="ActionID",
            needs=("interactions", "actions"),
        ),
        Recipe("aws-item-affinity", _SEGMENTING, _SEGMENT_WIDTH, subject="UserID"),
        Recipe(
            "aws-item-attribute-affinity",
            _SEGMENTING,
            _SEGMENT_WIDTH,
            subject="UserID",
            needs=("interactions", "items"),
        ),
    )
}

RETIRED = frozenset({"aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"})
"""What AWS no longer trains, and all that it can choose from by itself (auto_ml)."""


def names_of(known: Mapping[str, object]) -> dict[str, str]:
    """Return each name that a configuration may use, with and without the prefix, and the full one."""
    return {**{name.removeprefix("aws-"): name for name in known}, **{name: name for name in known}}


NAMES: Mapping[str, str] = names_of(RECIPES)


def having(feature: Feature) -> list[str]:
    """Return the short names of the recipes with a feature."""
    return [recipe.short_name for recipe in RECIPES.values() if feature in recipe.features]
