"""`personalize rollback`: let the version serve again that served before."""

import argparse

from operations.cli._options import add_environment, add_json, loading

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
    add_environment(parser)
    parser.add_argument("--campaign", metavar="NAME", help="the campaign (default: the only one)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Roll back."""
    with loading():
        from rich.console import Console

        from operations.clock import SystemClock
        from operations.promotion import roll_back
        from personalize_stack.config.load import load

        project = load(args.file, args.env)
    console = Console(highlight=False, markup=False)
    roll_back(project, console, SystemClock(), campaign=args.campaign, as_json=args.json)
    return 0
