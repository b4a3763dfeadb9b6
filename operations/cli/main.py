"""The entry of the `personalize` command: arguments in, exit code out.

Exit codes: 0 done, 1 a problem that the message on stderr tells, 2 wrong usage, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from data_prep.errors import DataPrepError
from operations.errors import OperationError
from personalize_local.errors import LocalCloudError
from personalize_stack.config.errors import ConfigError

COMMANDS = ("config", "prep")
"""The modules of the commands, in the order of the help. Each imports what is slow only when it runs."""

PROBLEMS = (ConfigError, DataPrepError, LocalCloudError, OperationError)
"""Errors whose text is all that the reader needs; any other one is a defect, and shows its stack trace."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except PROBLEMS as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="personalize", description="Amazon Personalize as code.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"operations.cli.{name}").add_parser(subparsers)
    return parser
