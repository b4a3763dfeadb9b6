"""A filter expression: what it names, and which items it leaves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from personalize_local.service.filters.columns import Mask
from personalize_local.service.filters.errors import FilterValueError
from personalize_local.service.filters.evaluation import CatalogueView, Evaluation
from personalize_local.service.filters.parser import clauses
from personalize_local.service.filters.tree import Action, Clause, Condition, CurrentItem, Parameter, Subject


@dataclass(frozen=True)
class FilterExpression:
    """A parsed expression, usable for any number of requests."""

    clauses: tuple[Clause, ...]

    @property
    def fields(self) -> frozenset[tuple[str, str]]:
        """The dataset and the field of everything that it reads, as in `("Items", "GENRES")`."""
        compared = {(condition.dataset, condition.field) for condition in self._conditions()}
        operands = (condition.operand for condition in self._conditions())
        return frozenset(compared | {("Items", part.field) for part in operands if isinstance(part, CurrentItem)})

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the values that a request gives, without the dollar sign."""
        operands = (condition.operand for condition in self._conditions())
        return frozenset(part.name for part in operands if isinstance(part, Parameter))

    def allowed(self, view: CatalogueView, values: Mapping[str, str], subject: Subject = Subject.ITEM) -> Mask:
        """Return for each item of the catalogue whether it may be recommended.

        INCLUDE clauses unite, EXCLUDE clauses unite, and the second are taken from the first. A clause whose IF part
        does not hold for the user does not count; without any INCLUDE clause that counts, all items are included.

        Args:
            view: The catalogue, and whom the request is for.
            values: What the request gives for each placeholder, as in `'"Drama","Comedy"'`.
            subject: What the catalogue holds.

        Raises:
            FilterValueError: A value is missing for an INCLUDE clause, or does not fit its field.
        """
        if any(clause.subject is not subject for clause in self.clauses):
            words = subject.removesuffix("ID").lower()
            raise FilterValueError(f"recommendations of {words}s take filters of {subject} only")
        evaluation = Evaluation(view, values)
        selected: dict[Action, list[Mask]] = {action: [] for action in Action}
        for clause in self.clauses:
            if evaluation.counts(clause):
                selected[clause.action].append(evaluation.selected(clause))
        everything, nothing = np.full(len(view.item_ids), True), np.full(len(view.item_ids), False)
        included: Mask = np.logical_or.reduce(selected[Action.INCLUDE] or [everything])
        excluded: Mask = np.logical_or.reduce(selected[Action.EXCLUDE] or [nothing])
        return included & ~excluded

    def _conditions(self) -> Iterator[Condition]:
        for clause in self.clauses:
            yield from (*clause.conditions, *clause.user_conditions)


@lru_cache(maxsize=256)
def parse(expression: str) -> FilterExpression:
    """Parse an expression.

    Raises:
        FilterSyntaxError: It does not follow the grammar.
    """
    return FilterExpression(clauses(expression))
