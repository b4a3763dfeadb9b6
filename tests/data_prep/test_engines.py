"""Spark gives what DuckDB gives, to the byte: of logs with whatever engines have been seen to read differently."""

from pathlib import Path

import pytest

from data_prep.engines.session import local_session
from data_prep.engines.spark import Spark
from data_prep.errors import SourceError
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
from personalize_stack.config.load import load
from tests.data_prep import adversarial

# PySpark leaves it to the garbage collector to close the sockets that it has read.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.timeout(600),  # Java starts slowly where much else runs
]

EXAMPLE = Path(__file__).parents[2] / "examples/movielens/personalize.yaml"
COLUMNS = {
    "USER_ID": "user",
    "ITEM_ID": "item",
    "TIMESTAMP": {"column": "when", "formats": ["%d/%m/%Y", "%d/%m/%Y %H:%M"]},
    "EVENT_TYPE": {"column": "kind", "map": {"View": "view"}, "drop": ["hover"]},
    "EVENT_VALUE": {"column": "stars", "max": 1e18, "missing": ["true"]},
}
RULES = {
    "reject": {"odd": "ITEM_ID similar to 'a.b' or regexp_matches(USER_ID, '^\\p{Lu}$')"},
    "near_duplicate_seconds": 2,
    "robots": {"events": 20, "seconds": 60},
    "test_users": ["qa-*"],
    "min_user_events": 2,
    "min_item_events": 2,
}


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    session = local_session(
        tmp_path_factory.mktemp("spark"),
        **{
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # for a short life
            "spark.sql.shuffle.partitions": "2",
        },
    )
    yield session
    session.stop()


@pytest.fixture
def with_spark(project, session):
    """Prepares with Spark into a folder of its own."""
    return lambda datasets, root=project.root, **settings: prepare(
        datasets, root, project.root / "with-spark", engine=lambda work: Spark(work, session), **settings
    )


@pytest.fixture
def both(project, with_spark):
    """Prepares with both engines, asserts that all that is left is the same, and returns what was prepared."""

    def run(datasets, root=project.root, **settings):
        expected = prepare(datasets, root, project.out, **settings)
        assert with_spark(datasets, root, **settings) == expected
        assert contents(project.root / "with-spark") == contents(project.out)
        return expected.datasets

    return run


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_engines_read_differently_both_read_alike(project, both):
    sources = adversarial.write(project.root)
    log = DatasetSpec.model_validate({"source": sources, "columns": COLUMNS, "rules": RULES})

    prepared = both({"interactions": log})["interactions"]

    assert len(prepared.rejected) >= 18  # no rule is left out
    assert prepared.rows_read == prepared.rows_written + sum(prepared.rejected.values())


def test_sessions_functions_the_hold_out_and_increments_are_alike(project, both):
    (project.root / "own.py").write_text("""
def is_odd(rows):
    return ["odd_item" if item.endswith("7") else value == 4.5 for item, value in zip(rows.ITEM_ID, rows.EVENT_VALUE)]
""")
    lonely = [f"lonely,i{n},{1_600_500_000 + 9000 * n},view,1" for n in range(5)]
    project.write_log(*lonely, good=3000, name="old.csv")
    project.write_log(
        *(f"v{n % 50},i{n % 30},{1_600_200_000 + 50 * n},buy,2" for n in range(2000)), good=5, name="new.csv"
    )
    rules = {
        "python": {"odd": "own.py:is_odd"},
        "sessions": {"gap_seconds": 4000, "min_events": 2, "max_events": 80},
        "hold_out": 0.1,
    }

    def run(*files):
        spec = {"source": list(files), "columns": project.columns, "rules": rules}
        return both({"interactions": DatasetSpec.model_validate(spec)}, incremental=["interactions"])["interactions"]

    full = run("old.csv")
    assert full.mode == "FULL"
    assert full.rejected.keys() == {"odd", "odd_item", "short_session"}
    assert full.hold_out is not None
    increment = run("old.csv", "new.csv")
    assert increment.mode == "INCREMENTAL"
    assert [part.sha256 for part in increment.baseline] == [part.sha256 for part in full.parts]
    assert increment.rejected.keys() >= {"duplicate", "odd", "odd_item", "short_session"}
    assert increment.aside["unchanged"] == full.rows_written
    assert increment.rows_read == increment.rows_written + sum({**increment.rejected, **increment.aside}.values())


def test_the_example_is_prepared_alike(both):
    example = load(EXAMPLE)

    assert both(example.datasets, example.root)["interactions"].rows_written > 100_000


def test_the_newest_metadata_of_several_files_wins(project, both):
    (project.root / "1.csv").write_text("id,x,at\n1,old,2020-01-01\n2,only,\n3,first,\n1,new,2020-01-02\n")
    (project.root / "2.jsonl").write_text('{"id": 1, "x": "late", "at": 5}\n{"id": 3, "x": "last", "at": null}\n{\n')
    spec = {"source": ["1.csv", "2.jsonl"], "columns": {"ITEM_ID": "id", "X": "x"}, "rules": {"newest_by": "at"}}

    prepared = both({"items": DatasetSpec.model_validate(spec)})["items"]

    assert prepared.rejected == {"replaced": 3, "broken_line": 1}


def test_what_is_wrong_with_several_files_is_told_at_once_and_nothing_is_left(project, with_spark):
    (project.root / "1.csv").write_text("id,y\n1,a\n")
    (project.root / "2.csv").write_text("")
    spec = {"source": ["1.csv", "2.csv"], "columns": {"ITEM_ID": "id", "X": "x"}}

    with pytest.raises(SourceError) as raised:
        with_spark({"items": DatasetSpec.model_validate(spec)})

    assert "1.csv has no columns ['x']" in str(raised.value)
    assert "2.csv is empty" in str(raised.value)
    assert contents(project.root / "with-spark") == {}


def test_a_session_that_runs_already_is_used_and_goes_on(project, session):
    project.write_log()
    prepare({"interactions": project.interactions()}, project.root, project.out, engine=Spark)
    assert session.range(3).count() == 3
