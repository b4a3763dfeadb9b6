import argparse
import json

import pytest

from data_prep.errors import DataPrepError, SourceError, UnusableDataError
from data_prep.manifest import Manifest
from operations.cli import prep

CONFIGURATION = """
project: shop
datasets:
  interactions:
    source: log.csv
    columns: {USER_ID: user, ITEM_ID: item, TIMESTAMP: when, EVENT_TYPE: kind}
environments:
  dev: {}
  prod: {prepared: for-prod}
"""


def run(*arguments):
    parser = argparse.ArgumentParser()
    prep.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["prep", *arguments])
    return parsed.run(parsed)


@pytest.fixture
def configuration(project):
    path = project.root / "personalize.yaml"
    path.write_text(CONFIGURATION)
    return path


def test_prep_prepares_beside_the_configuration_and_prints_the_report(project, configuration, capsys):
    project.write_log()

    assert run("-f", str(configuration)) == 0

    assert Manifest.read(project.out).datasets["interactions"].rows_written == 1200
    assert "60 users, 41 items" in capsys.readouterr().out


def test_prep_takes_the_configuration_of_the_current_folder_and_an_environment(project, configuration, monkeypatch):
    project.write_log()
    monkeypatch.chdir(project.root)

    assert run("--env", "prod") == 0

    assert Manifest.read(project.root / "for-prod").datasets.keys() == {"interactions"}


def test_an_error_goes_on_to_the_entry(configuration):
    with pytest.raises(SourceError, match=r"no file log\.csv"):
        run("-f", str(configuration))


def test_init_writes_a_configuration_that_prep_takes_at_once(project, monkeypatch, capsys):
    project.write_log()
    monkeypatch.chdir(project.root)

    assert run("init", "log.csv") == 0
    told = capsys.readouterr().out
    assert "interactions, from log.csv: of 1,200 sampled rows, 1,200 are kept" in told
    assert "personalize.yaml is written; read it, correct what is wrong, then run: personalize prep\n" in told
    assert run() == 0

    assert Manifest.read(project.out).datasets["interactions"].rows_written == 1200


def test_init_never_overwrites_what_is_there_unless_it_is_told_to(project, configuration, monkeypatch, capsys):
    project.write_log()
    monkeypatch.chdir(project.root)

    with pytest.raises(DataPrepError, match=r"personalize\.yaml is there already; name another file with --output"):
        run("init", "log.csv")
    assert configuration.read_text() == CONFIGURATION

    assert run("init", "log.csv", "--force", "--json") == 0
    assert configuration.read_text() != CONFIGURATION
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == "personalize.yaml"
    assert found["datasets"]["interactions"]["columns"][0] == {
        "name": "USER_ID",
        "given": "user",
        "why": "its name has user; 60 different in 1,200 sampled rows, as u0",
        "used": True,
    }


def test_warnings_are_told_with_their_rows_and_fail_a_strict_run(project, configuration, capsys):
    project.write_log(*(f"u1,i1,{1_600_000_000},view,1" for _ in range(200)))

    assert run("-f", str(configuration)) == 0
    told = capsys.readouterr().out
    assert "warning: interactions: 14 % of the rows (199 of 1,400) are refused as duplicate" in " ".join(told.split())
    assert "\n  log.csv:1203: u1,i1,1600000000,view,1\n" in told
    assert told.endswith("report.html\n")
    assert run("-f", str(configuration), "--strict", "--json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["check"] for finding in found] == ["repeated_rows", "repeated_at_once"]


def test_what_cannot_be_used_is_told_as_json_too(project, configuration, capsys):
    project.write_log(",i1,1600000000,view,1", good=10)

    with pytest.raises(UnusableDataError) as raised:
        run("-f", str(configuration), "--json")

    assert "rows that were refused, for example:\n  missing_user_id: log.csv:12: ,i1,1600000000,view,1" in str(
        raised.value
    )
    found = json.loads(capsys.readouterr().out)
    errors = [one for one in found["findings"] if one["severity"] == "error"]
    assert [f"datasets.{one['dataset']}: {one['text']}" for one in errors] == list(raised.value.problems)
    assert found["datasets"]["interactions"]["rows_read"] == 11


def test_a_place_that_cannot_be_written_is_told(project, monkeypatch):
    project.write_log()
    monkeypatch.chdir(project.root)

    with pytest.raises(DataPrepError, match=r"cannot write log\.csv/personalize\.yaml: "):
        run("init", "log.csv", "-o", "log.csv/personalize.yaml")


def test_the_report_opens_in_the_browser_or_where_it_is_is_told(project, configuration, monkeypatch, capsys):
    project.write_log()
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda uri: opened.append(uri) or len(opened) > 1)

    assert run("-f", str(configuration), "--open") == run("-f", str(configuration), "--open") == 0

    uri = (project.out / "report.html").as_uri()
    assert opened == [uri, uri]
    assert capsys.readouterr().err == f"no browser can be opened here; the report is at {uri}\n"
    project.write_log(good=10)
    monkeypatch.chdir(project.root)
    with pytest.raises(UnusableDataError, match=r"\nreport of what was read: prepared/failed/report\.html$"):
        run("-f", configuration.name, "--open")
    assert opened[2:] == [(project.out / "failed" / "report.html").as_uri()]
