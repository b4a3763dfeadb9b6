"""Which items a clause selects, for one request."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_local.service.filters.errors import FilterValueError
from personalize_local.service.filters.tree import (
    Action,
    Clause,
    Condition,
    Conjunction,
    CurrentItem,
    Operator,
    Parameter,
)
from personalize_local.service.filters.values import given_values

Mask = NDArray[np.bool_]
"""(N,) whether each item of the catalogue is meant."""

_COMPARE: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


class CatalogueView(Protocol):
    """What a filter looks at: the items, and the user and the item that a request is about."""

    @property
    def item_ids(self) -> Sequence[str]:
        """The items to judge."""

    @property
    def item_index(self) -> Mapping[str, int]:
        """The place of each item in `item_ids`."""

    @property
    def history(self) -> Sequence[tuple[str, str | None]]:
        """Item and event type of the user's interactions that the service still considers."""

    @property
    def user(self) -> Mapping[str, Any]:
        """The user's metadata; empty for an unknown user."""

    @property
    def current_item(self) -> str | None:
        """The item that the request is about."""

    def item_column(self, field: str) -> NDArray[Any]:
        """(N,) texts or numbers; None where missing, several values of one item joined by bars."""


class Evaluation:
    """One request's view and values."""

    def __init__(self, view: CatalogueView, values: Mapping[str, str]) -> None:
        self._view = view
        self._values = values
        self._user = {name.upper(): value for name, value in view.user.items()}

    def counts(self, clause: Clause) -> bool:
        """Whether a clause takes part: its IF part holds, and an EXCLUDE clause has its values.

        Raises:
            FilterValueError: An INCLUDE clause lacks a value.
        """
        conditions = (*clause.conditions, *clause.user_conditions)
        operands = (condition.operand for condition in conditions)
        names = sorted({operand.name for operand in operands if isinstance(operand, Parameter)})
        missing = [name for name in names if name not in self._values]
        if missing and clause.action is Action.INCLUDE:
            raise FilterValueError(f"filterValues must hold {', '.join(missing)}, got {sorted(self._values)}")
        return not missing and all(self._holds_for_user(condition) for condition in clause.user_conditions)

    def selected(self, clause: Clause) -> Mask:
        """Return the items that fulfil at least one of the alternatives."""
        mask: Mask = np.logical_or.reduce([self._all(conjunction) for conjunction in clause.alternatives])
        return mask

    def _all(self, conjunction: Conjunction) -> Mask:
        mask: Mask = np.logical_and.reduce([self._items(condition) for condition in conjunction])
        return mask

    def _items(self, condition: Condition) -> Mask:
        if condition.dataset in {"Interactions", "Action_Interactions"}:
            return self._interacted(condition)
        return _matches(self._view.item_column(condition.field), condition, self._operand(condition))

    def _interacted(self, condition: Condition) -> Mask:
        """The items that the user has an interaction of these event types with; a negation means all others."""
        wanted = {str(value).casefold() for value in self._operand(condition)}
        index = self._view.item_index
        places = [
            index[item]
            for item, event_type in self._view.history
            if item in index and ("*" in wanted or (event_type or "").casefold() in wanted)
        ]
        mask = np.full(len(self._view.item_ids), False)
        mask[places] = True
        return ~mask if condition.operator.is_negation else mask

    def _holds_for_user(self, condition: Condition) -> bool:
        column = np.array([self._user.get(condition.field)], dtype=object)
        return bool(_matches(column, condition, self._operand(condition))[0])

    def _operand(self, condition: Condition) -> Sequence[str | float]:
        operand = condition.operand
        if isinstance(operand, Parameter):
            return given_values(operand.name, self._values[operand.name])
        if isinstance(operand, CurrentItem):
            return self._of_current_item(operand.field)
        return operand

    def _of_current_item(self, field: str) -> Sequence[str | float]:
        if self._view.current_item is None:
            raise FilterValueError(f"the filter compares with CurrentItem.{field}, so the request must name an item")
        place = self._view.item_index.get(self._view.current_item)
        value = None if place is None else self._view.item_column(field)[place]
        if value is None:
            return ()
        return value.split("|") if isinstance(value, str) else (float(value),)


def _matches(column: NDArray[Any], condition: Condition, operands: Sequence[str | float]) -> Mask:
    """Compare a column; a missing value equals nothing, so that it fulfils negations only."""
    if condition.operator.is_order or _is_numeric(column):
        return _number_matches(column, condition, operands)
    wanted = {str(operand) for operand in operands}
    verdicts = {value: value is not None and not wanted.isdisjoint(str(value).split("|")) for value in set(column)}
    mask = np.fromiter(map(verdicts.__getitem__, column), dtype=bool, count=len(column))
    return ~mask if condition.operator.is_negation else mask


def _is_numeric(column: NDArray[Any]) -> bool:
    known = next((value for value in column if value is not None), None)
    return known is not None and not isinstance(known, str)


def _number_matches(column: NDArray[Any], condition: Condition, operands: Sequence[str | float]) -> Mask:
    name = f"{condition.dataset}.{condition.field}"
    try:
        wanted = [float(operand) for operand in operands]
        numbers = column.astype(float)  # None becomes NaN, which compares false
    except ValueError as error:
        raise FilterValueError(f"{name} {condition.operator} needs numbers: {error}") from error
    compare = _COMPARE.get(condition.operator)
    if compare is None:
        mask = np.isin(numbers, wanted)
        return ~mask if condition.operator.is_negation else mask
    if len(wanted) > 1:
        raise FilterValueError(f"{name} {condition.operator} needs one number, got {wanted}")
    return np.asarray(compare(numbers, wanted[0])) if wanted else np.full(len(column), False)
