"""`personalize local`: the local cloud, up and down."""

import argparse
import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from operations.cli import _faults
from operations.cli._options import add_json
from personalize_local.cloud import PROFILES, LocalCloud

STATE = Path(".personalize/local")
EXAMPLES = """\
examples:
  personalize local up && eval "$(personalize local env)" && personalize deploy --env dev
  personalize local advance 7d                                # what is due within a week begins now
  personalize local fault add CreateSolutionVersion --fail "no capacity" --times 1

exit codes: 0 done, 1 it cannot be done, 3 (status) it does not run
"""
_LAYOUT: Mapping[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}
_UNITS = {"d": 24 * 3600, "h": 3600, "m": 60, "s": 1}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "local",
        help="start and stop the local cloud",
        description="A cloud on this machine that stands in for an AWS account: the CDK deploys to it unchanged, and "
        "its Amazon Personalize imports, trains and recommends. Its state stays when it stops.",
        **_LAYOUT,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, run, told in (
        ("up", up, "start it, unless it runs"),
        ("down", down, "stop it and everything that it started"),
        ("status", status, "tell whether it runs; exit code 3 if not"),
        ("env", env, "print what a shell has to export to use it"),
    ):
        action = actions.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.", **_LAYOUT)
        add_state(action)
        action.set_defaults(run=run)
        add_json(action)
        if name == "up":
            action.add_argument("--port", type=int, help="where to listen (default: as the last time, or a free one)")
            action.add_argument(
                "--profile", choices=PROFILES, default="brisk", help="how long things take (default: %(default)s)"
            )
    action = actions.add_parser(
        "advance",
        help="let time pass at once",
        description="Let time pass at once: what Personalize and the schedules have to wait for is over, and schedules "
        "that are due begin, once each. Functions, metrics and other commands go on by the machine's time.",
        **_LAYOUT,
    )
    action.add_argument("time", type=_seconds, metavar="TIME", help="as in 90s, 20m, 12h or 7d")
    add_state(action)
    add_json(action)
    action.set_defaults(run=advance)
    _faults.add_parser(actions, add_state)


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the local cloud's folder."""
    parser.add_argument(
        "--state", type=Path, default=STATE, help="the folder that keeps its state (default: %(default)s)"
    )


def up(args: argparse.Namespace) -> int:
    """Start it."""
    cloud = LocalCloud(args.state, args.port, args.profile)
    ran, crashed = cloud.status() is not None, cloud.crashed()
    url = cloud.up()
    if args.json:
        problems = cloud.ask("GET", "problems")["problems"]
        print(json.dumps({"url": url, "ran": ran, "crashed": crashed, "problems": problems}))
        return 0
    if crashed:
        print("the local cloud had crashed; it goes on with what it had saved")
    print(f"the local cloud {'runs already' if ran else 'is up'} at {url}")
    if not ran:
        command = f"personalize local env{_state_option(args)}"
        print(f'to use it in this shell: eval "$({command})"')
    _print_problems(cloud)
    return 0


def down(args: argparse.Namespace) -> int:
    """Stop it."""
    cloud = LocalCloud(args.state)
    crashed = cloud.crashed()
    ran = cloud.down()
    if args.json:
        print(json.dumps({"ran": ran, "crashed": crashed}))
    elif ran:
        print(f"the local cloud is down; its state stays in {args.state}")
    else:
        print("the local cloud had crashed; tidied up" if crashed else f"no local cloud runs on {args.state}")
    return 0


def status(args: argparse.Namespace) -> int:
    """Tell whether it runs."""
    cloud = LocalCloud(args.state)
    record = cloud.status()
    if args.json:
        told = {"url": record.url, "pid": record.pid, "profile": record.profile} if record else {}
        problems = cloud.ask("GET", "problems")["problems"] if record else []
        print(json.dumps({"running": record is not None, "crashed": cloud.crashed(), **told, "problems": problems}))
        return 0 if record else 3
    if record:
        print(f"the local cloud runs at {record.url} (process {record.pid}, profile {record.profile})")
        _print_problems(cloud)
        return 0
    crashed = cloud.crashed()
    print(f"the local cloud has crashed; see {cloud.log}" if crashed else f"no local cloud runs on {args.state}")
    return 3


def env(args: argparse.Namespace) -> int:
    """Print the exports."""
    variables = LocalCloud(args.state).environment()
    if args.json:
        print(json.dumps(variables))
        return 0
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def advance(args: argparse.Namespace) -> int:
    """Let time pass."""
    now = LocalCloud(args.state).ask("POST", "clock", {"advance": args.time})["now"]
    moment = datetime.fromtimestamp(now, UTC)
    told = f"in the local cloud it is now {moment:%Y-%m-%d %H:%M:%S} UTC"
    print(json.dumps({"now": moment.isoformat()}) if args.json else told)
    return 0


def _seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"should be like 90s, 20m, 12h or 7d; not '{text}'")
    return int(number) * _UNITS[unit]


def _print_problems(cloud: LocalCloud) -> None:
    """Print what was found damaged at the start."""
    for problem in cloud.ask("GET", "problems")["problems"]:
        print(f"problem: {problem}")


def _state_option(args: argparse.Namespace) -> str:
    """The option as it has to be given again."""
    return "" if args.state == STATE else f" --state {shlex.quote(str(args.state))}"
