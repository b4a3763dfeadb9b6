"""`personalize retrain`: train a solution again now, and let what is good enough serve."""

import argparse

from operations.cli._options import add_environment, add_json, loading

EXAMPLES = """\
examples:
  personalize retrain --env prod                              # until it is over
  personalize retrain --env prod --solution for-you --no-wait

exit codes: 0 a new version serves, or was started with --no-wait, 1 the run failed, 4 the gate refused the new version;
in both cases what served goes on
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "retrain",
        help="train a solution again now, and let what is good enough serve",
        description="Start the retraining of a solution: import the files that came into the data bucket, train, "
        "compare with what serves, and let the new version take over if the gate lets it pass. Where a run is under "
        "way, that one is followed; where one ended too early, this goes on with what it had done.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    parser.add_argument("--solution", metavar="NAME", help="the solution (default: the only one that is retrained)")
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="follow the run to its end (default: yes); an interrupted wait does not stop the run",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Retrain."""
    with loading():
        from rich.console import Console

        from operations.clock import SystemClock
        from operations.retraining import retrain
        from personalize_stack.config.load import load

        project = load(args.file, args.env)
    console = Console(highlight=False, markup=False)
    return retrain(project, console, SystemClock(), solution=args.solution, wait=args.wait, as_json=args.json)
