"""Hyperparameters: what a recipe lets its user choose, as strings, checked as the service checks them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from personalize_local.engine.errors import UnusableHyperparameter


@dataclass(frozen=True)
class Number:
    """A hyperparameter that is a number from `low` to `high`.

    Args:
        above: Whether it must be more than `low`.
        tunable: Whether a search may try several values of it.
    """

    name: str
    default: str
    low: float = 0
    high: float = math.inf
    whole: bool = True
    above: bool = False
    tunable: bool = False

    @property
    def allowed(self) -> str:
        """The values that it takes, in words."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} {'above' if self.above else 'from'} {self.low:g}" + (
            f" to {self.high:g}" if self.high < math.inf else ""
        )

    def parse(self, value: str) -> float:
        """The number. Raises ValueError with what is allowed."""
        with suppress(ValueError):
            number = int(value) if self.whole else float(value)
            if self.low <= number <= self.high and number < math.inf and not (self.above and number == self.low):
                return number
        raise ValueError(self.allowed)


@dataclass(frozen=True)
class Choice:
    """A hyperparameter that is one of a few texts.

    Args:
        meanings: What each stands for.
        tunable: Whether a search may try several of them.
    """

    name: str
    default: str
    meanings: Mapping[str, Any]
    tunable: bool = False

    @property
    def texts(self) -> list[str]:
        """One text for each meaning."""
        first: dict[Any, str] = {}
        for text, meaning in self.meanings.items():
            first.setdefault(meaning, text)
        return list(first.values())

    def parse(self, value: str) -> Any:
        """What the text stands for. Raises ValueError with what is allowed."""
        if value not in self.meanings:
            raise ValueError(f"one of [{', '.join(self.meanings)}]")
        return self.meanings[value]


Hyperparameter = Number | Choice


def share(name: str, default: str, *, tunable: bool = False) -> Number:
    """A number from 0 to 1."""
    return Number(name, default, 0, 1, whole=False, tunable=tunable)


def truth(name: str, default: str, *, tunable: bool = False) -> Choice:
    """True or false, as either spells it."""
    return Choice(name, default, {"True": True, "False": False, "true": True, "false": False}, tunable=tunable)


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
