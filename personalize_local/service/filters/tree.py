"""A filter expression as typed values.

Datasets have their names in the API (`Interactions`), fields are in upper case.
"""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a clause does with the items that it selects."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class Subject(StrEnum):
    """What a filter selects."""

    ITEM = "ItemID"
    USER = "UserID"
    ACTION = "ActionID"


class Operator(StrEnum):
    """How a field is compared."""

    IN = "IN"
    NOT_IN = "NOT IN"
    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="

    @property
    def is_order(self) -> bool:
        """Whether it needs numbers."""
        return self in (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST)

    @property
    def is_negation(self) -> bool:
        """Whether it selects what its opposite leaves."""
        return self in (Operator.NOT_IN, Operator.NOT_EQUAL)


@dataclass(frozen=True)
class Parameter:
    """A placeholder, whose value a request gives: `$NAME`, here without the dollar sign."""

    name: str


@dataclass(frozen=True)
class CurrentItem:
    """A field of the item that a request is about."""

    field: str


Literals = tuple[str | float, ...]
Operand = Literals | Parameter | CurrentItem


@dataclass(frozen=True)
class Condition:
    """A field of a dataset, compared with an operand."""

    dataset: str
    field: str
    operator: Operator
    operand: Operand


Conjunction = tuple[Condition, ...]
"""Conditions that must all hold."""


@dataclass(frozen=True)
class Clause:
    """One part of a filter, between bars.

    Attributes:
        alternatives: selected is what fulfils at least one of them.
        user_conditions: the clause counts for users who fulfil them all; empty: for everybody.
    """

    action: Action
    subject: Subject
    alternatives: tuple[Conjunction, ...]
    user_conditions: Conjunction = ()

    @property
    def conditions(self) -> Conjunction:
        """All conditions on what is selected."""
        return tuple(condition for conjunction in self.alternatives for condition in conjunction)
