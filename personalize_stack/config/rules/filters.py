"""Whether the service will take a filter expression (developer guide, filter expressions).

Judged are its shape and its columns; the types of values are left to the service.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from personalize_stack.config.rules.draft import Draft, Finding
from personalize_stack.config.words import allowed, shown

MAX_CHARACTERS = 2500
MAX_FIELDS = 10
MAX_DISTINCT_FIELDS = 20

_TEXT = r'"[^"]*"'
_VALUE = rf"(?:{_TEXT}|-?\d+(?:\.\d+)?|\$\w+|CurrentItem\.\w+)"
_LIST = rf"\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*\)"
_OPERATOR = r"(?:\s*(?:<=|>=|!=|=|<|>)\s*|\s+(?:NOT\s+)?IN\b\s*)"
_CONDITION = rf"\w+\.\w+{_OPERATOR}(?:{_LIST}|{_VALUE})"
_CLAUSE = re.compile(
    rf"\s*(?:INCLUDE|EXCLUDE)\s+(?P<subject>ItemID|ActionID|UserID)\s+WHERE\s+"
    rf"(?P<where>{_CONDITION}(?:\s+(?:AND|OR)\s+{_CONDITION})*)"
    rf"(?:\s+IF\s+(?P<user>{_CONDITION}(?:\s+AND\s+{_CONDITION})*))?\s*",
    re.IGNORECASE,
)
_PARTS = re.compile(rf"(?P<dataset>\w+)\.(?P<field>\w+)(?P<operator>{_OPERATOR})(?P<value>{_LIST}|{_VALUE})", re.I)
_CURRENT_ITEM = re.compile(r"CurrentItem\.(\w+)", re.IGNORECASE)

SHAPE = 'INCLUDE or EXCLUDE, then ItemID WHERE Items.COLUMN IN ("value"), as many clauses as needed between bars'
DATASETS = {
    "itemid": ("interactions", "items"),
    "actionid": ("action_interactions", "actions"),
    "userid": ("users", "interactions"),
}
"""What the conditions of a clause may look at."""

_WHERE_IS_EVENT_TYPE = ("interactions", "action_interactions")
_NOT_FILTERABLE = ("EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY")


@dataclass(frozen=True)
class Condition:
    """One comparison of a clause; the dataset's name is in lower case, `currentuser` included."""

    dataset: str
    field: str
    negates: bool
    value: str


@dataclass(frozen=True)
class Clause:
    """One INCLUDE or EXCLUDE of an expression."""

    subject: str
    where: tuple[Condition, ...]
    user: tuple[Condition, ...]


def clauses(expression: str) -> list[Clause] | None:
    """Return the clauses of an expression; None when it has another shape."""
    found = []
    for text in _split(expression):
        match = _CLAUSE.fullmatch(text)
        if match is None:
            return None
        found.append(Clause(match["subject"].lower(), _conditions(match["where"]), _conditions(match["user"] or "")))
    return found


def subjects(expression: str) -> set[str]:
    """Return what an expression is about, in lower case: `itemid`, `actionid`, `userid`."""
    return {clause.subject for clause in clauses(expression) or ()}


def _split(expression: str) -> Iterator[str]:
    """The text between the bars that stand in no quotation marks."""
    start, is_quoted = 0, False
    for index, character in enumerate(expression):
        if character == '"':
            is_quoted = not is_quoted
        elif character == "|" and not is_quoted:
            yield expression[start:index]
            start = index + 1
    yield expression[start:]


def _conditions(text: str) -> tuple[Condition, ...]:
    return tuple(
        Condition(found["dataset"].lower(), found["field"].upper(), "NOT" in found["operator"].upper(), found["value"])
        for found in _PARTS.finditer(text)
    )


def _expressions(draft: Draft) -> Iterator[Finding]:
    distinct = set[tuple[str, str]]()
    for name in draft.mapping("filters"):
        expression = draft.text("filters", name)
        if not expression or len(expression) > MAX_CHARACTERS:  # told with the single values
            continue
        path, found = ("filters", name), clauses(expression)
        if found is None:
            yield path, f"{shown(expression)} given; should be {SHAPE}"
            continue
        if len(about := sorted({clause.subject for clause in found})) > 1:
            yield path, f"{' and '.join(about)} given; all clauses of a filter are about the same"
        for clause in found:
            yield from ((path, problem) for problem in _problems(draft, clause))
        fields = {
            (_home(condition), condition.field) for clause in found for condition in (*clause.where, *clause.user)
        }
        if len(fields) > MAX_FIELDS:
            yield path, f"{len(fields)} columns given; a filter may have {MAX_FIELDS}"
        distinct |= fields
    if len(distinct) > MAX_DISTINCT_FIELDS:
        yield ("filters",), f"{len(distinct)} columns given; all filters together may have {MAX_DISTINCT_FIELDS}"


def _problems(draft: Draft, clause: Clause) -> Iterator[str]:
    possible = DATASETS[clause.subject]
    datasets = sorted({condition.dataset for condition in clause.where})
    for dataset in datasets:
        if dataset not in possible:
            yield f"{shown(dataset)} given after WHERE; {allowed(possible, dataset)}"
    if len(datasets) > 1:
        yield f"{' and '.join(datasets)} given in one clause; a clause looks at one dataset; put a bar between two"
    for condition in clause.user:
        if condition.dataset != "currentuser":
            yield f"{shown(condition.dataset)} given after IF; should be CurrentUser"
    for condition in (*clause.where, *clause.user):
        if condition.dataset in (*possible, "currentuser"):
            yield from _column(draft, _home(condition), condition.field)
        if condition.negates and "$" in condition.value:
            yield f"{condition.value} given after NOT IN, which takes no placeholder; use IN in an INCLUDE"
        if item := _CURRENT_ITEM.search(condition.value):
            yield from _column(draft, "items", item[1].upper())


def _home(condition: Condition) -> str:
    return "users" if condition.dataset == "currentuser" else condition.dataset


def _column(draft: Draft, dataset: str, name: str) -> Iterator[str]:
    if draft.lacks(dataset):
        yield f"{dataset}.{name} given; datasets has no {dataset}"
        return
    columns = draft.fields.get(dataset)
    field = {known.upper(): known_field for known, known_field in (columns or {}).items()}.get(name)
    if dataset in _WHERE_IS_EVENT_TYPE and name != "EVENT_TYPE":
        yield f"{dataset}.{name} given; filters look at EVENT_TYPE of {dataset} only"
    elif name in _NOT_FILTERABLE:
        yield f"{dataset}.{name} given; this column cannot be filtered by"
    elif columns is not None and field is None:
        yield f"{dataset}.{name} given; no such column; {allowed(list(columns), name)}"
    elif field is not None and (field.textual or field.type == "boolean"):
        kind = "textual" if field.textual else "boolean"
        yield f"{dataset}.{name} given; a {kind} column cannot be filtered by"


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (_expressions,)
