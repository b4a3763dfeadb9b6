"""Whatever a log is written in, the same becomes of its rows: files of every format, and data frames."""

import csv
import gzip
import io
import json

import duckdb
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep import frames
from data_prep.checks import read_csv
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec

GOOD = 1200
NAMES = ("user", "item", "when", "kind", "stars")
COLUMNS = {"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when", "EVENT_TYPE": "kind", "EVENT_VALUE": "stars"}
RULES = {"near_duplicate_seconds": 30, "reject": {"free": "EVENT_VALUE = 0"}, "min_user_events": 2}
TEXTS = st.one_of(
    st.sampled_from(
        ["a", " a ", "b\u00a0", "\u2003b", "", "x" * 257, 'say "so"', "back\\slash", "semi;colon,comma", "tab\tin"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=5),
)
TIMES = st.one_of(
    st.sampled_from(
        ["1600000000", "1600000000.9", "1600000000000", "2020-09-13T12:26:40Z", "2020-09-13", "soon", "", "0"]
    ),
    st.integers(-5, 10**19).map(str),
)
VALUES = st.one_of(st.sampled_from(["1", "1e2", "0", "-0.5", "nan", "x", "", "1e39"]), st.floats(0, 10).map(str))
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TIMES, st.sampled_from(["view", "buy", " "]), VALUES), max_size=40)


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows([NAMES, *rows])
    return text.getvalue().encode()


def as_json_lines(rows):
    return "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows).encode()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(drawn=ROWS)
def test_every_format_and_a_data_frame_give_the_same_rows_and_counts(tmp_path_factory, drawn):
    root = tmp_path_factory.mktemp("drawn")
    good = [(f"u{n % 60}", f"i{n % 41}", str(1_500_000_000 + 40 * n), "view", "1") for n in range(GOOD)]
    rows = [*good, *drawn]
    (root / "log.csv").write_bytes(as_csv(rows))
    (root / "log.csv.gz").write_bytes(gzip.compress(as_csv(rows)))
    (root / "log.jsonl").write_bytes(as_json_lines(rows))
    frame = pd.DataFrame(rows, columns=NAMES, dtype="string")
    duckdb.from_df(frame).write_parquet(str(root / "log.parquet"))

    results = {}
    for name in ("log.csv", "log.csv.gz", "log.jsonl", "log.parquet"):
        spec = DatasetSpec.model_validate({"source": name, "columns": COLUMNS, "rules": RULES})
        prepared = prepare({"interactions": spec}, root, root / "out").datasets["interactions"]
        assert prepared.rows_read == len(rows) == prepared.rows_written + sum(prepared.rejected.values())
        with (root / "out" / prepared.location).open(newline="") as file:
            results[name] = (list(read_csv(file))[1:], dict(prepared.rejected), prepared.sha256)
    spec = DatasetSpec.model_validate({"source": "x", "columns": COLUMNS, "rules": RULES})
    found = frames.prepare({"interactions": frame}, {"interactions": spec.columns}, interactions=spec.rules)

    first = results.pop("log.csv")
    assert results == dict.fromkeys(results, first)
    made = found.manifest.datasets["interactions"]
    assert (made.rejected, made.sha256) == first[1:]
    assert found.datasets["interactions"]["USER_ID"].tolist() == [row[0] for row in first[0]]
    assert len(found.rejected["interactions"]) == sum(first[1].values())
