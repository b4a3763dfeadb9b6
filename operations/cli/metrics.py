"""`personalize metrics`: the versions of each solution side by side, and who serves."""

import argparse

from operations.cli._options import add_environment, add_json, loading, number

EXAMPLES = """\
examples:
  personalize metrics --env prod
  personalize metrics --env prod --solution for-you --last 12
  personalize metrics --env prod --json | jq '.[].versions[].serves'

exit codes: 0 told, 1 there is no such solution, or AWS refuses, 3 no solution is there
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "metrics",
        help="show the versions of each solution side by side, and who serves",
        description="Show the newest versions of each solution side by side: their offline metrics, the data that they "
        "learnt from, what the gate said, where they serve and since when.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    parser.add_argument("--solution", metavar="NAME", help="only this one (default: all)")
    parser.add_argument(
        "--last", type=number(1), default=6, metavar="N", help="so many of its newest versions (default: %(default)s)"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the metrics."""
    with loading():
        from rich.console import Console

        from operations.metrics import metrics
        from personalize_stack.config.load import load

        project = load(args.file, args.env)
    return metrics(project, Console(highlight=False), solution=args.solution, last=args.last, as_json=args.json)
