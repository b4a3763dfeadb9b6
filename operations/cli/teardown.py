"""`personalize teardown`: destroy an environment, look for what is left, or remove a dataset group."""

import argparse
import json
from pathlib import Path

from operations.cli._options import loading

DESCRIPTION = """\
Destroy the stack of an environment, after showing what goes and what stays, and asking.
With --check: list whatever still carries the project's name or tags; exit code 1 if anything does.
With --dataset-group: remove a dataset group that this project did not make, with everything in it.
"""
EXAMPLES = """\
examples:
  personalize teardown --env dev
  personalize teardown --check
  personalize teardown --dataset-group old-experiment

exit codes: 0 it is gone, or nothing is left, 1 something is left, or it cannot be done
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "teardown",
        help="destroy an environment, and know that it is gone",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", help="the environment (with --check, default: all of them)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="only look for what is left")
    action.add_argument("--dataset-group", metavar="NAME", help="the dataset group to remove, by name or ARN")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--force", action="store_true", help="even a production environment, or a dataset group that a stack made"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Do the one of the three that is asked for."""
    if not (args.env or args.check or args.dataset_group):
        args.refuse("name the environment to destroy with --env")

    with loading():
        from rich.console import Console

        from operations.teardown import actions
        from personalize_stack.config.load import load, load_all

    # What is shown, and asked, before something goes is for people.
    console = Console(stderr=args.json and not args.check, highlight=False, markup=False)
    if args.check:
        projects = [load(args.file, args.env)] if args.env else load_all(args.file)
        return 0 if actions.look(projects, console, as_text=not args.json) else 1
    if args.dataset_group:
        gone = [actions.remove_group(args.dataset_group, console, ask=not args.yes, force=args.force)]
    else:
        gone = actions.destroy(args.file, args.env, console, ask=not args.yes, force=args.force)
    if args.json:
        print(json.dumps({"gone": gone}))
    return 0
