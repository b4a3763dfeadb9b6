"""`personalize evaluate`, from raw logs to the picture."""

import json
from pathlib import Path

import pytest

from operations.cli import main
from operations.cost import prices

PRICES = Path(prices.__file__).with_name("prices.yaml")

CONFIG = """\
project: walks
datasets:
  interactions:
    source: log.csv
    columns: {USER_ID: user, ITEM_ID: item, TIMESTAMP: when, EVENT_TYPE: kind}
  items:
    source: items.csv
    columns:
      ITEM_ID: item
      GENRE: {column: genre, categorical: true, nullable: true}
      YEAR: {column: year, type: int, nullable: true}
      PLOT: {column: plot, textual: true, nullable: true}
solutions:
  popular: {recipe: popularity-count}
  segments: {recipe: item-affinity}
"""


@pytest.fixture
def project(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"u{user},i{(user + 7 * step) % 50},{1_600_000_000 + 60 * step},{('view', 'buy')[step % 5 == 0]}"
        for user in range(60)
        for step in range(30)
    ]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,when,kind", *rows]) + "\n")
    films = [f"i{item},g{item % 3},{1990 + item if item % 5 else ''},what happens in {item}" for item in range(55)]
    (tmp_path / "items.csv").write_text("\n".join(["item,genre,year,plot", *films]) + "\n")
    (tmp_path / "personalize.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def prepared(project, capsys):
    assert main.run(["prep"]) == 0
    capsys.readouterr()
    return project


def test_the_solutions_are_compared_with_the_baselines(prepared, capsys):
    assert main.run(["evaluate", "--json"]) == 0
    results = {result["model"]: result for result in json.loads(capsys.readouterr().out)}
    assert list(results) == ["random", "popularity", "item-kNN", "popular"]
    assert [result["baseline"] for result in results.values()] == [True, True, True, False]
    assert results["popular"]["metrics"] == results["popularity"]["metrics"]
    assert results["item-kNN"]["metrics"]["precision_at_5"]["mean"] > 0
    folder = prepared / "evaluation"
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (folder / "comparison.svg").read_text()
    assert json.loads((folder / "comparison.json").read_text()) == list(results.values())


def test_a_recipe_that_reads_metadata_gets_it_with_its_gaps(prepared, capsys):
    assert main.run(["evaluate", "--recipe", "hrnn-metadata", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)[-1]
    assert (result["model"], "problem" in result) == ("hrnn-metadata", False)
    assert result["metrics"]["precision_at_5"]["mean"] > 0


def test_the_table_says_in_words_what_is_ahead(prepared, capsys):
    assert main.run(["evaluate", "--recipe", "sims", "--event-type", "VIEW", "--output", "there"]) == 0
    told = capsys.readouterr().out
    assert "walks: 10 test users, 50 learned from" in told  # a tenth by chance: by a hash of their IDs
    assert "sims: " in told
    assert "NDCG@10" in told
    assert (prepared / "there" / "comparison.svg").exists()


def test_the_last_event_of_everyone_can_be_left_out_and_trainings_are_priced(prepared, capsys):
    (prepared / "prices.yaml").write_text(PRICES.read_text().replace("training_hour: 0.24", "training_hour: 100"))
    arguments = ["--recipe", "similar-items", "--recipe", "semantic-similarity", "--leave-last-out"]
    assert main.run(["evaluate", *arguments, "--prices", "prices.yaml"]) == 0
    told = capsys.readouterr().out
    assert "walks: 60 test users, 60 learned from, the last event of each left out" in told
    (line,) = (line for line in told.splitlines() if line.split()[:1] == ["similar-items"])
    assert 150 < float(line.split()[-1]) < 250
    assert "1,800 interactions" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "als"], "cannot compare [aws-als]; the recipes are [aws-hrnn, "),
        (["--event-type", "click"], "there are no interactions of the type 'click' in"),
    ],
)
def test_what_cannot_be_compared_is_told(prepared, capsys, arguments, message):
    assert main.run(["evaluate", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_without_prepared_files_it_says_what_to_do(project, capsys):
    assert main.run(["evaluate"]) == 1
    assert "there are no prepared files in" in (told := capsys.readouterr().err)
    assert told.endswith("; run personalize prep first\n")
