"""What the service refuses in an expression that follows the grammar (developer guide, "Filter expressions")."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_prep.schemas import Field, fields_of
from personalize_local.service.filters.expression import FilterExpression
from personalize_local.service.filters.tree import Clause, Condition, CurrentItem, Operator, Parameter, Subject

SELECTED_BY: Mapping[Subject, tuple[str, ...]] = {
    Subject.ITEM: ("Interactions", "Items"),
    Subject.USER: ("Interactions", "Users"),
    Subject.ACTION: ("Action_Interactions", "Actions"),
}
EVENTS = ("Interactions", "Action_Interactions")
NOT_FILTERABLE = ("EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY")

Schemas = Mapping[str, Sequence[Mapping[str, Any]]]
"""The Avro fields of each dataset, by its name in whatever case."""

Fields = Mapping[str, Mapping[str, Field]]
"""The same, parsed and by name; names in upper case."""


def check(expression: FilterExpression, schemas: Schemas) -> list[str]:
    """Return everything that is wrong with an expression for datasets with these schemas; empty when it is valid."""
    fields = {
        dataset.upper(): {field.name.upper(): field for field in fields_of({"fields": entries})}
        for dataset, entries in schemas.items()
    }
    problems = [problem for clause in expression.clauses for problem in _about_clause(clause, fields)]
    subjects = sorted({clause.subject for clause in expression.clauses})
    if len(subjects) > 1:
        problems.insert(0, f"all clauses must select the same, got {' and '.join(subjects)}")
    return list(dict.fromkeys(problems))


def _about_clause(clause: Clause, fields: Fields) -> Iterator[str]:
    datasets = list(dict.fromkeys(condition.dataset for condition in clause.conditions))
    if len(datasets) > 1:
        given = " and ".join(datasets)
        yield f"the conditions of a clause must be on one dataset, got {given}; make clauses of them, with | between"
    for dataset in datasets:
        if dataset not in SELECTED_BY[clause.subject]:
            yield f"{clause.subject} is selected by {' or '.join(SELECTED_BY[clause.subject])}, got {dataset}"
    for condition in (*clause.conditions, *clause.user_conditions):
        yield from _about_condition(condition, fields)


def _about_condition(condition: Condition, fields: Fields) -> Iterator[str]:
    name, operand = f"{condition.dataset}.{condition.field}", condition.operand
    if condition.operator is Operator.NOT_IN and isinstance(operand, Parameter):
        yield f"{name}: a placeholder cannot be used with NOT_IN, got ${operand.name}"
    if condition.dataset in EVENTS and condition.field != "EVENT_TYPE":
        yield f"{name}: {condition.dataset} can be filtered by EVENT_TYPE only"
        return
    problem, field = _filterable(condition.dataset, condition.field, fields)
    if isinstance(operand, CurrentItem):
        its_problem, its_field = _filterable("Items", operand.field, fields)
        if its_problem:
            yield its_problem
        elif field and its_field and (field.type == "string") != (its_field.type == "string"):
            yield f"{name}: is {field.type}, but CurrentItem.{operand.field} is {its_field.type}"
    if problem:
        yield problem
    elif field:
        yield from _about_types(name, field, condition)


def _filterable(dataset: str, name: str, fields: Fields) -> tuple[str | None, Field | None]:
    """Return why a field cannot be filtered by, and the field."""
    columns = fields.get(dataset.upper())
    if columns is None:
        return f"{dataset}.{name}: there is no dataset {dataset}", None
    field = columns.get(name)
    if field is None:
        return f"{dataset}.{name}: no such field, {dataset} has {', '.join(columns)}", None
    if field.textual:
        return f"{dataset}.{name}: a textual field cannot be used in filters", field
    if field.type == "boolean":
        return f"{dataset}.{name}: a boolean field cannot be used in filters; store it as a string or as 0 and 1", field
    if name in NOT_FILTERABLE:
        return f"{dataset}.{name}: this field cannot be used in filters", field
    return None, field


def _about_types(name: str, field: Field, condition: Condition) -> Iterator[str]:
    literals = condition.operand if isinstance(condition.operand, tuple) else ()
    texts = [literal for literal in literals if isinstance(literal, str)]
    numbers = [literal for literal in literals if not isinstance(literal, str)]
    is_membership = condition.operator in (Operator.IN, Operator.NOT_IN)
    if field.type == "string" and condition.operator.is_order:
        yield f"{name}: a string is compared with IN, NOT IN, = or !=, got {condition.operator}"
    if field.type != "string" and is_membership:
        yield f"{name}: a number is compared with =, !=, <, <=, > or >=, got {condition.operator}"
    if field.type == "string" and numbers:
        yield f"{name}: is a string, so values stand in double quotes, got {numbers[0]:g}"
    if field.type != "string" and texts:
        yield f'{name}: is {field.type}, so a number is needed, got "{texts[0]}"'
