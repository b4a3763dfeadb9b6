"""Which items a clause selects, for one request."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from personalize_local.service.filters.columns import Column, Mask
from personalize_local.service.filters.errors import FilterValueError
from personalize_local.service.filters.tree import (
    Action,
    Clause,
    Condition,
    Conjunction,
    CurrentItem,
    Parameter,
)
from personalize_local.service.filters.values import given_values


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

    def item_column(self, field: str) -> Column:
        """The metadata of the items."""


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
        column = Column(np.array([self._user.get(condition.field)], dtype=object))
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
        value = None if place is None else self._view.item_column(field).values[place]
        if value is None:
            return ()
        return value.split("|") if isinstance(value, str) else (float(value),)


def _matches(column: Column, condition: Condition, operands: Sequence[str | float]) -> Mask:
    """Compare a column; a missing value equals nothing, so that it fulfils negations only."""
    if condition.operator.is_order or column.is_numeric:
        return _number_matches(column, condition, operands)
    mask = column.having(str(operand) for operand in operands)
    return ~mask if condition.operator.is_negation else mask


def _number_matches(column: Column, condition: Condition, operands: Sequence[str | float]) -> Mask:
    name = f"{condition.dataset}.{condition.field}"
    try:
        wanted = [float(operand) for operand in operands]
        if condition.operator.is_order:
            if len(wanted) > 1:
                raise FilterValueError(f"{name} {condition.operator} needs one number, got {wanted}")
            return column.compared(condition.operator, wanted[0] if wanted else np.nan)
        mask = column.equal(wanted)
    except ValueError as error:
        raise FilterValueError(f"{name} {condition.operator} needs numbers: {error}") from error
    return ~mask if condition.operator.is_negation else mask
