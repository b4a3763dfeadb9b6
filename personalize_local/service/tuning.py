"""Hyperparameter optimisation: which values a solution may try; `engine.search` finds the best of them."""

from collections.abc import Mapping
from typing import Any

from personalize_local.engine.hyperparameters import Choice, Hyperparameter
from personalize_local.engine.search import Range
from personalize_local.service.errors import InvalidInput
from personalize_local.service.recipes import Recipe

METRIC = "normalized_discounted_cumulative_gain_at_25"
METRICS = frozenset(
    {
        "coverage",
        "mean_reciprocal_rank_at_25",
        *(f"normalized_discounted_cumulative_gain_at_{k}" for k in (5, 10, 25)),
        *(f"precision_at_{k}" for k in (5, 10, 25)),
    }
)
USUAL_TRIALS = 4
RESOURCES = {"maxNumberOfTrainingJobs": 40, "maxParallelTrainingJobs": 10}  # and the most of each
OBJECTIVES = {"Maximize": True, "Minimize": False}

Config = Mapping[str, Any]


def check(recipe: Recipe, config: Config) -> None:
    """Refuse a hpoConfig that the recipe cannot be tuned by.

    Raises:
        InvalidInput: With what is allowed.
    """
    if not recipe.parameters.tunable:
        raise InvalidInput(f"performHPO is not supported by the recipe {recipe.arn}.")
    objective = config.get("hpoObjective", {})
    check_metric(objective.get("metricName", METRIC))
    if objective.get("type", "Maximize") not in OBJECTIVES:
        raise InvalidInput(f"hpoObjective.type '{objective['type']}' is not one of [{', '.join(OBJECTIVES)}].")
    for name, most in RESOURCES.items():
        value = config.get("hpoResourceConfig", {}).get(name, "1")
        if not value.isdigit() or not 1 <= int(value) <= most:
            raise InvalidInput(f"hpoResourceConfig.{name} '{value}' is not a whole number from 1 to {most}.")
    tunable = {parameter.name: parameter for parameter in recipe.parameters.tunable}
    for given in _ranges(config):
        if given.get("name") not in tunable:
            raise InvalidInput(f"Provide a hyperparameter that is used in the algorithm: {recipe.algorithm_arn}")
        _check_range(tunable[given["name"]], given)


def check_metric(name: str) -> None:
    """Refuse a metric that the service does not compute.

    Raises:
        InvalidInput: With those it does.
    """
    if name not in METRICS:
        raise InvalidInput(f"The metric '{name}' is not one of [{', '.join(sorted(METRICS))}].")


def goal(config: Config) -> tuple[str, bool]:
    """The metric that decides, and whether more of it is better."""
    objective = config.get("hpoObjective", {})
    return objective.get("metricName", METRIC), OBJECTIVES[objective.get("type", "Maximize")]


def count(config: Config) -> int:
    """How many sets of values to try."""
    return int(config.get("hpoResourceConfig", {}).get("maxNumberOfTrainingJobs", USUAL_TRIALS))


def ranges(recipe: Recipe, config: Config) -> list[Range]:
    """What to vary, within what is given of ranges; without any, all that can be, as far as it goes."""
    known = {parameter.name: parameter for parameter in recipe.parameters.tunable}
    given = _ranges(config) or [{"name": name} for name in known]
    return [_range(known[one["name"]], one) for one in given]


def _range(parameter: Hyperparameter, given: Config) -> Range:
    if isinstance(parameter, Choice):
        return Range(parameter.name, texts=list(given.get("values", parameter.texts)))
    low, high = given.get("minValue", parameter.low), given.get("maxValue", parameter.high)
    return Range(parameter.name, low, high, parameter.whole)


def _ranges(config: Config) -> list[Config]:
    """All ranges, of whatever type."""
    return [given for ranges in config.get("algorithmHyperParameterRanges", {}).values() for given in ranges]


def _check_range(parameter: Hyperparameter, given: Config) -> None:
    is_choice = isinstance(parameter, Choice)
    bounds = given.get("values") or [str(given[end]) for end in ("minValue", "maxValue") if end in given]
    if not is_choice and (len(bounds) != 2 or "values" in given or float(bounds[0]) > float(bounds[1])):
        raise InvalidInput(f"The range of {parameter.name} needs a minValue and a maxValue that is not below it.")
    for bound in bounds:
        try:
            parameter.parse(bound)
        except ValueError as allowed:
            raise InvalidInput(f"The range of {parameter.name}: '{bound}' is not {allowed}.") from None
