"""`personalize events`: send events to a deployed tracker."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from operations.cli._options import add_environment, add_json, column_value, loading, number

EXAMPLES = """\
examples:
  personalize events send --user 42 --item 1203 --type watch
  personalize events send --user 42 --item 1203 --type watch --metadata DEVICE=tv
  personalize events replay prepared/INTERACTIONS.csv --limit 1000
  personalize events replay prepared/INTERACTIONS.csv --speed 3600    # an hour of the log in a second
  personalize events replay prepared/INTERACTIONS.csv --skip 5000     # goes on after an interruption

exit codes: 0 all were taken, 1 not all; the message says how many, and how to go on
"""
_LAYOUT: Mapping[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "events",
        help="send events: one, or a log again",
        description="Send events to a deployed event tracker: one by hand, or those of a prepared log again as if they "
        "happened now.",
        **_LAYOUT,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    one = actions.add_parser("send", help="send one event", description="Send one event.", **_LAYOUT)
    add_environment(one)
    one.add_argument("--user", metavar="ID", required=True, help="who")
    one.add_argument("--item", metavar="ID", required=True, help="with which item")
    one.add_argument("--type", required=True, help="the type of the event")
    one.add_argument("--value", type=float, help="the value of the event (default: none)")
    one.add_argument(
        "--metadata",
        type=column_value,
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="what else is known of it, by a column of the interactions; may be given again",
    )
    one.add_argument("--session", metavar="ID", help="the session (default: one for the user's half hour)")
    add_json(one)
    one.set_defaults(run=send)
    log = actions.add_parser("replay", help="send a log again", description="Send a prepared log again.", **_LAYOUT)
    log.add_argument("log", metavar="FILE", type=Path, help="the events, as personalize prep writes interactions")
    add_environment(log)
    log.add_argument("--speed", type=float, metavar="X", help="so many times as fast as it was (default: at once)")
    log.add_argument("--skip", type=number(0), default=0, metavar="N", help="leave out the first N events")
    log.add_argument("--limit", type=number(0), metavar="N", help="send at most N events")
    add_json(log)
    log.set_defaults(run=replay)


def send(args: argparse.Namespace) -> int:
    """Send one event."""
    from rich.console import Console

    with loading():
        from operations.clock import SystemClock
        from operations.events import Event
        from operations.events import send as send_one
        from personalize_stack.config.load import load

    event = Event(args.user, args.item, args.type, SystemClock().now(), args.value, dict(args.metadata))
    send_one(load(args.file, args.env), event, Console(highlight=False), args.session, as_json=args.json)
    return 0


def replay(args: argparse.Namespace) -> int:
    """Send a log again."""
    from rich.console import Console

    with loading():
        from operations.clock import SystemClock
        from operations.events import replay as replay_log
        from personalize_stack.config.load import load

    replay_log(
        load(args.file, args.env),
        args.log,
        Console(highlight=False),
        SystemClock(),
        speed=args.speed,
        skip=args.skip,
        limit=args.limit,
        as_json=args.json,
    )
    return 0
