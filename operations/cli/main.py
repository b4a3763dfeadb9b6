"""The entry of the `personalize` command: arguments in, exit code out.

Exit codes: 0 done, 1 a problem that the message on stderr tells, 2 wrong usage, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from data_prep.errors import DataPrepError
from operations import cli
from operations.errors import OperationError
from personalize_local.errors import LocalCloudError
from personalize_stack.config.errors import ConfigError

EXIT_CODES = """\
exit codes of all commands: 0 done, 1 a problem that the message tells, 2 wrong usage, 130 interrupted;
others stand in a command's own help: personalize COMMAND --help
"""
PROBLEMS = (ConfigError, DataPrepError, LocalCloudError, OperationError)
"""Errors whose text is all that the reader needs; any other one is a defect, and shows its stack trace."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except PROBLEMS as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def commands() -> list[str]:
    """Return the names of the commands: the other modules beside this one, which import what is slow when they run.

    A module whose name begins with an underscore is a part of a command.
    """
    names = [module.name for module in iter_modules(cli.__path__)]
    return sorted(name for name in names if name != "main" and not name.startswith("_"))


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    whole = argparse.ArgumentParser(
        prog="personalize",
        description="Amazon Personalize as code.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in commands():
        import_module(f"operations.cli.{name}").add_parser(subparsers)
    return whole
