"""`personalize promote`: let another version serve."""

import argparse

from operations.cli._options import add_environment, add_json, loading

EXAMPLES = """\
examples:
  personalize promote --env prod                      # the newest trained version
  personalize promote --env prod --campaign for-you --version 1a2b3c4d

exit codes: 0 it serves, 1 it does not take over, and what served goes on
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "promote",
        help="let another version serve in a campaign",
        description="Let a trained version take over a campaign, in place, and wait until it serves. "
        "A later deploy leaves it there, unless it trains another one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    parser.add_argument("--version", default="latest", help="its ARN, the end of it, or latest (default: %(default)s)")
    parser.add_argument("--campaign", metavar="NAME", help="the campaign (default: the only one)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Promote."""
    with loading():
        from rich.console import Console

        from operations.clock import SystemClock
        from operations.promotion import promote
        from personalize_stack.config.load import load

        project = load(args.file, args.env)
    console = Console(highlight=False, markup=False)
    promote(project, console, SystemClock(), version=args.version, campaign=args.campaign, as_json=args.json)
    return 0
