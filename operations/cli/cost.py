"""`personalize cost`: what an environment will cost a month, or what it has used."""

import argparse
from pathlib import Path

from operations.cli._options import add_environment, add_json, amount, loading, number

EXAMPLES = """\
examples:
  personalize cost --env prod                           # before a deploy; needs no account
  personalize cost --all                                # every environment of the configuration
  personalize cost --requests 2000000 --trainings 8     # a month
  personalize cost --used 30 --env prod                 # what was used in 30 days, and what autoscaling saved

exit codes: 0 done, 1 the data is not prepared, or AWS refuses
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "cost",
        help="estimate what an environment costs a month, or show what it used",
        description="Estimate what an environment costs a month, line by line with what each assumes; or show what was "
        "used. Trainings are forecast from the prepared data, and from what earlier ones took where there are any.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every environment of the configuration")
    which.add_argument("--used", type=number(1), metavar="DAYS", help="what was used in the last days instead")
    parser.add_argument("--requests", type=amount, metavar="N", help="a month (default: one for each event)")
    parser.add_argument("--events", type=amount, metavar="N", help="a month (default: as many as the log has)")
    parser.add_argument(
        "--trainings", type=number(0), default=4, metavar="N", help="of each solution, a month (default: %(default)s)"
    )
    parser.add_argument("--prices", type=Path, metavar="FILE", help="prices in place of those that come along")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the estimate, or the use."""
    import sys

    from rich.console import Console

    with loading():
        from operations.clock import SystemClock
        from operations.cost.show import show_estimate, show_used
        from personalize_stack.config.load import load, load_all

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    if args.used:
        project = load(args.file, args.env)
        show_used(project, console, SystemClock(), args.used, prices=args.prices, as_json=args.json)
        return 0
    projects = load_all(args.file) if args.all else [load(args.file, args.env)]
    show_estimate(
        projects,
        console,
        prices=args.prices,
        requests=args.requests,
        events=args.events,
        trainings=args.trainings,
        as_json=args.json,
    )
    return 0
