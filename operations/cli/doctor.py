"""`personalize doctor`: everything that would make a deploy fail, before it."""

import argparse

from operations.cli._options import add_environment, add_json, loading

EXAMPLES = """\
examples:
  personalize doctor --env prod
  personalize doctor --env prod --json

exit codes: 0 a deploy may begin, 1 something would make it fail
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="look for what would make a deploy fail",
        description="Look, before a deploy, at everything that would make it fail: tools and their versions, prepared "
        "data, credentials and Region, bootstrap, the stack's state, quotas left, permissions.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found."""
    import sys

    from rich.console import Console

    with loading():
        from operations.doctor import doctor
        from personalize_stack.config.load import load

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    return 0 if doctor(load(args.file, args.env), args.file, console, as_json=args.json) else 1
