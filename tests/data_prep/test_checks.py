import pytest

from data_prep.checks import Problem, Totals, check_amount, check_csv, check_training, read_csv
from data_prep.schemas import DATASET_TYPES, Field, avro

LOG = avro(
    "interactions",
    [Field("USER_ID"), Field("ITEM_ID"), Field("TIMESTAMP", "long"), Field("EVENT_VALUE", "float", nullable=True)],
)
ITEMS = avro(
    "items",
    [
        Field("ITEM_ID"),
        Field("TITLE"),
        Field("ABOUT", nullable=True, textual=True),
        Field("YEAR", "int", nullable=True),
        Field("ADULT", "boolean", nullable=True),
    ],
)
HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_VALUE\n"


def test_a_good_file_has_no_problems():
    checked = check_csv([HEADER, "u,i,1600000000,4.5\n", '"u","i,2",1600000000,\n'], LOG)

    assert checked.rows == 2
    assert checked.problems == ()


def test_a_backslash_escapes_quotes_and_backslashes():
    rows = list(read_csv(["A,B\n", r'"11\'09\"01","a \\ b, c"' + "\n"]))

    assert rows == [["A", "B"], ["11'09\"01", r"a \ b, c"]]


def test_missing_columns_are_told_in_the_words_of_the_service():
    checked = check_csv(["USER_ID,TIMESTAMP\n", "u,1600000000\n"], LOG)

    assert [str(problem) for problem in checked.problems] == [
        "Input CSV is missing the following columns:[ITEM_ID, EVENT_VALUE]"
    ]


def test_an_empty_file_misses_every_column():
    assert check_csv([], LOG).problems[0].message == (
        "Input CSV is missing the following columns:[USER_ID, ITEM_ID, TIMESTAMP, EVENT_VALUE]"
    )


def test_columns_may_come_in_any_order_and_others_be_there():
    checked = check_csv(["EXTRA,EVENT_VALUE,TIMESTAMP,ITEM_ID,USER_ID\n", "x,1,1600000000,i,u\n"], LOG)

    assert checked.problems == ()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",i,1600000000,1", Problem(3, "USER_ID", "a value is required")),
        ("u,i,,1", Problem(3, "TIMESTAMP", "a value is required")),
        (
            f"{'u' * 257},i,1600000000,1",
            Problem(3, "USER_ID", "Length cannot be more than 256 characters for USER_ID, got 257"),
        ),
        ("u,i,yesterday,1", Problem(3, "TIMESTAMP", "'yesterday' is not of type long")),
        ("u,i,1600000000.5,1", Problem(3, "TIMESTAMP", "'1600000000.5' is not of type long")),
        ("u,i,1600000000000,1", Problem(3, "TIMESTAMP", "1600000000000 is not a time in Unix epoch seconds")),
        ("u,i,0,1", Problem(3, "TIMESTAMP", "0 is not a time in Unix epoch seconds")),
        ("u,i,1600000000,four", Problem(3, "EVENT_VALUE", "'four' is not of type float")),
        ("u,i,1600000000", Problem(3, None, "3 values for 4 columns")),
        ('"u\nv",i,1600000000,1', Problem(3, "USER_ID", "a value cannot have a line break")),
        ('"u"v,i,1600000000,1', Problem(3, None, "the line is not valid CSV: ',' expected after '\"'")),
    ],
)
def test_a_bad_row_is_told_with_its_line(row, problem):
    lines = [HEADER, "u,i,1600000000,1\n", *(f"{part}\n" for part in row.split("\n"))]

    assert check_csv(lines, LOG).problems == (problem,)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("i,t,,2147483648,", Problem(2, "YEAR", "'2147483648' is not of type int")),
        ("i,t,,,maybe", Problem(2, "ADULT", "'maybe' is not of type boolean")),
        (f"i,{'t' * 1001},,,", Problem(2, "TITLE", "Length cannot be more than 1000 characters for TITLE, got 1001")),
    ],
)
def test_a_bad_item_is_told(row, problem):
    assert check_csv(["ITEM_ID,TITLE,ABOUT,YEAR,ADULT\n", row], ITEMS).problems == (problem,)


def test_unusual_but_valid_values_pass():
    rows = [f"i,t,{'about ' * 5000},+1999,TRUE\n", "j,t,,-2147483648,false\n"]

    assert check_csv(["ITEM_ID,TITLE,ABOUT,YEAR,ADULT\n", *rows], ITEMS).problems == ()


def test_all_problems_of_a_file_are_told_in_its_order():
    checked = check_csv([HEADER, ",i,x,1\n", "u,i\n", ",i,1600000000,1\n"], LOG)

    assert [str(problem) for problem in checked.problems] == [
        "line 2: USER_ID: a value is required",
        "line 2: TIMESTAMP: 'x' is not of type long",
        "line 3: 2 values for 4 columns",
        "line 4: USER_ID: a value is required",
    ]


def test_rows_before_an_unreadable_line_are_checked_too():
    checked = check_csv([HEADER, ",i,1600000000,1\n", '"never closed,i,1,1\n'], LOG)

    assert [problem.row for problem in checked.problems] == [2, 3]


def test_a_hopeless_file_is_not_read_to_its_end():
    def lines():
        yield HEADER
        for _ in range(20_000):
            yield ",i,1600000000,1\n"
        raise AssertionError("read on after more problems than anyone reads")

    assert len(check_csv(lines(), LOG).problems) == 100


def test_line_numbers_go_on_over_large_files():
    lines = [HEADER, *["u,i,1600000000,1\n"] * 25_000, "u,i,bad,1\n"]

    checked = check_csv(lines, LOG)

    assert checked.rows == 25_001
    assert checked.problems == (Problem(25_002, "TIMESTAMP", "'bad' is not of type long"),)


def test_an_import_needs_a_thousand_interactions():
    interactions, items = DATASET_TYPES[None]["interactions"], DATASET_TYPES[None]["items"]

    assert [str(problem) for problem in check_amount(interactions, 999)] == [
        "An import of interactions needs at least 1000 records, got 999"
    ]
    assert check_amount(interactions, 1000) == check_amount(items, 1) == []


@pytest.mark.parametrize(
    ("totals", "problem"),
    [
        (Totals(999, 100, 100), "Dataset has fewer than 1000 interactions."),
        (Totals(1000, 900, 24), "Dataset has fewer than 25 users with at least 2 interactions each."),
        (Totals(9000, 8000, 79), "Only 79 of 8000 users have at least 2 interactions; 1 % is needed"),
        (
            Totals(1000, 100, 100, event_types=11),
            "Dataset has 11 event types; at most 10 are allowed: join rare ones or leave them out",
        ),
        (
            Totals(1000, 100, 100, event_types=6, metadata_columns=5),
            "Dataset has 6 event types and 5 metadata columns; together at most 10 are allowed",
        ),
    ],
)
def test_a_training_that_would_fail_is_told_why(totals, problem):
    assert check_training(totals) == [problem]


def test_a_training_at_the_bounds_may_start():
    assert check_training(Totals(1000, 2500, 25, event_types=10)) == []
