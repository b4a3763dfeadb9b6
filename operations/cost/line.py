"""A line of a bill."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line of a bill.

    Args:
        what: As in the configuration: "campaigns.for-you".
        quantity: With its unit: "730 TPS-hours".
        usd: A month; None where no price is known.
        assumption: What the figure rests on.
        assumed: Whether no price of it is known, and that of something like it was taken.
    """

    what: str
    quantity: str
    usd: float | None
    assumption: str
    assumed: bool = False


def total(lines: Sequence[Line]) -> float:
    """The sum of what has a price, a known or an assumed one."""
    return sum(line.usd for line in lines if line.usd is not None)


def times(quantity: float, price: float | None) -> float | None:
    """The amount; None where no price is known."""
    return None if price is None else quantity * price
