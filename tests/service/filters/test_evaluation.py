"""Which items an expression leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from personalize_local.service.filters.columns import Column
from personalize_local.service.filters.errors import FilterValueError
from personalize_local.service.filters.expression import parse

ITEMS = {
    "alien": {"GENRES": "Horror|Sci-Fi", "YEAR": 1979, "PRICE": 3.5},
    "big": {"GENRES": "Comedy", "YEAR": 1988, "PRICE": 2.0},
    "clue": {"GENRES": "Comedy|Mystery", "YEAR": 1985, "PRICE": None},
    "dune": {"GENRES": None, "YEAR": 2021, "PRICE": 9.0},
}


@dataclass
class View:
    """Four films, one user."""

    history: list = field(default_factory=list)
    user: dict = field(default_factory=dict)
    current_item: str | None = None
    item_ids: Sequence[str] = tuple(ITEMS)

    @property
    def item_index(self):
        return {name: place for place, name in enumerate(self.item_ids)}

    def item_column(self, name):
        return Column(np.array([item.get(name) for item in ITEMS.values()], dtype=object))


def left(expression, values=None, **view):
    """The first letters of the items that an expression leaves."""
    allowed = parse(expression).allowed(View(**view), values or {})
    assert allowed.dtype == bool
    return "".join(name[0] for name, is_allowed in zip(ITEMS, allowed, strict=True) if is_allowed)


@pytest.mark.parametrize(
    ("condition", "selected"),
    [
        ('Items.GENRES IN ("Comedy")', "bc"),
        ('Items.GENRES IN ("Mystery", "Sci-Fi")', "ac"),
        ('Items.GENRES IN ("comedy")', ""),
        ('Items.GENRES NOT IN ("Comedy")', "ad"),
        ('Items.GENRES = "Comedy"', "bc"),
        ('Items.GENRES != "Comedy"', "ad"),
        ("Items.YEAR = 1988", "b"),
        ("Items.YEAR != 1988", "acd"),
        ("Items.YEAR < 1985", "a"),
        ("Items.YEAR <= 1985", "ac"),
        ("Items.YEAR > 1985", "bd"),
        ("Items.YEAR >= 1985", "bcd"),
        ("Items.PRICE < 100", "abd"),
        ('Items.YEAR > 1980 AND Items.GENRES IN ("Comedy")', "bc"),
        ('Items.YEAR > 2000 OR Items.GENRES IN ("Mystery")', "cd"),
        ('Items.YEAR > 2000 OR Items.YEAR < 1988 AND Items.GENRES IN ("Comedy")', "cd"),
    ],
)
def test_conditions_on_items(condition, selected):
    assert left(f"INCLUDE ItemID WHERE {condition}") == selected
    assert left(f"EXCLUDE ItemID WHERE {condition}") == "".join(sorted(set("abcd") - set(selected)))


HISTORY = [("alien", "View"), ("gone", "View"), ("big", "View"), ("big", "Purchase"), ("dune", None)]


@pytest.mark.parametrize(
    ("condition", "selected"),
    [
        ('EVENT_TYPE IN ("View")', "ab"),
        ('EVENT_TYPE IN ("view", "purchase")', "ab"),
        ('EVENT_TYPE = "Purchase"', "b"),
        ('EVENT_TYPE IN ("*")', "abd"),
        ('EVENT_TYPE NOT IN ("View")', "cd"),
        ('EVENT_TYPE IN ("View") AND Interactions.EVENT_TYPE NOT IN ("Purchase")', "a"),
        ("EVENT_TYPE IN ($TYPES)", "ab"),
    ],
)
def test_conditions_on_interactions_look_at_what_the_user_did(condition, selected):
    expression = f"INCLUDE ItemID WHERE Interactions.{condition}"

    assert left(expression, {"TYPES": '"View","Click"'}, history=HISTORY) == selected


def test_a_user_without_history_has_nothing_excluded():
    assert left('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")') == "abcd"


def test_includes_unite_and_excludes_are_taken_from_them_in_any_order():
    clauses = [
        'EXCLUDE ItemID WHERE Items.GENRES IN ("Mystery")',
        'INCLUDE ItemID WHERE Items.GENRES IN ("Comedy")',
        "INCLUDE ItemID WHERE Items.YEAR > 2000",
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")',
    ]

    assert left(" | ".join(clauses[:3])) == "bd"
    assert left(" | ".join(clauses), history=HISTORY) == "d"
    assert left(" | ".join(reversed(clauses)), history=HISTORY) == "d"


@pytest.mark.parametrize(
    ("user", "selected"),
    [
        ({"AGE": 12, "PLAN": "free"}, "bcd"),
        ({"age": 12, "plan": "free|family"}, "bcd"),
        ({"AGE": 18, "PLAN": "free"}, "abcd"),
        ({"AGE": 12, "PLAN": "paid"}, "abcd"),
        ({"AGE": None, "PLAN": "free"}, "abcd"),
        ({}, "abcd"),
    ],
)
def test_a_clause_counts_only_for_users_who_fulfil_its_if_part(user, selected):
    expression = (
        'EXCLUDE ItemID WHERE Items.GENRES IN ("Horror") IF CurrentUser.AGE < 18 AND CurrentUser.PLAN IN ("free")'
    )

    assert left(expression, user=user) == selected


@pytest.mark.parametrize(("item", "selected"), [("clue", "bc"), ("alien", "a"), ("dune", ""), ("gone", "")])
def test_the_current_item_lends_its_values(item, selected):
    assert left("INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES", current_item=item) == selected


def test_the_current_item_lends_its_numbers():
    assert left("INCLUDE ItemID WHERE Items.YEAR < CurrentItem.YEAR", current_item="big") == "ac"


def test_a_filter_of_the_current_item_needs_one():
    with pytest.raises(FilterValueError, match=r"compares with CurrentItem\.GENRES, so the request must name an item"):
        left("INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES")


@pytest.mark.parametrize(
    ("values", "selected"),
    [
        ('"Comedy"', "bc"),
        ('"Comedy","Horror"', "abc"),
        ('"Comedy" , "Horror"', "abc"),
        ("Comedy,Horror", "abc"),
        ('"Come,dy"', ""),
    ],
)
def test_a_request_gives_texts_in_quotes_separated_by_commas(values, selected):
    assert left("INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", {"GENRES": values}) == selected


@pytest.mark.parametrize("value", ['"1985"', "1985", "1985.0"])
def test_a_request_gives_numbers_in_quotes_or_bare(value):
    assert left("INCLUDE ItemID WHERE Items.YEAR > $YEAR", {"YEAR": value}) == "bd"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('"late"', "Items.YEAR > needs numbers: could not convert string to float: 'late'"),
        ('"1","2"', "Items.YEAR > needs one number, got [1.0, 2.0]"),
        ('"1', "filterValues YEAR must be values in double quotes, separated by commas, got '\"1'"),
        ("", "filterValues YEAR must be values in double quotes, separated by commas, got ''"),
    ],
)
def test_values_that_do_not_fit_are_refused(value, message):
    with pytest.raises(FilterValueError) as refused:
        left("INCLUDE ItemID WHERE Items.YEAR > $YEAR", {"YEAR": value})

    assert refused.value.message == message


def test_a_value_missing_for_an_include_is_refused_though_it_is_given_in_another_case():
    with pytest.raises(FilterValueError) as refused:
        left("INCLUDE ItemID WHERE Items.YEAR > $YEAR", {"year": "1985"})

    assert refused.value.message == "filterValues must hold YEAR, got ['year']"


def test_an_exclude_without_its_value_is_left_out():
    expression = 'EXCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Items.GENRES IN ("Horror")'

    assert left(expression) == "bcd"


def test_filters_of_users_do_not_apply_to_items():
    with pytest.raises(FilterValueError, match="recommendations of items take filters of ItemID only"):
        left("INCLUDE UserID WHERE Users.AGE > 3")


def test_a_large_catalogue_is_judged_column_by_column():
    count = 100_000
    genres = np.array(["Comedy", "Horror|Sci-Fi", None, "Drama"] * (count // 4), dtype=object)

    class Large(View):
        def item_column(self, name):
            return Column(genres)

    allowed = parse('INCLUDE ItemID WHERE Items.GENRES IN ("Sci-Fi", "Drama")').allowed(
        Large(item_ids=range(count)), {}
    )

    assert allowed.sum() == count // 2
