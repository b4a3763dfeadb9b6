"""The recipes that a solution may name, with their settings (developer guide, one page per recipe).

Left out are the recipes of actions and of texts, whose datasets a configuration does not declare, and those of
recommenders, which are no recipes of solutions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Number:
    """A setting that is a number within bounds, both included.

    Attributes:
        high: None where there is no upper bound.
    """

    default: str
    low: float
    high: float | None
    is_whole: bool = True

    @property
    def allowed(self) -> str:
        """The values that it takes, in words."""
        kind = "a whole number" if self.is_whole else "a number"
        return f"{kind} from {self.low:g}" + ("" if self.high is None else f" to {self.high:g}")

    def spelled(self, text: str) -> str | None:
        """Return the text as the service takes it; None when it is not allowed."""
        try:
            number = int(text) if self.is_whole else float(text)
        except ValueError:
            return None
        return text if self.low <= number <= (float("inf") if self.high is None else self.high) else None


@dataclass(frozen=True)
class Choice:
    """A setting that is one of some words; a configuration may write them in either case."""

    default: str
    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The values that it takes, in words."""
        return f"{', '.join(self.words[:-1])} or {self.words[-1]}"

    def spelled(self, text: str) -> str | None:
        """Return the text as the service takes it; None when it is not allowed."""
        return next((word for word in self.words if word.lower() == text.lower()), None)


Setting = Number | Choice


@dataclass(frozen=True)
class Recipe:
    """A recipe of solutions.

    Attributes:
        name: as in its ARN, `aws-hrnn`.
        serves_campaigns: false for recipes that only batch jobs use.
        takes_event_type: false where the service chooses or weighs event types in another way.
        needs: datasets that it cannot train without, besides the interactions.
    """

    name: str
    hyperparameters: Mapping[str, Setting] = field(default_factory=dict)
    featurization: Mapping[str, Setting] = field(default_factory=dict)
    serves_campaigns: bool = True
    takes_event_type: bool = True
    needs: tuple[str, ...] = ()

    @property
    def short_name(self) -> str:
        """The name without its prefix, `hrnn`."""
        return self.name.removeprefix("aws-")


def _fraction(default: str) -> Number:
    return Number(default, 0, 1, is_whole=False)


def _recurrent(hidden_dimension: str) -> dict[str, Setting]:
    return {
        "hidden_dimension": Number(hidden_dimension, 32, 256),
        "bptt": Number("32", 2, 32),
        "recency_mask": Choice("True", ("True", "False")),
    }


_HISTORY_LENGTH: Mapping[str, Setting] = {
    "min_user_history_length_percentile": _fraction("0.0"),
    "max_user_history_length_percentile": _fraction("0.99"),
}
_COLD_START: Mapping[str, Setting] = {
    "cold_start_max_interactions": Number("15", 1, None),
    "cold_start_max_duration": Number("5.0", 0, None, is_whole=False),  # days
    "cold_start_relative_from": Choice("latestItem", ("latestItem", "currentTime")),
}
_RECENCY_BIAS: Mapping[str, Setting] = {"apply_recency_bias": Choice("true", ("true", "false"))}
_SEGMENT: Mapping[str, Setting] = {"hidden_dimension": Number("149", 32, 256)}

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("aws-hrnn", _recurrent("43"), _HISTORY_LENGTH),
        Recipe("aws-hrnn-metadata", _recurrent("43"), _HISTORY_LENGTH),
        Recipe("aws-hrnn-coldstart", _recurrent("149"), {**_HISTORY_LENGTH, **_COLD_START}),
        Recipe("aws-user-personalization", _recurrent("149"), _HISTORY_LENGTH),
        Recipe("aws-user-personalization-v2", _RECENCY_BIAS, takes_event_type=False),
        Recipe("aws-personalized-ranking", _recurrent("149"), _HISTORY_LENGTH),
        Recipe("aws-personalized-ranking-v2", _RECENCY_BIAS, takes_event_type=False),
        Recipe("aws-popularity-count"),
        Recipe(
            "aws-trending-now",
            featurization={
                "trend_discovery_frequency": Choice("2 hours", ("30 minutes", "1 hour", "2 hours", "3 hours", "1 day"))
            },
        ),
        Recipe(
            "aws-similar-items",
            {
                "popularity_discount_factor": _fraction("0.0"),
                "item_id_hidden_dim": Number("100", 30, 200),
                "item_metadata_hidden_dim": Number("100", 30, 200),
            },
        ),
        Recipe(
            "aws-sims",
            {"popularity_discount_factor": _fraction("0.5"), "min_cointeraction_count": Number("3", 0, 10)},
            {
                "min_user_history_length_percentile": _fraction("0.005"),
                "max_user_history_length_percentile": _fraction("0.995"),
                "min_item_interaction_count_percentile": _fraction("0.01"),
                "max_item_interaction_count_percentile": _fraction("0.9"),
            },
        ),
        Recipe("aws-item-affinity", _SEGMENT, serves_campaigns=False),
        Recipe("aws-item-attribute-affinity", _SEGMENT, serves_campaigns=False, needs=("items",)),
    )
}

NAMES: Mapping[str, str] = {
    **{recipe.short_name: name for name, recipe in RECIPES.items()},
    **{name: name for name in RECIPES},
}
"""Each name that a configuration may use, and the full one."""
