"""The rules beyond the grammar: datasets, fields and types."""

import pytest

from personalize_local.service.filters.check import check
from personalize_local.service.filters.expression import parse

SCHEMAS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ],
    "ITEMS": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRE", "type": ["string", "null"], "categorical": True},
        {"name": "mood", "type": "string"},
        {"name": "PRICE", "type": "float"},
        {"name": "PLOT", "type": "string", "textual": True},
        {"name": "IS_NEW", "type": "boolean"},
    ],
    "users": [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}],
}


@pytest.mark.parametrize(
    "expression",
    [
        'INCLUDE ItemID WHERE Items.GENRE IN ("A") AND Items.PRICE < 3 | EXCLUDE ItemID WHERE Items.MOOD = $MOOD',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("View") IF CurrentUser.AGE >= 18',
        "INCLUDE ItemID WHERE Items.GENRE IN CurrentItem.MOOD",
        "INCLUDE UserID WHERE Users.AGE > 18",
    ],
)
def test_valid_expressions_have_no_problem(expression):
    assert check(parse(expression), SCHEMAS) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        (
            "EXCLUDE ItemID WHERE Items.GENRE NOT IN ($G)",
            "Items.GENRE: a placeholder cannot be used with NOT_IN, got $G",
        ),
        (
            'INCLUDE ItemID WHERE Items.GENRE IN ("A") AND Interactions.EVENT_TYPE IN ("View")',
            "the conditions of a clause must be on one dataset, got Items and Interactions; "
            "make clauses of them, with | between",
        ),
        (
            'EXCLUDE ItemID WHERE Interactions.DEVICE IN ("tv")',
            "Interactions.DEVICE: Interactions can be filtered by EVENT_TYPE only",
        ),
        (
            "EXCLUDE ItemID WHERE Items.IS_NEW = 1",
            "Items.IS_NEW: a boolean field cannot be used in filters; store it as a string or as 0 and 1",
        ),
        ('EXCLUDE ItemID WHERE Items.PLOT = "x"', "Items.PLOT: a textual field cannot be used in filters"),
        (
            "EXCLUDE ItemID WHERE Items.BRAND IN ($B)",
            "Items.BRAND: no such field, Items has ITEM_ID, GENRE, MOOD, PRICE, PLOT, IS_NEW",
        ),
        ("INCLUDE ActionID WHERE Actions.VALUE > 3", "Actions.VALUE: there is no dataset Actions"),
        ("EXCLUDE ItemID WHERE Users.AGE > 3", "ItemID is selected by Interactions or Items, got Users"),
        ("EXCLUDE ItemID WHERE Items.GENRE > 3", "Items.GENRE: a string is compared with IN, NOT IN, = or !=, got >"),
        ("EXCLUDE ItemID WHERE Items.GENRE = 3", "Items.GENRE: is a string, so values stand in double quotes, got 3"),
        (
            "EXCLUDE ItemID WHERE Items.PRICE IN (3)",
            "Items.PRICE: a number is compared with =, !=, <, <=, > or >=, got IN",
        ),
        ('EXCLUDE ItemID WHERE Items.PRICE < "3"', 'Items.PRICE: is float, so a number is needed, got "3"'),
        (
            "EXCLUDE ItemID WHERE Items.PRICE < CurrentItem.GENRE",
            "Items.PRICE: is float, but CurrentItem.GENRE is string",
        ),
        (
            "EXCLUDE ItemID WHERE Items.GENRE IN CurrentItem.PLOT",
            "Items.PLOT: a textual field cannot be used in filters",
        ),
        (
            "EXCLUDE ItemID WHERE Items.PRICE < 3 IF CurrentUser.HEIGHT > 3",
            "Users.HEIGHT: no such field, Users has USER_ID, AGE",
        ),
        (
            "INCLUDE ItemID WHERE Items.PRICE < 3 | INCLUDE UserID WHERE Users.AGE > 3",
            "all clauses must select the same, got ItemID and UserID",
        ),
    ],
)
def test_a_broken_rule_is_told(expression, problem):
    assert problem in check(parse(expression), SCHEMAS)


def test_expiring_actions_cannot_be_filtered_by_their_end():
    schemas = {"Actions": [{"name": "ACTION_ID", "type": "string"}, {"name": "EXPIRATION_TIMESTAMP", "type": "long"}]}

    assert check(parse("EXCLUDE ActionID WHERE Actions.EXPIRATION_TIMESTAMP < 3"), schemas) == [
        "Actions.EXPIRATION_TIMESTAMP: this field cannot be used in filters"
    ]


def test_all_problems_are_told_at_once():
    problems = check(parse("EXCLUDE ItemID WHERE Items.A = 1 AND Items.B = 2 IF CurrentUser.C = 3"), SCHEMAS)

    assert [problem.split(":")[0] for problem in problems] == ["Items.A", "Items.B", "Users.C"]
