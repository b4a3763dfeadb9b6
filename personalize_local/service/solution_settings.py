"""Which settings a solution may have with which recipe, and what their values may be; from the developer guide.

An optimization objective, training columns and an incremental update are checked and kept; the models that are
trained here learn from who did what when, and so are the same with and without them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from personalize_local.engine.hyperparameters import Hyperparameter
from personalize_local.service import tuning
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.datasets import check_training_columns, fields_of
from personalize_local.service.recipes import Recipe
from personalize_local.service.region import Region

FEWEST_DAYS, MOST_DAYS = 1, 30  # between automatic trainings
NUMBERS = frozenset({"int", "long", "float", "double"})

Settings = Mapping[str, Any]

# Where a setting is found, whether a recipe takes it, and what to do instead.
SUPPORT: tuple[tuple[str, Callable[[Recipe], bool], str], ...] = (
    ("eventType", lambda recipe: not recipe.weighs_events, "; use eventsConfig"),
    ("performIncrementalUpdate", lambda recipe: recipe.reads_texts, ""),
    ("eventsConfig", lambda recipe: recipe.weighs_events, "; use eventType"),
    ("eventValueThreshold", lambda recipe: not recipe.weighs_events, "; use eventsConfig"),
    ("optimizationObjective", lambda recipe: recipe.has_objective, ""),
)


def check(region: Region, group_arn: str, recipe: Recipe, settings: Settings) -> None:
    """Refuse what the recipe does not take.

    Args:
        settings: Members of a solution, or those that change.

    Raises:
        InvalidInput: With the setting.
    """
    config: Settings = settings.get("solutionConfig", {})
    _check_parameters(recipe, config)
    for name, supports, instead in SUPPORT:
        if (settings.get(name) or name in config) and not supports(recipe):
            raise InvalidInput(f"{name} is not supported by the recipe {recipe.arn}{instead}.")
    if "eventValueThreshold" in config:
        _check_threshold(config["eventValueThreshold"])
    if "eventsConfig" in config:
        _check_events(config["eventsConfig"])
    if settings.get("performHPO"):
        tuning.check(recipe, config.get("hpoConfig", {}))
    if "autoTrainingConfig" in config:
        days(config["autoTrainingConfig"])
    if "optimizationObjective" in config:
        _check_objective(region, group_arn, config["optimizationObjective"])
    check_training_columns(region, group_arn, config.get("trainingDataConfig", {}))


def days(config: Settings) -> int:
    """How many days lie between two automatic trainings.

    Raises:
        InvalidInput: Too few or too many.
    """
    number = int(config["schedulingExpression"].removeprefix("rate(").partition(" ")[0])
    if not FEWEST_DAYS <= number <= MOST_DAYS:
        raise InvalidInput(f"schedulingExpression must be rate(1 day) to rate({MOST_DAYS} days), got {number} days.")
    return number


def _check_parameters(recipe: Recipe, config: Settings) -> None:
    known = {parameter.name: parameter for parameter in recipe.parameters.algorithm}
    for name, value in config.get("algorithmHyperParameters", {}).items():
        if name not in known:
            raise InvalidInput(f"Provide a hyperparameter that is used in the algorithm: {recipe.algorithm_arn}")
        _check_value(f"Hyperparameter {name}", known[name], value)
    features = {parameter.name: parameter for parameter in recipe.parameters.featurization}
    for name, value in config.get("featureTransformationParameters", {}).items():
        if name not in features:
            raise InvalidInput(f"Feature transformation parameter {name} is not one of [{', '.join(features)}].")
        _check_value(f"Feature transformation parameter {name}", features[name], value)


def _check_value(what: str, parameter: Hyperparameter, value: str) -> None:
    try:
        parameter.parse(value)
    except ValueError as allowed:
        raise InvalidInput(f"{what}: '{value}' is not {allowed}.") from None


def _check_threshold(threshold: str) -> None:
    try:
        float(threshold)
    except ValueError:
        raise InvalidInput(f"eventValueThreshold '{threshold}' is not a number.") from None


def _check_events(config: Settings) -> None:
    types = [event.get("eventType", "").lower() for event in config.get("eventParametersList", ())]
    if not types or not all(types):
        raise InvalidInput("eventsConfig.eventParametersList must have at least one event, each with an eventType.")
    if twice := sorted({name for name in types if types.count(name) > 1}):
        raise InvalidInput(f"eventsConfig has the event types [{', '.join(twice)}] more than once.")


def _check_objective(region: Region, group_arn: str, objective: Settings) -> None:
    attribute = objective.get("itemAttribute")
    fields = {field.name: field for field in fields_of(region, group_arn, "ITEMS")}
    if attribute not in fields or fields[attribute].type not in NUMBERS or fields[attribute].nullable:
        raise InvalidInput(
            f"optimizationObjective.itemAttribute '{attribute}' is not a column of numbers that cannot be null "
            "in the Items dataset."
        )
