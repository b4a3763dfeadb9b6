"""`personalize recommend`: ask a deployed campaign or recommender."""

import argparse

from operations.cli._options import add_environment, add_json, column_value, loading, number

EXAMPLES = """\
examples:
  personalize recommend --user 42
  personalize recommend --user 42 --campaign hrnn --filter unseen --explain
  personalize recommend --user 42 --context DEVICE=tv --context HOUR=20
  personalize recommend --item 1203 --campaign similar --count 5 --json

exit codes: 0 answered, 1 refused; the message says why
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "recommend",
        help="ask a deployed campaign or recommender",
        description="Ask a deployed campaign or recommender as an application would. Names of items come from the "
        "prepared files.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    parser.add_argument("--user", metavar="ID", help="whom the recommendations are for")
    parser.add_argument("--item", metavar="ID", help="what they are to go with, for recipes of similar items")
    parser.add_argument("--campaign", metavar="NAME", help="the campaign or recommender (default: the only one)")
    parser.add_argument("--filter", metavar="NAME", help="a filter, as under filters")
    parser.add_argument(
        "--context",
        type=column_value,
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="what is known of the moment, by a column of the interactions; may be given again",
    )
    parser.add_argument("--count", type=number(1, 500), default=10, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--explain", action="store_true", help="say what the answer rests on")
    add_json(parser)
    parser.set_defaults(run=run, refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Print the recommendations."""
    if not (args.user or args.item):
        args.refuse("name a user with --user, or an item with --item")

    import sys

    from rich.console import Console

    with loading():
        from operations.recommend import Question, recommend
        from personalize_stack.config.load import load

    question = Question(args.user, args.item, args.campaign, args.filter, args.count, dict(args.context))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    recommend(load(args.file, args.env), question, console, explain=args.explain, as_json=args.json)
    return 0
