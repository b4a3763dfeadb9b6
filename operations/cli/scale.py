"""`personalize scale`: what is reserved and used, and how to pause what serves and bring it back."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from operations.cli._options import add_environment, add_json, loading, number

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLES = """\
examples:
  personalize scale --env prod                   # what is reserved, what is used, what is idle
  personalize scale set for-you 5 --env prod     # reserve 5 requests a second
  personalize scale pause for-you                # a campaign is deleted, and written down before
  personalize scale resume for-you               # as it was, under its ARN

exit codes: 0 done, 1 refused; the message says why
"""
_LAYOUT: Mapping[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "scale",
        help="show what is reserved and used, pause and resume what serves",
        description="Show what campaigns and recommenders reserve and what is used of it; change it, pause them, bring "
        "them back. What follows the use by itself is said in the configuration (autoscaling).",
        **_LAYOUT,
    )
    add_environment(parser)
    add_json(parser)
    parser.set_defaults(run=show)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    for name, run, told in (
        ("set", set_, "reserve so many requests a second"),
        ("pause", pause, "serve nothing and pay nothing until it is resumed"),
        ("resume", resume, "bring back what was paused"),
    ):
        action = actions.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.", **_LAYOUT)
        action.add_argument("name", metavar="NAME", help="of the campaign or recommender")
        if name == "set":
            action.add_argument("tps", metavar="TPS", type=number(1), help="requests a second, at least 1")
        add_environment(action, again=True)
        add_json(action, again=True)
        action.set_defaults(run=run)


def show(args: argparse.Namespace) -> int:
    """Print what is reserved and used."""
    import sys

    from rich.console import Console

    with loading():
        from operations import capacity
        from operations.clock import SystemClock
        from personalize_stack.config.load import load

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    capacity.show(load(args.file, args.env), console, SystemClock(), as_json=args.json)
    return 0


def set_(args: argparse.Namespace) -> int:
    """Change what is reserved."""
    with loading():
        from operations import capacity
        from personalize_stack.config.load import load

    capacity.set_capacity(load(args.file, args.env), args.name, args.tps, _console(), as_json=args.json)
    return 0


def pause(args: argparse.Namespace) -> int:
    """Pause one."""
    with loading():
        from operations import capacity
        from personalize_stack.config.load import load

    capacity.pause(load(args.file, args.env), args.name, _console(), as_json=args.json)
    return 0


def resume(args: argparse.Namespace) -> int:
    """Bring one back."""
    with loading():
        from operations import capacity
        from personalize_stack.config.load import load

    capacity.resume(load(args.file, args.env), args.name, _console(), as_json=args.json)
    return 0


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False)
