"""Hyperparameters: what a recipe lets its user choose, as strings, checked as the service checks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personalize_local.engine.errors import UnusableHyperparameter


@dataclass(frozen=True)
class Whole:
    """A hyperparameter that is a whole number from `low` to `high`."""

    name: str
    default: str
    low: int
    high: int

    def parse(self, value: str) -> int:
        """The number. Raises ValueError with what is allowed."""
        if not value.strip().isdigit() or not self.low <= int(value) <= self.high:
            raise ValueError(f"a whole number from {self.low} to {self.high}")
        return int(value)


@dataclass(frozen=True)
class Truth:
    """A hyperparameter that is true or false, in any case."""

    name: str
    default: str

    def parse(self, value: str) -> bool:
        """The truth value. Raises ValueError with what is allowed."""
        if value.lower() not in {"true", "false"}:
            raise ValueError("True or False")
        return value.lower() == "true"


Hyperparameter = Whole | Truth


def parse(algorithm: str, known: Sequence[Hyperparameter], given: Mapping[str, str]) -> dict[str, Any]:
    """The values of all hyperparameters, the defaults for those not given.

    Raises:
        UnusableHyperparameter: One is not the algorithm's, or does not take its value.
    """
    unknown = sorted(given.keys() - {hyperparameter.name for hyperparameter in known})
    if unknown:
        raise UnusableHyperparameter(
            "Provide a hyperparameter that is used in the algorithm: "
            f"arn:aws:personalize:::algorithm/{algorithm} (given: {', '.join(unknown)})"
        )
    values = {}
    for hyperparameter in known:
        value = str(given.get(hyperparameter.name, hyperparameter.default))
        try:
            values[hyperparameter.name] = hyperparameter.parse(value)
        except ValueError as allowed:
            raise UnusableHyperparameter(
                f"Provide a valid value for the hyperparameter {hyperparameter.name}: given {value}, allowed {allowed}"
            ) from None
    return values
