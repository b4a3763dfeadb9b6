"""`personalize config`."""

import json
from pathlib import Path

import pytest

from operations.cli.main import run

ROOT = Path(__file__).parents[3]
EXAMPLE = str(ROOT / "examples" / "movielens" / "personalize.yaml")

PROD = """\
movielens-prod
  production: protected against deletion, data retained
  dataset       interactions: USER_ID, ITEM_ID, TIMESTAMP, EVENT_VALUE, EVENT_TYPE from data/ratings.csv
  dataset       items: ITEM_ID, TITLE, GENRES, YEAR from data/movies.csv
  solution      hrnn: hrnn, hidden_dimension 64
  solution      popular: popularity-count
  campaign      hrnn: serves hrnn, at least 2 requests/s
  campaign      popular: serves popular, at least 1 requests/s
  filter        unseen: EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")
  event tracker
  watched       nobody told of problems
"""


def test_check_tells_what_an_environment_declares(capsys):
    assert run(["config", "check", "-f", EXAMPLE, "--env", "prod"]) == 0

    assert capsys.readouterr().out == PROD


def test_check_as_json_has_every_value(capsys):
    assert run(["config", "check", "-f", EXAMPLE, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["prod"]["campaigns"]["hrnn"]["min_provisioned_tps"] == 2
    assert told["dev"]["campaigns"]["hrnn"]["min_provisioned_tps"] == 1


def test_check_without_an_environment_checks_all_of_them(capsys):
    assert run(["config", "check", "-f", EXAMPLE]) == 0

    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if not line.startswith(" ")] == ["movielens-dev", "movielens-prod"]
    assert told.endswith(PROD)


def test_check_tells_all_problems_of_all_environments_and_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("personalize.yaml").write_text(
        "project: X\n"
        "datasets: {interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}\n"
        "environments:\n"
        "  dev: {}\n"
        "  prod: {retain_data: 1}\n",
        encoding="utf-8",
    )

    assert run(["config", "check"]) == 1

    told = capsys.readouterr()
    assert told.err == (
        "personalize.yaml:1: project: 'X' given; should match pattern '^[a-z][a-z0-9-]{0,23}$'\n"
        "personalize.yaml:5: retain_data: 1 given; should be a valid boolean\n"
    )
    assert told.out == ""


def test_check_of_a_missing_file_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert run(["config", "check"]) == 1
    assert capsys.readouterr().err.startswith("personalize.yaml: the configuration cannot be read")


def test_schema_prints_the_published_schema(capsys):
    assert run(["config", "schema"]) == 0

    assert capsys.readouterr().out == (ROOT / "docs" / "personalize.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [["config"], ["config", "check"], ["config", "schema"]])
def test_each_command_has_a_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        run([*command, "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: personalize config")
