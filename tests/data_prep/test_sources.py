from pathlib import Path

import pytest

from data_prep.errors import SourceError
from data_prep.sources import Format, find, format_of


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_globs_find_files_in_order_and_each_once(tmp_path):
    touch(tmp_path, "b.csv", "a.csv", "2026/07/c.csv", "2026/08/d.csv", "note.txt")

    found = find(["2026/**/*.csv", "*.csv", "a.csv"], tmp_path)

    assert [str(path.relative_to(tmp_path)) for path in found] == ["2026/07/c.csv", "2026/08/d.csv", "a.csv", "b.csv"]


def test_a_file_may_be_given_by_its_absolute_path(tmp_path):
    touch(tmp_path, "a.csv")

    assert find([str(tmp_path / "a.csv")], Path("/elsewhere")) == [tmp_path / "a.csv"]


def test_a_name_that_could_be_a_glob_is_a_name_first(tmp_path):
    touch(tmp_path, "it's [1]/a*.csv", "it's [1]/ab.csv")

    assert find(["it's [1]/a*.csv"], tmp_path) == [tmp_path / "it's [1]/a*.csv"]
    assert len(find(["it's [1]"], tmp_path)) == 2


def test_all_missing_files_are_told_with_what_is_there(tmp_path):
    touch(tmp_path, "data/ratings.csv", "data/movies.csv")

    with pytest.raises(SourceError) as raised:
        find(["data/rating.csv", "logs/*.csv"], tmp_path)

    assert str(raised.value) == (
        f"no file data/rating.csv in {tmp_path}; {tmp_path}/data has movies.csv, ratings.csv\n"
        f"no file logs/*.csv in {tmp_path}; {tmp_path} has data"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", Format.CSV),
        ("a.TSV.gz", Format.CSV),
        ("a.jsonl.gz", Format.JSON_LINES),
        ("a.json", Format.JSON_LINES),
        ("part-0.snappy.parquet", Format.PARQUET),
    ],
)
def test_the_name_tells_the_format(name, expected):
    assert format_of(Path(name)) is expected


@pytest.mark.parametrize("name", ["log", "log.xlsx", "log.gz", "log.csv.zip"])
def test_other_names_are_refused(name):
    with pytest.raises(SourceError, match=f"cannot tell the format of {name} by its name; it should end in"):
        format_of(Path(name))


def test_a_folder_means_the_files_inside_it(tmp_path):
    touch(
        tmp_path, "logs/b.csv", "logs/2026/a.jsonl.gz", "logs/_SUCCESS", "logs/.a.csv.crc", "logs/_tmp/c.csv", "x.csv"
    )

    found = find(["logs"], tmp_path)

    assert [str(path.relative_to(tmp_path)) for path in found] == ["logs/2026/a.jsonl.gz", "logs/b.csv"]


def test_what_a_preparation_left_in_a_folder_is_no_source(tmp_path):
    touch(tmp_path, "logs/a.csv", "logs/prepared/report.html", "logs/prepared/report.json")
    touch(tmp_path, "logs/prepared/INTERACTIONS.csv", "logs/prepared/quarantine/interactions.csv")

    assert find(["logs"], tmp_path) == [tmp_path / "logs" / "a.csv"]
    assert tmp_path / "logs/prepared/INTERACTIONS.csv" in find(["logs/prepared"], tmp_path)
