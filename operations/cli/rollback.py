"""`personalize rollback`: let the version serve again that served before."""

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  personalize rollback --env prod
  personalize rollback --env prod --campaign for-you --json

exit codes: 0 it serves, 1 there is none, or it does not take over, and what served goes on
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "rollback",
        help="let the version serve again that served before",
        description="Let the version take over a campaign that served before the one that serves now, and wait until "
        "it does. A second rollback leads further back; personalize promote leads forward again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.add_argument("--campaign", metavar="NAME", help="the campaign (default: the only one)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Roll back."""
    from rich.console import Console

    from operations.clock import SystemClock
    from operations.promotion import roll_back
    from personalize_stack.config.load import load

    project, console = load(args.file, args.env), Console(highlight=False, markup=False)
    roll_back(project, console, SystemClock(), campaign=args.campaign, as_json=args.json)
    return 0
