"""From the text of a filter expression to its clauses."""

from collections.abc import Collection
from enum import StrEnum
from functools import cache
from typing import TypeVar

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from personalize_local.service.filters.errors import FilterSyntaxError
from personalize_local.service.filters.tree import (
    Action,
    Clause,
    Condition,
    Conjunction,
    CurrentItem,
    Literals,
    Operand,
    Operator,
    Parameter,
    Subject,
)

DATASETS = ("Interactions", "Items", "Users", "Actions", "Action_Interactions")

_IN_WORDS = {
    "ACTION": "INCLUDE or EXCLUDE",
    "SUBJECT": "ItemID, UserID or ActionID",
    "DATASET": f"a dataset ({', '.join(DATASETS)})",
    "MEMBERSHIP": "IN, NOT IN",
    "COMPARISON": "a comparison (=, !=, <, <=, >, >=)",
    "FIELD": "the name of a field",
    "PARAMETER": "a placeholder ($NAME)",
    "STRING": "a text in double quotes",
    "NUMBER": "a number",
    "DOT": "a dot",
    "VBAR": '"|"',
    "LPAR": '"("',
    "RPAR": '")"',
    "COMMA": "a comma",
    "_CURRENT_USER": "CurrentUser",
    "_CURRENT_ITEM": "CurrentItem",
    "$END": "the end",
}


def clauses(expression: str) -> tuple[Clause, ...]:
    """Return the clauses of an expression.

    Raises:
        FilterSyntaxError: it is not one.
    """
    try:
        return _Clauses().transform(_parser().parse(expression))
    except UnexpectedInput as error:
        is_at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        position = len(expression) if is_at_end else int(error.pos_in_stream or 0)
        found = "the end" if is_at_end else f'"{expression[position:].split(maxsplit=1)[0][:20]}"'
        raise FilterSyntaxError(f"expected {_words(_expected(error))}, found {found}", position, expression) from error


@cache
def _parser() -> Lark:
    return Lark.open("filter.lark", rel_to=__file__, parser="lalr")


def _expected(error: UnexpectedInput) -> Collection[str]:
    if isinstance(error, UnexpectedCharacters):
        return error.allowed or ()
    return error.accepts or error.expected if isinstance(error, UnexpectedToken) else ()


def _words(terminals: Collection[str]) -> str:
    """What may stand there, in the order of the table; keywords stand for themselves."""
    known = [words for name, words in _IN_WORDS.items() if name in terminals]
    keywords = sorted(name.lstrip("_") for name in terminals if name not in _IN_WORDS)
    return " or ".join([*known, *keywords])


_Enum = TypeVar("_Enum", bound=StrEnum)


def _member(enum: type[_Enum], token: Token) -> _Enum:
    """Return the member that a token names in whatever case and spacing."""
    text = " ".join(token.upper().split())
    return next(member for member in enum if member.upper() == text)


@v_args(inline=True)
class _Clauses(Transformer[Token, tuple[Clause, ...]]):
    """Builds the values of tree.py from what the grammar's rules matched."""

    def start(self, *clauses: Clause) -> tuple[Clause, ...]:
        return clauses

    def clause(
        self, action: Token, subject: Token, alternatives: tuple[Conjunction, ...], user: Conjunction | None
    ) -> Clause:
        return Clause(_member(Action, action), _member(Subject, subject), alternatives, user or ())

    def alternatives(self, *conjunctions: Conjunction) -> tuple[Conjunction, ...]:
        return conjunctions

    def conjunction(self, *conditions: Condition) -> Conjunction:
        return conditions

    def user_conditions(self, *conditions: Condition) -> Conjunction:
        return conditions

    def condition(self, dataset: Token, field: Token, operator: Token, operand: Operand) -> Condition:
        name = next(name for name in DATASETS if name.upper() == dataset.upper())
        return Condition(name, field.upper(), _member(Operator, operator), operand)

    def user_condition(self, field: Token, operator: Token, operand: Operand) -> Condition:
        return Condition("Users", field.upper(), _member(Operator, operator), operand)

    def values(self, *literals: str | float) -> Literals:
        return literals

    value = values

    def parameter(self, name: Token) -> Parameter:
        return Parameter(name[1:])

    def current_item(self, field: Token) -> CurrentItem:
        return CurrentItem(field.upper())

    def STRING(self, token: Token) -> str:  # noqa: N802 - the terminal's name
        return token[1:-1]

    def NUMBER(self, token: Token) -> float:  # noqa: N802 - the terminal's name
        return float(token)
