"""The rules that a specification declares: which rows go, and for what reason."""

import csv
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data_prep.checks import read_csv
from data_prep.errors import SourceError
from data_prep.prepare import prepare
from data_prep.spec import ColumnSpec, DatasetSpec

GOOD = 1500


def run(project, *rows, rules=None, **columns):
    project.write_log(*rows, good=GOOD)
    spec = project.interactions(**columns)
    spec = DatasetSpec.model_validate(spec.model_dump(exclude_defaults=True) | {"rules": rules or {}})
    prepared = prepare({"interactions": spec}, project.root, project.out).datasets["interactions"]
    assert prepared.rows_read == prepared.rows_written + sum(prepared.rejected.values()) == GOOD + len(rows)
    return prepared


def written(project, user):
    with (project.out / "INTERACTIONS.csv").open(newline="") as file:
        return [row for row in read_csv(file) if row[0] == user]


def test_event_types_are_renamed_kept_and_dropped(project):
    kind = {"column": "kind", "map": {"click": "View"}, "keep": ["View", "view", "buy"]}

    prepared = run(project, "new,i1,1600000000,click,1", "new,i1,1600000000,hover,1", EVENT_TYPE=kind)

    assert prepared.rejected == {"dropped_event_type": 1}
    assert [row[3] for row in written(project, "new")] == ["View"]
    assert run(project, EVENT_TYPE={"column": "kind", "drop": ["buy"]}).rejected == {"dropped_event_type": 215}


def test_ratings_become_events_at_their_thresholds(project):
    kind = {"column": "stars", "thresholds": {"watch": 1, "like": 4}}
    rows = [f"new,i{place},1600000000,x,{stars}" for place, stars in enumerate(["4", "3.9", "1", "none", ""])]

    prepared = run(project, *rows, EVENT_TYPE=kind, EVENT_VALUE={"value": 1})

    assert prepared.rejected == {"dropped_event_type": 300, "bad_event_type": 1, "missing_event_type": 1}
    assert sorted(row[3] for row in written(project, "new")) == ["like", "watch", "watch"]


@pytest.mark.parametrize(
    ("column", "given", "expected"),
    [
        ({"unit": "ms"}, "1600000000", "1600000"),
        ({"unit": "s"}, "1600000000", "1600000000"),
        ({"formats": "%d/%m/%Y %H:%M"}, "13/09/2020 12:26", "1599999960"),
        ({"formats": ["%d/%m/%Y", "%Y%m%d"]}, "20200913", "1599955200"),
        ({"formats": "%d/%m/%Y %H:%M", "zone": "Europe/Paris"}, "13/09/2020 14:26", "1599999960"),
        ({"zone": "America/New_York"}, "2020-09-13 08:26:40", "1600000000"),
        ({"zone": "America/New_York"}, "2020-09-13T12:26:40Z", "1600000000"),
    ],
)
def test_times_are_read_as_declared(project, column, given, expected):
    project.write_log(good=0)
    (project.root / "items.csv").write_text(f"id,at,x\n1,{given},a\n")
    columns = {"ITEM_ID": "id", "CREATION_TIMESTAMP": {"column": "at", **column}, "X": "x"}

    prepare(
        {"items": DatasetSpec.model_validate({"source": "items.csv", "columns": columns})}, project.root, project.out
    )

    with (project.out / "ITEMS.csv").open(newline="") as file:
        assert list(read_csv(file))[1][1] == expected


def test_mixed_units_are_counted(project):
    prepared = run(project, "new,i1,1600000000000,view,1", "new,i2,2020-09-13,view,1", "new,i3,1600000000000,view,1")

    assert prepared.time_forms == {"seconds": GOOD, "milliseconds": 2, "text": 1}


def test_values_and_times_out_of_their_range_are_rejected(project):
    prepared = run(
        project,
        *("new,i1,1600000000,view,6", "new,i1,1600000000,view,-1", "new,i1,915148799,view,1"),
        *("new,i1,4102444801,view,1", "new,i1,1600000000,view,5"),
        EVENT_VALUE={"column": "stars", "min": 0, "max": 5},
        TIMESTAMP={"column": "when", "min": "1999-01-01", "max": "2100-01-01"},
    )

    assert prepared.rejected == {
        "event_value_above_max": 1,
        "event_value_below_min": 1,
        "timestamp_above_max": 1,
        "timestamp_below_min": 1,
    }


def test_rows_that_are_alike_but_for_their_event_type_are_all_kept(project):
    rows = [f"new,i1,1600000000,{kind},1" for kind in ("view", "buy", "view", "share")]

    prepared = run(project, *rows)

    assert prepared.rejected == {"duplicate": 1}


def test_near_duplicates_are_told_from_the_row_before(project):
    rows = [f"new,i1,{1_600_000_000 + second},view,1" for second in (0, 5, 10, 21)]

    prepared = run(project, *rows, "new,i2,1600000003,view,1", rules={"near_duplicate_seconds": 10})

    assert prepared.rejected == {"near_duplicate": 2}
    assert sorted(row[2] for row in written(project, "new")) == ["1600000000", "1600000003", "1600000021"]


def test_robots_test_users_and_rare_users_and_items_are_left_out(project):
    robot = [f"robot,i{n},{1_600_000_020 + n},view,1" for n in range(31)]
    person = [f"person,i{n},{1_600_000_020 + n},view,1" for n in range(30)]
    rules = {
        "robots": {"events": 30},
        "test_users": ["qa-*", "test_?"],
        "min_user_events": 2,
        "min_item_events": 2,
    }

    prepared = run(
        project,
        *(*robot, *person, "qa-1,i1,1600000000,view,1", "test_1,i1,1600000000,view,1", "testx1,i1,1600000000,view,1"),
        *("once,i1,1600000000,view,1", "rare,odd,1600000000,view,1", "rare,i1,1600000000,view,1"),
        rules=rules,
    )

    # The rare user has two rows until the odd item goes.
    assert prepared.rejected == {"robot": 31, "rare_user": 3, "test_user": 2, "rare_item": 1}
    assert len(written(project, "person")) == 30


def test_a_rule_of_ones_own_is_named_and_counted(project):
    prepared = run(project, rules={"reject": {"free": "EVENT_VALUE < 1 -- nothing paid"}})

    assert prepared.rejected == {"free": 300}
    with pytest.raises(SourceError, match=r"interactions.rules.reject.free: PRICE = 0 cannot be used on the columns"):
        run(project, rules={"reject": {"free": "PRICE = 0"}})


def test_rules_in_python_see_the_columns_and_name_their_reasons(project):
    (project.root / "checks.py").write_text(
        "def is_odd(frame):\n"
        "    return frame['EVENT_VALUE'] < 1\n"
        "def why(frame):\n"
        "    return ['old' if time < 1_600_000_000 else None for time in frame['TIMESTAMP']]\n"
        "def fails(frame):\n"
        "    return frame['PRICE'] > 1\n"
    )

    declared = {"odd": "checks.py:is_odd", "late": "checks.py:why"}
    prepared = run(project, "new,i1,1599999999,view,2", rules={"python": declared})

    assert prepared.rejected == {"odd": 300, "old": 1}
    for place, message in {
        "checks.py:fails": "it fails: KeyError",
        "checks.py:nothing": "cannot be loaded: AttributeError",
        "no.such.module:f": "cannot be loaded: ModuleNotFoundError",
        "builtins:len": "it fails: TypeError",
        "builtins:dir": "answers for",
    }.items():
        with pytest.raises(SourceError, match=rf"^datasets.interactions.rules.python.odd: .*{message}"):
            run(project, rules={"python": {"odd": place}})


def test_sessions_that_are_too_short_or_too_long_are_left_out(project):
    pairs = [f"two,i{n},{1_600_000_000 + n},view,1" for n in range(2)]
    later = ["two,i9,1600007202,view,1"]  # a second more than the gap
    many = [f"many,i{n},{1_600_000_000 + 60 * n},view,1" for n in range(26)]
    sessions = {"gap_seconds": 7200, "min_events": 2, "max_events": 25}  # the good users have one of 25 each

    prepared = run(project, *pairs, *later, *many, rules={"sessions": sessions})

    assert prepared.rejected == {"long_session": 26, "short_session": 1}
    assert sorted(row[2] for row in written(project, "two")) == ["1600000000", "1600000001"]


def test_the_newest_metadata_wins_where_a_column_tells(project):
    (project.root / "items.csv").write_text(
        "id,x,at\n1,new,2020-01-02\n1,old,2020-01-01\n2,late,20\n2,early,3\n3,any,\n3,known,1\n"
    )
    spec = DatasetSpec.model_validate(
        {"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}, "rules": {"newest_by": "at"}}
    )

    assert prepare({"items": spec}, project.root, project.out).datasets["items"].rejected == {"replaced": 3}
    with (project.out / "ITEMS.csv").open(newline="") as file:
        assert list(read_csv(file))[1:] == [["1", "new"], ["2", "late"], ["3", "known"]]


def test_lists_are_split_and_texts_cleaned(project):
    (project.root / "items.csv").write_text('id,tags,about\n1,"a; b c;;d","<p>Say  hi\x07</p>"\n2,;,<br>\n')
    columns = {
        "ITEM_ID": "id",
        "TAGS": {"column": "tags", "separator": ";", "categorical": True, "nullable": True},
        "ABOUT": {"column": "about", "clean": True},
    }
    spec = DatasetSpec.model_validate({"source": "items.csv", "columns": columns})

    assert prepare({"items": spec}, project.root, project.out).datasets["items"].rejected == {"missing_about": 1}
    with (project.out / "ITEMS.csv").open(newline="") as file:
        assert list(read_csv(file))[1:] == [["1", "a|b c|d", "Say hi"]]


@pytest.mark.parametrize(
    "column",
    [
        {"zone": "Mars"},
        {"min": "soon"},
        {"map": {"a": "b"}, "clean": True},
    ],
)
def test_what_makes_no_sense_is_refused(column):
    with pytest.raises(ValidationError):
        ColumnSpec.model_validate({"column": "x", **column})


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", " a ", "b", "", "x" * 257]),
        st.sampled_from(["1", "2", "", '"', "\u00fc\n"]),
        st.sampled_from(["1600000000", "1600000000000", "2020-09-13T12:26:40Z", "0", "soon", ""]),
        st.sampled_from(["view", "buy", "hover"]),
        st.sampled_from(["1", "7", "x", ""]),
    ),
    max_size=40,
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rows=ROWS)
def test_no_row_is_ever_lost_and_what_is_written_obeys_the_rules(tmp_path_factory, rows):
    root = tmp_path_factory.mktemp("drawn")
    with (root / "log.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["user", "item", "when", "kind", "stars"])
        out.writerows([f"u{n % 60}", f"i{n % 41}", 1_500_000_000 + n, "view", 1] for n in range(GOOD))
        out.writerows(rows)
    columns = {
        **{"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when"},
        "EVENT_TYPE": {"column": "kind", "drop": ["hover"]},
        "EVENT_VALUE": {"column": "stars", "max": 5},
    }
    spec = DatasetSpec.model_validate(
        {"source": "log.csv", "columns": columns, "rules": {"near_duplicate_seconds": 60, "min_user_events": 2}}
    )

    prepared = prepare({"interactions": spec}, root, root / "out").datasets["interactions"]

    assert prepared.rows_read == GOOD + len(rows) == prepared.rows_written + sum(prepared.rejected.values())
    if prepared.quarantine_file:
        with (root / "out" / prepared.quarantine_file).open(newline="") as file:
            assert Counter(row[0] for row in list(csv.reader(file))[1:]) == prepared.rejected
    with (root / "out" / prepared.location).open(newline="") as file:
        kept = list(read_csv(file))[1:]
    assert len({tuple(row[:4]) for row in kept}) == len(kept) == prepared.rows_written
    assert all(0 < len(row[0]) <= 256 and row[3] != "hover" and float(row[4] or 0) <= 5 for row in kept)
    assert min(Counter(row[0] for row in kept).values()) >= 2
