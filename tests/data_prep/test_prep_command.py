import argparse

import pytest

from data_prep.errors import SourceError
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
