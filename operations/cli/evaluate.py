"""`personalize evaluate`: recipes side by side on the prepared data, on this machine."""

import argparse
import sys
from pathlib import Path

from operations.cli._options import loading

WIDTH = 120  # where there is no terminal
EXAMPLES = """\
examples:
  personalize evaluate                                       # the solutions of personalize.yaml
  personalize evaluate --recipe hrnn --recipe user-personalization-v2
  personalize evaluate --json > comparison.json

exit codes: 0 compared, 1 the data is not prepared, or a recipe cannot learn from it
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="compare recipes on the prepared data, before any money is spent",
        description="Train recipes on nine tenths of the users, on this machine, and test them on the others, beside "
        "chance, popularity and item-to-item neighbours. Nothing is deployed and nothing is billed. The models are "
        "those of the local cloud; docs/local.md tells how they differ from the service's.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.add_argument(
        "--recipe", action="append", default=[], metavar="NAME", help="compare this one, with its default settings"
    )
    parser.add_argument("--event-type", metavar="TYPE", help="learn from and predict events of this type only")
    parser.add_argument(
        "--leave-last-out",
        action="store_true",
        help="learn from all users but for their last event, and predict that, as much of the literature does",
    )
    parser.add_argument("--prices", type=Path, metavar="FILE", help="prices in place of those that come along")
    parser.add_argument("--seed", type=int, default=0, help="draws the test users (default: %(default)s)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("evaluation"),
        metavar="FOLDER",
        help="where the picture and the figures go (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    with loading():
        from rich.console import Console

        from operations.cost.prices import load_prices
        from operations.evaluation import evaluate
        from personalize_stack.config.load import load

        project = load(args.file, args.env)
    evaluate(
        project,
        Console(width=None if sys.stdout.isatty() else WIDTH),
        args.output,
        recipes=args.recipe,
        event_type=args.event_type,
        leave_last_out=args.leave_last_out,
        prices=load_prices(args.prices),
        seed=args.seed,
        as_json=args.json,
    )
    return 0
