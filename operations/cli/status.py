"""`personalize status`: what there is of an environment, in which state, and what to do about it."""

import argparse
from pathlib import Path

from operations.cli._options import loading

EXAMPLES = """\
examples:
  personalize status --env dev
  personalize status --env prod --watch     # until nothing is busy
  personalize status --env dev --json

exit codes: 0 all is well or on its way, 1 something failed, 3 nothing is there
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "status",
        help="show every resource of an environment with its state",
        description="Show every resource of an environment: its state, since when, why it failed, what to do.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.add_argument("--watch", action="store_true", help="again at each change, until nothing is busy")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the status."""
    import sys

    from rich.console import Console

    with loading():
        from operations.clock import SystemClock
        from operations.status import status
        from personalize_stack.config.load import load

    project = load(args.file, args.env)
    return status(
        project,
        Console(highlight=False, width=None if sys.stdout.isatty() else 200),
        SystemClock(),
        watch=args.watch,
        as_json=args.json,
    )
