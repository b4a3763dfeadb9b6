"""The grammar: what it accepts, and where it says that something is wrong."""

import pytest

from personalize_local.service.errors import InvalidInput
from personalize_local.service.filters.errors import FilterSyntaxError
from personalize_local.service.filters.expression import parse
from personalize_local.service.filters.tree import Action, Clause, Condition, CurrentItem, Operator, Parameter, Subject


def test_an_expression_becomes_typed_clauses():
    (include, exclude) = parse(
        'INCLUDE ItemID WHERE Items.BRAND IN ("A", "B") AND Items.PRICE <= $TOP OR Items.YEAR = 1999 '
        "IF CurrentUser.AGE < 18.5 | EXCLUDE ItemID WHERE Items.GENRE NOT IN CurrentItem.GENRE"
    ).clauses

    assert include == Clause(
        Action.INCLUDE,
        Subject.ITEM,
        alternatives=(
            (
                Condition("Items", "BRAND", Operator.IN, ("A", "B")),
                Condition("Items", "PRICE", Operator.AT_MOST, Parameter("TOP")),
            ),
            (Condition("Items", "YEAR", Operator.EQUAL, (1999.0,)),),
        ),
        user_conditions=(Condition("Users", "AGE", Operator.LESS, (18.5,)),),
    )
    assert exclude == Clause(
        Action.EXCLUDE,
        Subject.ITEM,
        alternatives=((Condition("Items", "GENRE", Operator.NOT_IN, CurrentItem("GENRE")),),),
    )


@pytest.mark.parametrize(
    "expression",
    [
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")',
        "INCLUDE ItemID WHERE Items.BRAND IN ($BRANDS) AND Items.PRICE <= $TOP",
        "INCLUDE ItemID WHERE Items.GENRE IN CurrentItem.GENRE",
        'EXCLUDE ItemID WHERE Items.RATING IN ("18") IF CurrentUser.AGE < 18',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        'INCLUDE ItemID WHERE Items.KIND IN ("A") | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("View")',
        "INCLUDE UserID WHERE Users.PLAN IN ($PLANS)",
        "INCLUDE ActionID WHERE Actions.VALUE > ($MIN)",
        'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("NOT_TAKEN")',
        "INCLUDE ItemID WHERE Items.BRAND = $BRAND",
        "INCLUDE ItemID WHERE Items.BRAND = ($BRAND)",
        'INCLUDE ItemID WHERE Items.BRAND != "A"',
        "INCLUDE ItemID WHERE Items.TEMPERATURE >= -3.5",
        'INCLUDE ItemID WHERE Items.INCLUDE IN ("a keyword may be a field")',
        'INCLUDE ItemID WHERE Items.A IN ("a ) | b", "")',
        "INCLUDE ItemID WHERE Items.A = 1 IF CurrentUser.A = 1 AND CurrentUser.B = 2",
        'EXCLUDE ItemID\n  WHERE Items.A NOT  IN ("a")',
    ],
)
def test_documented_forms_are_accepted(expression):
    assert parse(expression).clauses


def test_words_and_fields_are_accepted_in_any_case():
    assert parse('exclude itemId where INTERACTIONS.event_type in ("View") if currentuser.Age < 18') == parse(
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("View") IF CurrentUser.AGE < 18'
    )


def test_fields_and_placeholders_are_those_of_all_clauses():
    expression = parse(
        "INCLUDE ItemID WHERE Items.GENRE IN CurrentItem.MOOD AND Items.PRICE < $TOP IF CurrentUser.AGE > $AGE "
        '| EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("View")'
    )

    assert expression.placeholders == {"TOP", "AGE"}
    assert expression.fields == {
        ("Items", "GENRE"),
        ("Items", "MOOD"),
        ("Items", "PRICE"),
        ("Users", "AGE"),
        ("Interactions", "EVENT_TYPE"),
    }


@pytest.mark.parametrize(
    ("expression", "position", "message"),
    [
        ("", 0, "expected INCLUDE or EXCLUDE, found the end"),
        ("REMOVE ItemID", 0, 'expected INCLUDE or EXCLUDE, found "REMOVE"'),
        ("EXCLUDE Items", 8, 'expected ItemID, UserID or ActionID, found "Items"'),
        ("EXCLUDE ItemID", 14, "expected WHERE, found the end"),
        (
            "EXCLUDE ItemID WHERE Item.A = 3",
            21,
            'expected a dataset (Interactions, Items, Users, Actions, Action_Interactions), found "Item.A"',
        ),
        ("EXCLUDE ItemID WHERE Items = 3", 27, 'expected a dot, found "="'),
        ("EXCLUDE ItemID WHERE Items. = 3", 28, 'expected the name of a field, found "="'),
        (
            "EXCLUDE ItemID WHERE Items.A LIKE 3",
            29,
            'expected IN, NOT IN or a comparison (=, !=, <, <=, >, >=), found "LIKE"',
        ),
        (
            'EXCLUDE ItemID WHERE Items.A IN "x"',
            32,
            'expected a placeholder ($NAME) or "(" or CurrentItem, found ""x""',
        ),
        (
            "EXCLUDE ItemID WHERE Items.IS_NEW = true",
            36,
            'expected a placeholder ($NAME) or a text in double quotes or a number or "(" or CurrentItem, found "true"',
        ),
        ('EXCLUDE ItemID WHERE Items.A IN ("x","y"', 40, 'expected ")" or a comma, found the end'),
        (
            "EXCLUDE ItemID WHERE Items.A IN (*)",
            33,
            'expected a placeholder ($NAME) or a text in double quotes or a number, found "*)"',
        ),
        ("EXCLUDE ItemID WHERE Items.A IN ($A, $B)", 35, 'expected ")", found ","'),
        (
            "INCLUDE ItemID WHERE Items.A = 1 IF CurrentUser.A = 1 OR CurrentUser.B = 2",
            54,
            'expected "|" or the end or AND, found "OR"',
        ),
        ("INCLUDE ItemID WHERE Items.A = 1 IF Users.A = 1", 36, 'expected CurrentUser, found "Users.A"'),
        ('INCLUDE ItemID WHERE Items.A IN ("a") |', 39, "expected INCLUDE or EXCLUDE, found the end"),
    ],
)
def test_what_does_not_fit_is_told_with_its_position(expression, position, message):
    with pytest.raises(FilterSyntaxError) as refused:
        parse(expression)

    assert refused.value.position == position
    assert refused.value.message.splitlines()[0] == f"Invalid Expression: {message} at character {position + 1}"


def test_a_caret_stands_below_the_position_even_in_a_long_expression():
    values = ", ".join(f'"{number}"' for number in range(200))

    with pytest.raises(FilterSyntaxError) as refused:
        parse(f"EXCLUDE ItemID\nWHERE Items.A IN ({values})) | EXCLUDE ItemID WHERE Items.B = 1")

    _, excerpt, caret = refused.value.message.splitlines()
    assert excerpt[caret.index("^") - 6 :] == '"199")) | EXCLUDE ItemID WHERE Items.B = 1'
    assert len(excerpt) < 130


def test_a_syntax_error_is_the_services_invalid_input():
    with pytest.raises(InvalidInput) as refused:
        parse("nonsense")

    assert refused.value.code == "InvalidInputException"
