"""Data frames in and out: the same as by way of files."""

import json

import pandas as pd
import pytest

from data_prep import frames
from data_prep.errors import SourceError, UnusableDataError
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec, RulesSpec

COLUMNS = {"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when", "EVENT_TYPE": "kind", "EVENT_VALUE": "stars"}
ITEMS = {
    "ITEM_ID": "id",
    "YEAR": {"column": "year", "type": "int", "nullable": True},
    "SEEN": {"column": "seen", "type": "string"},
}


@pytest.fixture
def log(project):
    """A frame with the rows of the log, some of them bad."""
    bad = ["u1,,1600000000,view,1.5", "u2,i3,never,view,2.5", ",i3,1600000000,view,2.5"]
    rows = [row.split(",") for row in [*project.good_rows(), *bad]]
    project.write_log(*bad)
    frame = pd.DataFrame(rows, columns=list(COLUMNS.values())).replace("", None)
    return frame.assign(stars=frame["stars"].astype(float))


def test_a_frame_comes_out_as_a_file_does(project, log):
    found = frames.prepare({"interactions": log}, {"interactions": COLUMNS})

    spec = DatasetSpec.model_validate({"source": "log.csv", "columns": COLUMNS})
    by_file = prepare({"interactions": spec}, project.root, project.out).datasets["interactions"]
    pd.testing.assert_frame_equal(
        found.datasets["interactions"].astype("string"),
        pd.read_csv(project.out / "INTERACTIONS.csv", dtype="string"),
    )
    counted = found.manifest.datasets["interactions"]
    assert (counted.rows_read, counted.rejected) == (by_file.rows_read, by_file.rejected)
    assert dict(found.datasets["interactions"].dtypes.astype(str)) == {
        "USER_ID": "string",
        "ITEM_ID": "string",
        "TIMESTAMP": "Int64",
        "EVENT_TYPE": "string",
        "EVENT_VALUE": "Float32",
    }


def test_what_is_rejected_comes_with_its_place_in_the_frame(log):
    rejected = frames.prepare({"interactions": log}, {"interactions": COLUMNS}).rejected["interactions"]
    assert list(zip(rejected["reason"], rejected["line"], strict=True)) == [
        ("missing_item_id", 1201),
        ("bad_timestamp", 1202),
        ("missing_user_id", 1203),
    ]
    assert json.loads(rejected["row"][1])["when"] == "never"


def test_gaps_dates_and_text_survive():
    items = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "year": [1990, None, 2001],
            "seen": ['says "yes"', "back\\slash", "one, two"],
        }
    )
    found = frames.prepare({"items": items}, {"items": ITEMS})
    kept = found.datasets["items"]
    assert kept["YEAR"].tolist() == [1990, pd.NA, 2001]
    assert kept["SEEN"].tolist() == items["seen"].tolist()
    assert found.rejected["items"].empty


def test_times_of_pandas_are_seconds_in_the_end(log):
    when = pd.to_datetime(pd.to_numeric(log["when"], errors="coerce"), unit="s")
    by_text = frames.prepare({"interactions": log}, {"interactions": COLUMNS}).datasets["interactions"]
    by_time = frames.prepare({"interactions": log.assign(when=when)}, {"interactions": COLUMNS})
    assert by_time.datasets["interactions"]["TIMESTAMP"].tolist() == by_text["TIMESTAMP"].tolist()


def test_rules_hold_for_frames(log):
    rules = RulesSpec(test_users=("u1?",))
    found = frames.prepare({"interactions": log}, {"interactions": COLUMNS}, interactions=rules)
    assert not found.datasets["interactions"]["USER_ID"].str.fullmatch("u1.").any()
    assert found.manifest.datasets["interactions"].rejected["test_user"] == 200


def test_what_cannot_be_prepared_is_told(log):
    with pytest.raises(SourceError, match="when"):
        frames.prepare({"interactions": log.drop(columns="when")}, {"interactions": COLUMNS})
    with pytest.raises(UnusableDataError, match="fewer than 1000 interactions"):
        frames.prepare({"interactions": log.head(10)}, {"interactions": COLUMNS})
    with pytest.raises(UnusableDataError, match=r"frames of \['interactions'\] and columns of \[\]"):
        frames.prepare({"interactions": log}, {})
