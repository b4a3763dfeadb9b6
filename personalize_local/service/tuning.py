"""Hyperparameter optimisation: which values a solution may try, and the ones that a training tries.

The service searches by Bayesian optimisation; here the first set has the values that the solution would have without
a search, as near as the ranges allow, and the others are drawn at random, the same ones for the same solution.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from personalize_local.service.errors import InvalidInput
from personalize_local.service.recipes import Parameter, Recipe

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
Values = dict[str, str]


def check(recipe: Recipe, config: Config) -> None:
    """Refuse a hpoConfig that the recipe cannot be tuned by.

    Raises:
        InvalidInput: With what is allowed.
    """
    if not any(parameter.tunable for parameter in recipe.parameters):
        raise InvalidInput(f"performHPO is not supported by the recipe {recipe.arn}.")
    objective = config.get("hpoObjective", {})
    check_metric(objective.get("metricName", METRIC))
    if objective.get("type", "Maximize") not in OBJECTIVES:
        raise InvalidInput(f"hpoObjective.type '{objective['type']}' is not one of [{', '.join(OBJECTIVES)}].")
    for name, most in RESOURCES.items():
        value = config.get("hpoResourceConfig", {}).get(name, "1")
        if not value.isdigit() or not 1 <= int(value) <= most:
            raise InvalidInput(f"hpoResourceConfig.{name} '{value}' is not a whole number from 1 to {most}.")
    tunable = {parameter.name: parameter for parameter in recipe.parameters if parameter.tunable}
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


def trials(recipe: Recipe, fixed: Mapping[str, str], config: Config, count: int | None = None) -> list[Values]:
    """The sets of hyperparameters to try.

    Args:
        fixed: The solution's own values.
        count: How many. Default: what the hpoConfig says.
    """
    chance = Random(0)
    usual = {parameter.name: parameter.default for parameter in recipe.parameters} | dict(fixed)
    searched = _searched(recipe, config)
    sets = [usual | {parameter.name: _nearest(parameter, usual[parameter.name]) for parameter in searched}]
    wanted = count or int(config.get("hpoResourceConfig", {}).get("maxNumberOfTrainingJobs", USUAL_TRIALS))
    while len(sets) < wanted:
        sets.append(usual | {parameter.name: _drawn(parameter, chance) for parameter in searched})
    return sets


def _ranges(config: Config) -> list[Config]:
    """All ranges, of whatever type."""
    return [given for ranges in config.get("algorithmHyperParameterRanges", {}).values() for given in ranges]


def _check_range(parameter: Parameter, given: Config) -> None:
    bounds = given.get("values") or [str(given[end]) for end in ("minValue", "maxValue") if end in given]
    if parameter.values == () and (len(bounds) != 2 or "values" in given or float(bounds[0]) > float(bounds[1])):
        raise InvalidInput(f"The range of {parameter.name} needs a minValue and a maxValue that is not below it.")
    for bound in bounds:
        if problem := parameter.problem(bound):
            raise InvalidInput(f"The range of {parameter.name}: {problem}.")


def _searched(recipe: Recipe, config: Config) -> Sequence[Parameter]:
    """The hyperparameters to vary, within what is given of ranges; without any, all that can be."""
    known = {parameter.name: parameter for parameter in recipe.parameters if parameter.tunable}
    given = _ranges(config)
    if not given:
        return list(known.values())
    return [
        Parameter(
            one["name"],
            known[one["name"]].default,
            one.get("minValue"),
            one.get("maxValue"),
            known[one["name"]].whole,
            tuple(one.get("values", ())),
        )
        for one in given
    ]


def _nearest(parameter: Parameter, value: str) -> str:
    """The value, or the one in the range that is nearest to it."""
    if parameter.values:
        return value if value in parameter.values else parameter.values[0]
    assert parameter.low is not None
    assert parameter.high is not None
    number = min(max(float(value), parameter.low), parameter.high)
    return str(round(number) if parameter.whole else number)


def _drawn(parameter: Parameter, chance: Random) -> str:
    if parameter.values:
        return chance.choice(parameter.values)
    assert parameter.low is not None
    assert parameter.high is not None
    if parameter.whole:
        return str(chance.randint(int(parameter.low), int(parameter.high)))
    return f"{chance.uniform(parameter.low, parameter.high):.6g}"
