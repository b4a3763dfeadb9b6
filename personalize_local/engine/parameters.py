"""What each recipe lets its user choose: names, defaults and ranges as documented [developer guide: recipe pages].

The only such table of the local cloud; that of the configuration (`personalize_stack.config.recipes`), which knows
nothing of engines, is held equal to it by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from personalize_local.engine.hyperparameters import Choice, Hyperparameter, Number, share, truth

MINUTES = {"30 minutes": 30, "1 hour": 60, "2 hours": 120, "3 hours": 180, "1 day": 24 * 60}


@dataclass(frozen=True)
class Parameters:
    """What a solution with a recipe may choose.

    Args:
        algorithm: Its algorithmHyperParameters.
        featurization: Its featureTransformationParameters.
    """

    algorithm: tuple[Hyperparameter, ...] = ()
    featurization: tuple[Hyperparameter, ...] = ()

    @property
    def defaults(self) -> dict[str, str]:
        """The values of the algorithm's where nothing is chosen."""
        return {one.name: one.default for one in self.algorithm}

    @property
    def tunable(self) -> tuple[Hyperparameter, ...]:
        """Those that a search may range over."""
        return tuple(one for one in self.algorithm if one.tunable)


NONE = Parameters()

HISTORY_LENGTHS = (
    share("min_user_history_length_percentile", "0.0"),
    share("max_user_history_length_percentile", "0.99"),
)
COLD_START = (
    Number("cold_start_max_interactions", "15", 1),
    Number("cold_start_max_duration", "5.0", whole=False, above=True),  # days
    Choice("cold_start_relative_from", "latestItem", {"latestItem": False, "currentTime": True}),
)
TRENDS = Parameters(featurization=(Choice("trend_discovery_frequency", "2 hours", MINUTES),))
TRANSFORMER = Parameters((truth("apply_recency_bias", "true"),))
SEGMENTS = Parameters((Number("hidden_dimension", "149", 32, 256),))


def _recurrent(width: str) -> tuple[Hyperparameter, ...]:
    return (
        Number("hidden_dimension", width, 32, 256, tunable=True),
        Number("bptt", "32", 2, 32, tunable=True),
        truth("recency_mask", "True", tunable=True),
    )


PARAMETERS: Mapping[str, Parameters] = {
    "aws-hrnn": Parameters(_recurrent("43"), HISTORY_LENGTHS),
    "aws-hrnn-metadata": Parameters(_recurrent("43"), HISTORY_LENGTHS),
    "aws-hrnn-coldstart": Parameters(_recurrent("149"), (*HISTORY_LENGTHS, *COLD_START)),
    "aws-user-personalization": Parameters(_recurrent("149"), HISTORY_LENGTHS),
    "aws-personalized-ranking": Parameters(_recurrent("149"), HISTORY_LENGTHS),
    "aws-user-personalization-v2": TRANSFORMER,
    "aws-personalized-ranking-v2": TRANSFORMER,
    "aws-trending-now": TRENDS,
    "aws-vod-trending-now": TRENDS,
    "aws-sims": Parameters(
        (
            share("popularity_discount_factor", "0.5", tunable=True),
            Number("min_cointeraction_count", "3", 0, 10, tunable=True),
        ),
        (
            share("min_user_history_length_percentile", "0.005"),
            share("max_user_history_length_percentile", "0.995"),
            share("min_item_interaction_count_percentile", "0.01"),
            share("max_item_interaction_count_percentile", "0.9"),
        ),
    ),
    "aws-similar-items": Parameters(
        (
            share("popularity_discount_factor", "0.0"),
            Number("item_id_hidden_dim", "100", 30, 200, tunable=True),
            Number("item_metadata_hidden_dim", "100", 30, 200, tunable=True),
        )
    ),
    "aws-next-best-action": Parameters((Number("action_optimization_period", "14", 7, 28),)),  # days
    "aws-item-affinity": SEGMENTS,
    "aws-item-attribute-affinity": SEGMENTS,
}
"""By the recipe's name; those that are not here let nothing be chosen."""


def of(recipe: str) -> Parameters:
    """What a recipe lets its user choose."""
    return PARAMETERS.get(recipe, NONE)
