"""The entry of the command: exit codes, and what goes to which stream."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from data_prep.errors import DataPrepError
from operations.cli import config, main
from operations.errors import OperationError
from personalize_local.errors import LocalCloudError
from personalize_stack.config.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def command(monkeypatch):
    """Let `personalize config schema` raise an error, and return its exit code."""

    def run(error):
        def fail(args):
            raise error

        monkeypatch.setattr(config, "_schema", fail)
        return main.run(["config", "schema"])

    return run


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main.run(["--help"])

    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert {"config", "prep"} <= set(main.commands())
    assert all(f"\n    {name}" in told for name in main.commands())


def leaves(parser):
    """The parsers that run something, below one."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below or parser.get_default("run"):
        yield parser
    for action in below:
        for child in action.choices.values():
            yield from leaves(child)


@pytest.mark.parametrize("parser", list(leaves(main.parser())), ids=lambda parser: parser.prog)
def test_every_command_answers_in_json_and_tells_examples_and_exit_codes(parser):
    assert "--json" in parser.format_help()
    assert re.search(r"^examples:\n  .*personalize ", parser.epilog, re.M), parser.epilog
    assert re.search(r"^exit codes: 0 ", parser.epilog, re.M), parser.epilog


def test_help_loads_nothing_slow():
    slow = {"aws_cdk", "boto3", "duckdb", "ministack", "numpy", "pandas", "pydantic", "torch"}
    program = "import contextlib, sys; from operations.cli.main import run\n"
    program += "with contextlib.suppress(SystemExit): run(['--help'])\n"
    program += f"print(*set(sys.modules) & {slow})"

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT).stdout

    assert told.splitlines()[-1] == ""


@pytest.mark.parametrize("arguments", [[], ["deploi"], ["config"], ["config", "check", "--colour"]])
def test_wrong_usage_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main.run(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: personalize")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["cost", "--used", "0"], "--used: should be a whole number, at least 1; not '0'"),
        (["cost", "--requests", "-5"], "--requests: should be a number, at least 0; not '-5'"),
        (["cost", "--events", "many"], "--events: should be a number, at least 0; not 'many'"),
        (["cost", "--trainings", "1.5"], "--trainings: should be a whole number, at least 0; not '1.5'"),
        (["metrics", "--last", "0"], "--last: should be a whole number, at least 1; not '0'"),
        (
            ["recommend", "--user", "u", "--count", "501"],
            "--count: should be a whole number, at least 1 and at most 500",
        ),
        (["scale", "set", "a", "0"], "TPS: should be a whole number, at least 1; not '0'"),
        (["recommend", "--user", "u", "--context", "tv"], "--context: should be COLUMN=VALUE, not 'tv'"),
    ],
)
def test_a_value_out_of_its_bounds_is_wrong_usage_and_the_bounds_are_told(arguments, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main.run(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        ConfigError([]),
        DataPrepError("no rows"),
        LocalCloudError("port 4566 is taken"),
        OperationError("node is missing"),
    ],
)
def test_a_problem_ends_with_1_and_its_text_alone(command, error, capsys):
    assert command(error) == 1

    told = capsys.readouterr()
    assert told.err == f"{error}\n"
    assert told.out == ""


def test_an_interruption_ends_with_130(command):
    assert command(KeyboardInterrupt()) == 130


def test_a_defect_shows_its_stack_trace(command):
    with pytest.raises(ZeroDivisionError):
        command(ZeroDivisionError())


def test_commands_show_that_something_happens_before_they_load_what_is_slow():
    asked = [["status"], ["scale"], ["cost"], ["doctor"], ["deploy"], ["recommend", "--user", "u"]]
    program = "import contextlib, sys; from operations.cli.main import run\n"
    program += "from rich.console import Console\n"
    program += "slow = {'aws_cdk', 'boto3', 'duckdb', 'pandas', 'pydantic'}\n"
    program += "def status(console, text):\n    print(sorted(slow & set(sys.modules)))\n    sys.exit()\n"
    program += "Console.status = status\n"
    program += f"for arguments in {asked}:\n    with contextlib.suppress(SystemExit): run([*arguments])\n"

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT).stdout

    assert told.splitlines() == ["[]"] * len(asked)
