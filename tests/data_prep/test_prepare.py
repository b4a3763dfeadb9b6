import gzip
import json
import subprocess
import sys
from collections import Counter

import duckdb
import pytest

from data_prep.checks import check_csv, read_csv
from data_prep.engines.duckdb import DuckDB
from data_prep.errors import DataPrepError, SourceError, UnusableDataError
from data_prep.manifest import Manifest
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec, RulesSpec
from data_prep.summary.model import Summary

GOOD = 1200


def written(project, name="INTERACTIONS.csv"):
    with (project.out / name).open(newline="") as file:
        return list(read_csv(file))


def items(source="items.csv", **columns):
    return DatasetSpec.model_validate({"source": source, "columns": {"ITEM_ID": "id", **columns}})


def add_items(project, text, name="items.csv"):
    (project.root / name).write_text(text)


def prepare_items(project, spec):
    """Prepare items alone, whose rules about amounts are none."""
    return prepare({"items": spec}, project.root, project.out).datasets["items"]


def test_good_rows_all_arrive(project):
    project.write_log()

    manifest = prepare({"interactions": project.interactions()}, project.root, project.out)

    prepared = manifest.datasets["interactions"]
    assert (prepared.rows_read, prepared.rows_written, prepared.rejected) == (GOOD, GOOD, {})
    assert (prepared.users, prepared.items) == (60, 41)
    assert (prepared.first_timestamp, prepared.last_timestamp) == (1_600_000_000, 1_600_000_000 + 60 * (GOOD - 1))
    assert written(project)[:3] == [
        ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE"],
        ["u0", "i0", "1600000000", "buy", "0.5"],
        ["u1", "i1", "1600000060", "view", "1.5"],
    ]
    assert len(written(project)) == GOOD + 1
    assert sorted(path.name for path in project.out.iterdir()) == [
        "INTERACTIONS.csv",
        "interactions.avsc",
        "manifest.json",
        "report.html",
        "report.json",
    ]


def test_what_is_written_passes_the_checks_of_an_import(project):
    project.write_log('"quote "" and \\ and , and ünï",i1,1600000000,view,')

    prepare({"interactions": project.interactions()}, project.root, project.out)

    schema = json.loads((project.out / "interactions.avsc").read_text())
    with (project.out / "INTERACTIONS.csv").open(newline="") as file:
        checked = check_csv(file, schema)
    assert (checked.rows, checked.problems) == (GOOD + 1, ())
    assert ['quote " and \\ and , and ünï', "i1", "1600000000", "view", ""] in written(project)


def test_the_header_is_bare_and_texts_are_quoted_and_escaped(project):
    add_items(project, 'id,title,year\n7,"Say ""so"", or C:\\",1999\n8,plain,\n')

    prepare_items(project, items(TITLE="title", YEAR={"column": "year", "type": "int", "nullable": True}))

    assert (project.out / "ITEMS.csv").read_text() == (
        'ITEM_ID,TITLE,YEAR\n"7","Say \\"so\\", or C:\\\\",1999\n"8","plain",\n'
    )


BAD_ROWS = [
    (",i1,1600000000,view,1", "missing_user_id"),
    ("  ,i1,1600000000,view,1", "missing_user_id"),
    ("u1,,1600000000,view,1", "missing_item_id"),
    ("u1,i1,,view,1", "missing_timestamp"),
    ("u1,i1,1600000000,,1", "missing_event_type"),
    ("u1,i1,yesterday,view,1", "bad_timestamp"),
    ("u1,i1,0,view,1", "bad_timestamp"),
    ("u1,i1,-5,view,1", "bad_timestamp"),
    ("u1,i1,2020-02-30,view,1", "bad_timestamp"),
    ("u1,i1,1e9,view,1", "bad_timestamp"),
    ("u1,i1,99999999999999999999,view,1", "bad_timestamp"),
    ("u1,i1,1600000000,view,many", "bad_event_value"),
    ("u1,i1,1600000000,view,nan", "bad_event_value"),
    ("u1,i1,1600000000,view,1e39", "bad_event_value"),
    (f"{'u' * 257},i1,1600000000,view,1", "user_id_too_long"),
    (f"u1,{'i' * 257},1600000000,view,1", "item_id_too_long"),
    (f"u1,i1,1600000000,{'v' * 257},1", "event_type_too_long"),
    ("u1,i1,1600000000,view", "broken_line"),
    ("u1,i1,1600000000,view,1,more", "broken_line"),
    ("   ", "broken_line"),
    ('u1,"i1,1600000000,view,1', "broken_line"),
    ('u1,"i1"x,1600000000,view,1', "broken_line"),
    ("u0,i0,1600000000,buy,0.5", "duplicate"),
    ("u0,i0,1600000000,buy,4.0", "duplicate"),
    (" u0 ,i0,1600000000000,buy,0.5", "duplicate"),
]


def test_every_bad_row_is_quarantined_with_its_reason_file_and_line(project):
    project.write_log(*(row for row, _ in BAD_ROWS), "last,i1,1600000000,view,1")

    prepared = prepare({"interactions": project.interactions()}, project.root, project.out).datasets["interactions"]

    assert project.quarantined() == [
        (reason, "log.csv", str(line), row) for line, (row, reason) in enumerate(BAD_ROWS, start=GOOD + 2)
    ]
    assert prepared.rejected == Counter(reason for _, reason in BAD_ROWS)
    assert prepared.rows_read == GOOD + len(BAD_ROWS) + 1
    assert prepared.rows_written == len(written(project)) - 1 == GOOD + 1


TIMES = [
    "1600000000",
    "1600000000.9",
    "1600000000000",
    "1600000000999",
    "1600000000000000",
    "1600000000999999999",
    "2020-09-13T12:26:40Z",
    "2020-09-13 12:26:40",
    "2020-09-13T12:26:40.999+00:00",
    "2020-09-13T14:26:40+0200",
    "2020-09-13 07:56:40.123456789-04:30",
    "2020-09-13T14:26:40+02",
]


def test_times_of_every_form_become_epoch_seconds(project):
    project.write_log(*(f"{when},i1,{when},view,1" for when in TIMES))

    prepare({"interactions": project.interactions()}, project.root, project.out)

    assert {row[0]: row[2] for row in written(project) if row[0] in TIMES} == dict.fromkeys(TIMES, "1600000000")


def test_a_date_is_its_midnight_in_utc(project):
    project.write_log("new,i1,2020-09-13,view,1", "new,i2,2020-09-13T12:26,view,1")

    prepare({"interactions": project.interactions()}, project.root, project.out)

    assert [row[2] for row in written(project) if row[0] == "new"] == ["1599955200", "1599999960"]


def test_a_value_may_be_missing_where_the_column_allows_it(project):
    project.write_log("new,i1,1600000000,view,", "new,i2,1600000000,view,n/a")

    prepare(
        {"interactions": project.interactions(EVENT_VALUE={"column": "stars", "missing": ["n/a"]})},
        project.root,
        project.out,
    )

    assert [row[4] for row in written(project) if row[0] == "new"] == ["", ""]


def test_the_last_row_of_an_item_wins(project):
    add_items(project, "id,title\n1,old\n2,other\n1,new\n")

    prepared = prepare_items(project, items(TITLE="title"))

    assert prepared.rejected == {"replaced": 1}
    assert written(project, "ITEMS.csv")[1:] == [["2", "other"], ["1", "new"]]
    assert project.quarantined("items") == [("replaced", "items.csv", "2", "1,old")]


ONE_FORM = [
    ({"type": "int"}, "1999", "1999"),
    ({"type": "int"}, "1999.0", "1999"),
    ({"type": "long"}, "-9000000000", "-9000000000"),
    ({"type": "float"}, "1e2", "100.0"),
    ({"type": "double"}, ".5", "0.5"),
    ({"type": "boolean"}, "True", "true"),
    ({"type": "boolean"}, "0", "false"),
    ({}, '" two\nlines "', "two lines"),
]


def test_values_are_written_in_one_form(project):
    names = [f"x{number}" for number in range(len(ONE_FORM))]
    add_items(project, ",".join(["id", *names]) + "\n1," + ",".join(text for _, text, _ in ONE_FORM) + "\n")

    prepare_items(
        project,
        items(
            **{name.upper(): {"column": name, **column} for name, (column, _, _) in zip(names, ONE_FORM, strict=True)}
        ),
    )

    assert written(project, "ITEMS.csv")[1] == ["1", *(value for _, _, value in ONE_FORM)]


def test_values_that_a_type_cannot_hold_are_rejected(project):
    held = {
        "A": ("int", "1999.5"),
        "B": ("int", "2147483648"),
        "C": ("int", "0x10"),
        "D": ("long", "9223372036854775808"),
        "E": ("double", "1e999"),
        "F": ("boolean", "maybe"),
    }
    rows = [",".join(["1" if other != name else text for other in held]) for name, (_, text) in held.items()]
    add_items(
        project,
        "\n".join(
            ["id," + ",".join(held), *(f"{number},{row}" for number, row in enumerate(rows)), "6" + ",1" * len(held)]
        ),
    )

    prepared = prepare_items(
        project, items(**{name: {"column": name, "type": kind} for name, (kind, _) in held.items()})
    )

    assert prepared.rejected == {f"bad_{name.lower()}": 1 for name in held}


def test_a_text_of_more_than_a_thousand_characters_is_rejected(project):
    add_items(project, f"id,x\n1,{'x' * 1000}\n2,{'x' * 1001}\n")

    assert prepare_items(project, items(X={"column": "x", "categorical": True})).rejected == {"x_too_long": 1}


def test_a_textual_column_may_be_long(project):
    add_items(project, f"id,x\n1,{'word ' * 2000}\n")

    assert prepare_items(project, items(ABOUT={"column": "x", "textual": True})).rejected == {}


def test_a_column_may_be_computed_or_constant(project):
    add_items(project, "id,title\n1,Toy Story (1995)\n2,Untitled\n")

    prepare_items(
        project,
        items(
            YEAR={"sql": r"regexp_extract(title, '\((\d{4})\)', 1) -- the last part", "type": "int", "nullable": True},
            KIND={"value": "it's a film", "categorical": True},
            ADULT={"value": False, "type": "boolean"},
        ),
    )

    assert written(project, "ITEMS.csv")[1:] == [
        ["1", "1995", "it's a film", "false"],
        ["2", "", "it's a film", "false"],
    ]


def test_a_record_of_several_lines_stays_one_and_lines_keep_their_numbers(project):
    add_items(project, 'id,title\n1,"two\n\nlines, ""quoted"""\n2,fine\n3,"stray\n4\n')

    prepared = prepare_items(project, items(TITLE="title"))

    assert prepared.rows_read == 4
    assert written(project, "ITEMS.csv")[1:] == [["1", 'two lines, "quoted"'], ["2", "fine"]]
    assert project.quarantined("items") == [
        ("broken_line", "items.csv", "6", '3,"stray'),
        ("broken_line", "items.csv", "7", "4"),
    ]


def test_a_stray_quotation_mark_loses_no_other_row(project):
    project.write_log('u1,"i1,1600000000,view,1', *(f"u1,i{n},1600000000,view,1" for n in range(20_000)))

    prepared = prepare({"interactions": project.interactions()}, project.root, project.out).datasets["interactions"]

    assert (prepared.rows_read, prepared.rejected) == (GOOD + 20_001, {"broken_line": 1})


def test_lines_that_are_no_text_are_quarantined_and_the_others_keep_their_numbers(project):
    project.write_log()
    with (project.root / "log.csv").open("ab") as log:
        log.write(
            b"caf\xe9,i1,1600000000,view,1\n,i1,1600000000,view,1\n\ncaf\xe9,i2,1,view,1\n,i1,1600000000,view,1\n"
        )

    prepared = prepare({"interactions": project.interactions()}, project.root, project.out).datasets["interactions"]

    assert prepared.rows_read == GOOD + 4
    assert [(reason, line) for reason, _, line, _ in project.quarantined()] == [
        ("broken_line", "1202"),
        ("missing_user_id", "1203"),
        ("broken_line", "1205"),
        ("missing_user_id", "1206"),
    ]


@pytest.mark.parametrize(("newline", "encoding"), [("\n", "utf-8"), ("\r\n", "utf-8-sig")])
def test_line_ends_byte_order_marks_and_blank_lines_do_not_matter(project, newline, encoding):
    rows = [*project.header.splitlines(), *project.good_rows(), "", ",i1,1600000000,view,1", ""]
    (project.root / "log.csv").write_bytes(newline.join(rows).encode(encoding))

    prepared = prepare({"interactions": project.interactions()}, project.root, project.out).datasets["interactions"]

    assert (prepared.rows_read, prepared.rows_written) == (GOOD + 1, GOOD)
    assert project.quarantined() == [("missing_user_id", "log.csv", "1203", ",i1,1600000000,view,1")]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_header_tells_the_delimiter(project, delimiter):
    text = "\n".join([project.header.strip(), *project.good_rows(), '"u,1;|\tx",i1,1600000000,view,1'])
    lines = [
        line.replace(",", delimiter)
        if '"' not in line
        else '"u,1;|\tx"' + line.removeprefix('"u,1;|\tx"').replace(",", delimiter)
        for line in text.split("\n")
    ]
    (project.root / "log.csv").write_text("\n".join(lines))

    prepare({"interactions": project.interactions()}, project.root, project.out)

    assert ["u,1;|\tx".replace("\t", " "), "i1", "1600000000", "view", "1.0"] in written(project)


def test_every_format_gives_the_same_bytes(project):
    project.write_log()
    plain = prepare({"interactions": project.interactions()}, project.root, project.out).datasets["interactions"]
    names = project.header.strip().split(",")
    records = [dict(zip(names, row.split(","), strict=True)) for row in project.good_rows()]
    (project.root / "log.csv.gz").write_bytes(gzip.compress((project.root / "log.csv").read_bytes()))
    lines = "".join(json.dumps(record | {"when": int(record["when"])}) + "\n" for record in records)
    (project.root / "log.jsonl").write_text(lines)
    (project.root / "log.json.gz").write_bytes(gzip.compress(lines.encode()))
    duckdb.sql(f"""copy (select * replace (make_timestamp(cast("when" as bigint) * 1000000) as "when")
                   from read_csv('{project.root / "log.csv"}')) to '{project.root / "log.parquet"}'""")

    for name in ("log.csv.gz", "log.jsonl", "log.json.gz", "log.parquet"):
        other = prepare({"interactions": project.interactions(name)}, project.root, project.out)
        assert other.datasets["interactions"].sha256 == plain.sha256, name


def test_lists_of_categories_are_joined_with_bars(project):
    lines = [{"id": 1, "tags": ["a", "b c"]}, {"id": 2, "tags": None}, {"id": 3, "tags": []}, {"id": 4, "tags": "x"}]
    add_items(project, "".join(json.dumps(line) + "\n" for line in lines), "items.jsonl")
    rows = "select 1 as id, ['a', 'b c'] as tags union all select 2, null"
    duckdb.sql(f"copy ({rows}) to '{project.root}/items.parquet'")
    tags = {"column": "tags", "categorical": True, "nullable": True}

    prepare_items(project, items("items.jsonl", TAGS=tags))
    assert written(project, "ITEMS.csv")[1:] == [["1", "a|b c"], ["2", ""], ["3", ""], ["4", "x"]]

    prepare_items(project, items("items.parquet", TAGS=tags))
    assert written(project, "ITEMS.csv")[1:] == [["1", "a|b c"], ["2", ""]]


def test_broken_json_is_quarantined(project):
    add_items(project, '{"id": 1, "x": "a"}\n{"id": 2, "x":\n[1]\n"text"\n\n{"id": 3}\n', "items.jsonl")

    prepared = prepare_items(project, items("items.jsonl", X="x"))

    assert (prepared.rows_read, prepared.rejected) == (5, {"broken_line": 3, "missing_x": 1})
    assert project.quarantined("items") == [
        ("broken_line", "items.jsonl", "2", '{"id": 2, "x":'),
        ("broken_line", "items.jsonl", "3", "[1]"),
        ("broken_line", "items.jsonl", "4", '"text"'),
        ("missing_x", "items.jsonl", "6", '{"id": 3}'),
    ]


def test_files_of_different_formats_and_column_orders_are_one_dataset(project):
    project.write_log(",i1,1600000000,view,1", name="log-1.csv")
    (project.root / "log-2.csv").write_text("stars,kind,when,item,user,more\n1,view,1600000000,i1,new,\n1,2\n")
    (project.root / "log-3.jsonl").write_text(
        '{"user": "json", "item": "i1", "when": "2020-09-13", "kind": "view", "stars": 2}\n'
    )

    manifest = prepare({"interactions": project.interactions("log-*")}, project.root, project.out)

    prepared = manifest.datasets["interactions"]
    assert (prepared.rows_read, prepared.rows_written) == (GOOD + 4, GOOD + 2)
    assert [source.path for source in prepared.sources] == ["log-1.csv", "log-2.csv", "log-3.jsonl"]
    assert [row[:3] for row in project.quarantined()] == [
        ("missing_user_id", "log-1.csv", "1202"),
        ("broken_line", "log-2.csv", "3"),
    ]


def test_the_same_input_gives_the_same_bytes(project):
    project.write_log(*(row for row, _ in BAD_ROWS))
    spec = {"interactions": project.interactions()}

    def contents():
        prepare(spec, project.root, project.out)
        return {path.name: path.read_bytes() for path in project.out.rglob("*.*") if path.name != "manifest.json"}

    assert contents() == contents()


def test_columns_of_any_name_may_be_in_a_source(project):
    add_items(project, ',_id,the row,"a ""b"", c",select\n0,1,2,3,4\n')

    prepare_items(project, items(ITEM_ID="_id", A="the row", B='a "b", c', C="select"))

    assert written(project, "ITEMS.csv")[1:] == [["1", "2", "3", "4"]]


def test_rows_stay_in_the_order_of_their_files_and_lines(project):
    project.write_log(good=0, name="log-2.csv")
    (project.root / "log-2.csv").write_text("\n".join([project.header.strip(), *reversed(project.good_rows())]))
    project.write_log("late,i1,1600000000,view,1", name="log-1.csv", good=1)

    prepare({"interactions": project.interactions("log-*.csv")}, project.root, project.out)

    users = [row[0] for row in written(project)[1:]]
    assert users[:3] == ["u0", "late", f"u{(GOOD - 1) % 60}"]


@pytest.mark.parametrize("seldom", ["('i1', 'i2', 'i3', 'i4', 'i5')", "(select 'i' || n from range(1, 6) five(n))"])
def test_rows_of_a_large_file_stay_in_their_order_also_where_values_are_looked_up(project, seldom):
    kinds = ("view", "buy", "like", "share", "rate", "hover")
    rows = range(400_000)  # of which several threads take some each
    lines = "".join(f"u{n % 900},i{n % 90},{1_600_000_000 + n},{kinds[n % 6]},\n" for n in rows)
    (project.root / "log.csv").write_text(project.header + lines)
    spec = project.interactions(
        EVENT_TYPE={"column": "kind", "keep": kinds[:5], "missing": ["-", "none", "null", "n/a", "?"]}
    ).model_copy(update={"rules": RulesSpec(reject={"seldom": f"ITEM_ID in {seldom}"})})

    prepare({"interactions": spec}, project.root, project.out)

    times = [int(row[2]) for row in written(project)[1:]]
    kept = [1_600_000_000 + n for n in rows if n % 6 < 5 and not 1 <= n % 90 <= 5]
    assert times == kept


def test_missing_columns_are_told_with_what_is_there(project):
    project.write_log()
    add_items(project, "id,title\n1,a\n")

    with pytest.raises(SourceError) as raised:
        prepare(
            {"interactions": project.interactions(USER_ID="userId", ITEM_ID="Item"), "items": items(YEAR="year")},
            project.root,
            project.out,
        )

    assert str(raised.value) == (
        f"datasets.interactions: {project.root}/log.csv has no columns ['userId', 'Item'], "
        f"it has ['user', 'item', 'when', 'kind', 'stars']\n"
        f"datasets.items: {project.root}/items.csv has no columns ['year'], it has ['id', 'title']"
    )


def test_missing_files_of_all_datasets_are_told(project):
    project.write_log()

    with pytest.raises(SourceError) as raised:
        prepare({"interactions": project.interactions("lag.csv"), "items": items(X="x")}, project.root, project.out)

    assert str(raised.value) == (
        f"datasets.interactions.source: no file lag.csv in {project.root}; {project.root} has log.csv\n"
        f"datasets.items.source: no file items.csv in {project.root}; {project.root} has log.csv"
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("items.csv", b"", "is empty; its first line should name the columns"),
        ("items.csv", b"id,x,ID\n1,2,3\n", r"names the columns \['ID', 'id'\] more than once, got \['id', 'x', 'ID'\]"),
        ("items.csv", b"caf\xe9,x\n", "cannot be read: 'utf-8' codec"),
        ("items.csv.gz", b"not compressed", "cannot be read: Not a gzipped file"),
        ("items.jsonl", b"id,x\n1,2\n", "has no JSON objects, one a line"),
        ("items.parquet", b"not parquet", "cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_read_is_told(project, name, content, message):
    (project.root / name).write_bytes(content)

    with pytest.raises(SourceError, match=f"^{project.root}/{name} {message}"):
        prepare_items(project, items(name, X="x"))


def test_an_expression_that_cannot_be_used_is_told(project):
    add_items(project, "id,x\n1,2\n")

    with pytest.raises(
        SourceError,
        match=r"^datasets.items.columns.X.sql: upper\(y\) cannot be used on .*items.csv, "
        r"which has the columns \['id', 'x'\]: Binder Error: .*\"y\" not found",
    ):
        prepare_items(project, items(X={"sql": "upper(y)"}))


def test_an_expression_that_fails_on_a_row_is_told(project):
    add_items(project, "id,x\n1,2\n2,two\n")

    with pytest.raises(
        SourceError,
        match=r"^datasets.items: an expression fails on a row of .*items.csv: .*'two'.*; "
        "use try_cast where a cast may fail",
    ):
        prepare_items(project, items(X={"sql": "cast(x as int) + 1"}))


def test_columns_that_the_service_refuses_are_told_before_anything_is_read(project):
    with pytest.raises(UnusableDataError) as raised:
        prepare(
            {
                "interactions": project.interactions(EVENT_TYPE={"column": "kind", "nullable": True}),
                "items": DatasetSpec.model_validate({"source": "x.csv", "columns": {"ITEM_ID": "id"}}),
                "films": items(),
            },
            project.root,
            project.out,
        )

    assert raised.value.problems[:3] == (
        "datasets.interactions.columns: EVENT_TYPE: this column cannot be null",
        "datasets.items.columns: items needs at least one column besides ['ITEM_ID']",
        "datasets.films: no such dataset; allowed: interactions, items, users, actions, action_interactions",
    )


def test_too_little_data_is_told_with_all_problems_and_where_the_rows_went(project):
    rows = [f"u{n},i{n},1600000000,kind{n},1" for n in range(11)]
    project.write_log(*rows, "u1,,1600000000,view,1", good=0)
    add_items(project, "id,x\n1,\n")

    with pytest.raises(UnusableDataError) as raised:
        prepare({"interactions": project.interactions(), "items": items(X="x")}, project.root, project.out)

    counts = "(12 rows read, 11 usable, 1 missing_item_id)"
    assert raised.value.problems == (
        f"datasets.interactions: Dataset has fewer than 1000 interactions. {counts}",
        f"datasets.interactions: Dataset has fewer than 25 users with at least 2 interactions each. {counts}",
        "datasets.interactions: Only 0 of 11 users have at least 2 interactions; 1 % is needed " + counts,
        "datasets.interactions: Dataset has 11 event types; at most 10 are allowed: "
        "join rare ones or leave them out " + counts,
        "datasets.interactions: All interactions have the same TIMESTAMP; a training needs times that vary " + counts,
        "datasets.items: There is no usable row (1 rows read, 0 usable, 1 missing_x)",
    )


def test_an_error_leaves_the_result_before_and_a_report_of_what_was_read(project):
    project.write_log()
    specs = {"interactions": project.interactions(), "items": items(X="x")}
    add_items(project, "id,x\n1,a\n")
    before = prepare(specs, project.root, project.out)
    files = {path: path.read_bytes() for path in project.out.rglob("*.*")}
    project.write_log(",i1,1600000000,view,1", good=10)

    with pytest.raises(UnusableDataError, match=f"report of what was read: {project.out}/failed/report.html") as raised:
        prepare(specs, project.root, project.out)

    page = raised.value.report.read_text()
    assert "What was read and cannot be used" in page
    assert "Dataset has fewer than 1000 interactions. (11 rows read, 10 usable, 1 missing_user_id)" in page
    assert "not written" in page
    told = Summary.read(project.out / "failed")
    assert {name: (one.rows_read, one.file) for name, one in told.datasets.items()} == {
        "interactions": (11, ""),
        "items": (1, ""),
    }
    assert Manifest.read(project.out) == before
    left = {path: path.read_bytes() for path in project.out.rglob("*.*") if path.parent.name != "failed"}
    assert left == files

    project.write_log()
    prepare(specs, project.root, project.out)
    assert not (project.out / "failed").exists()


class Losing(DuckDB):
    """Loses a row."""

    def rows_in_files(self):
        return super().rows_in_files() + 1


def test_rows_that_are_not_accounted_for_fail_the_preparation_with_a_report(project):
    project.write_log()
    add_items(project, "id,x\n1,a\n")

    with pytest.raises(UnusableDataError) as raised:
        prepare(
            {"interactions": project.interactions(), "items": items(X="x")}, project.root, project.out, engine=Losing
        )

    assert raised.value.problems == (
        "datasets.interactions: 1201 rows were read and 1200 are accounted for; nothing was written",
        "datasets.items: 2 rows were read and 1 are accounted for; nothing was written",
    )
    assert "1201 rows were read and 1200 are accounted for" in raised.value.report.read_text()
    assert [path.name for path in project.out.iterdir()] == ["failed"]


def test_files_of_datasets_that_are_gone_are_removed(project):
    project.write_log(",i1,1600000000,view,1")
    add_items(project, "id,x\n1,a\n1,b\n")
    prepare({"interactions": project.interactions(), "items": items(X="x")}, project.root, project.out)

    prepare({"items": items(X="x")}, project.root, project.out)

    assert sorted(str(path.relative_to(project.out)) for path in project.out.rglob("*.*")) == [
        "ITEMS.csv",
        "items.avsc",
        "manifest.json",
        "quarantine/items.csv",
        "report.html",
        "report.json",
    ]


def test_a_folder_that_is_a_file_is_told(project):
    project.write_log()
    project.out.touch()

    with pytest.raises(DataPrepError, match=f"^cannot prepare files in {project.out}: "):
        prepare({"interactions": project.interactions()}, project.root, project.out)


def test_a_full_disk_is_told_and_leaves_the_result_before(project):
    project.write_log(good=5_000)
    before = prepare({"interactions": project.interactions()}, project.root, project.out)
    script = """
import resource, sys
from pathlib import Path
from data_prep.errors import DataPrepError
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec, RulesSpec
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # the disk is full after so many bytes of a file
root, out, spec = sys.argv[1:]
try:
    prepare({"interactions": DatasetSpec.model_validate_json(spec)}, Path(root), Path(out))
except DataPrepError as error:
    print(error)
"""
    command = [
        sys.executable,
        "-c",
        script,
        str(project.root),
        str(project.out),
        project.interactions().model_dump_json(exclude_defaults=True),
    ]

    finished = subprocess.run(command, capture_output=True, text=True, check=True)

    assert finished.stdout == f"cannot prepare files in {project.out}: [Errno 27] File too large\n"
    assert Manifest.read(project.out) == before
    assert not list(project.out.glob(".partial-*"))
