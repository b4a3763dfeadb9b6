"""`personalize teardown` and `personalize deploy`: what their arguments may be."""

import pytest

from operations.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name the environment to destroy with --env"),
        (["--check", "--dataset-group", "films"], "--dataset-group: not allowed with argument --check"),
    ],
)
def test_what_is_not_asked_for_clearly_ends_with_2(arguments, told, capsys):
    with pytest.raises(SystemExit) as ended:
        run(["teardown", *arguments])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--env", "dev"], ["--check"], ["--check", "--env", "dev"]])
def test_a_missing_configuration_is_said(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["teardown", *arguments]) == 1
    assert capsys.readouterr().err.startswith("personalize.yaml: the configuration cannot be read")


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("teardown", "personalize teardown --dataset-group old-experiment"),
        ("deploy", "personalize deploy -f examples/movielens/personalize.yaml --env prod"),
    ],
)
def test_each_help_shows_an_example(command, example, capsys):
    with pytest.raises(SystemExit) as ended:
        run([command, "--help"])
    assert ended.value.code == 0
    assert example in " ".join(capsys.readouterr().out.split())
