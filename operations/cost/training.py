"""What a training costs, forecast from the recipe and the interactions that it learns from.

The service bills training hours, which are not the hours that pass: it may train on several machines at once. Reported
are 2.1 hours for 100,000 interactions and 54 for 25 million; between them, and beyond, this draws a line. What earlier
trainings of the same solution took is a better guide than any line, and takes its place where it is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from operations.cost.prices import Prices

BASE_HOURS, HOURS_PER_MILLION = 1.93, 2.08
PER_INTERACTION = frozenset({"aws-user-personalization-v2", "aws-personalized-ranking-v2"})
"""Recipes that are billed by interactions and requests, not by hours."""
MEASURED = frozenset({"aws-user-personalization", "aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"})
"""Recipes that the reported hours are of."""


@dataclass(frozen=True)
class Forecast:
    """What one training costs.

    Args:
        usd: None where a price is not known.
        hours: Training hours; None for recipes that are billed by interactions.
        basis: Where the figures come from, in words.
    """

    usd: float | None
    hours: float | None
    basis: str


def forecast(recipe: str, interactions: int, prices: Prices, earlier: Sequence[float] = ()) -> Forecast:
    """Forecast one training.

    Args:
        recipe: Its full name: "aws-hrnn".
        interactions: How many it learns from.
        earlier: The training hours of earlier trainings of the same solution, newest first.
    """
    if recipe in PER_INTERACTION:
        price = prices.v2_training_1000_interactions
        usd = None if price is None else interactions / 1000 * price
        return Forecast(usd, None, f"{interactions:,} interactions")
    if earlier:
        latest = earlier[:3]
        hours, basis = (
            median(latest),
            "as the last training took" if len(latest) == 1 else f"as the last {len(latest)} trainings took",
        )
    else:
        hours = BASE_HOURS + HOURS_PER_MILLION * interactions / 1e6
        basis = f"{interactions:,} interactions, on the line through reported trainings"
        if recipe not in MEASURED:
            basis += " of user-personalization, since none of this recipe is known"
    return Forecast(None if prices.training_hour is None else hours * prices.training_hour, hours, basis)
