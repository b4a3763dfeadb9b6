"""Hyperparameters: what a recipe lets its user choose, as strings, checked as the service checks them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
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


@dataclass(frozen=True)
class Share:
    """A setting that is a number from 0 to 1."""

    name: str
    default: str

    def parse(self, value: str) -> float:
        """The number. Raises ValueError with what is allowed."""
        with suppress(ValueError):
            if 0 <= float(value) <= 1:
                return float(value)
        raise ValueError("a number from 0 to 1")


@dataclass(frozen=True)
class Positive:
    """A setting that is a number above 0."""

    name: str
    default: str
    whole: bool = False

    def parse(self, value: str) -> float:
        """The number. Raises ValueError with what is allowed."""
        with suppress(ValueError):
            number = int(value) if self.whole else float(value)
            if 0 < number < math.inf:
                return number
        raise ValueError(f"a {'whole ' if self.whole else ''}number above 0")


@dataclass(frozen=True)
class Choice:
    """A setting that is one of a few texts, each of which stands for a number."""

    name: str
    default: str
    numbers: Mapping[str, int]

    def parse(self, value: str) -> int:
        """The number. Raises ValueError with what is allowed."""
        if value not in self.numbers:
            raise ValueError(f"one of {', '.join(self.numbers)}")
        return self.numbers[value]


Hyperparameter = Whole | Truth | Share | Positive | Choice


def parse(known: Sequence[Hyperparameter], given: Mapping[str, str], *, used_in: str) -> dict[str, Any]:
    """The values of all hyperparameters, the defaults for those not given.

    Args:
        used_in: What has the hyperparameters, for the service's text.

    Raises:
        UnusableHyperparameter: One is not known, or does not take its value.
    """
    unknown = sorted(given.keys() - {hyperparameter.name for hyperparameter in known})
    if unknown:
        given_names = ", ".join(unknown)
        raise UnusableHyperparameter(f"Provide a hyperparameter that is used in the {used_in} (given: {given_names})")
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
