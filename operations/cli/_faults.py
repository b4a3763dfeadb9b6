"""`personalize local fault`: what goes wrong on purpose in the local cloud."""

import argparse
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from operations.cli._options import add_json
from personalize_local.cloud import LocalCloud

EXAMPLES = """\
examples:
  personalize local fault add '*' --throttle 0.1 --seed 7
  personalize local fault add GetRecommendations --latency 200ms
  personalize local fault add CreateCampaign --error 1 --code LimitExceededException
  personalize local fault add CreateSolutionVersion --fail "no capacity" --times 1
  personalize local fault list --json

exit codes: 0 done, 1 the local cloud does not run, or refuses
"""

_LAYOUT: Mapping[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}
AddState = Callable[[argparse.ArgumentParser], None]


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", add_state: AddState) -> None:
    """Add the command.

    Args:
        add_state: Adds the option that names the local cloud's folder.
    """
    told = "let calls fail on purpose: throttling, errors, late answers, failing jobs"
    parser = actions.add_parser(
        "fault",
        help=told,
        description=f"{told[0].upper()}{told[1:]}.",
        **_LAYOUT,
    )
    verbs = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    adding = verbs.add_parser("add", help="add one; it stays, through restarts too, until it is removed", **_LAYOUT)
    adding.add_argument("operation", metavar="OPERATION", help="GetRecommendations, CreateCampaign …, or * for all")
    effect = adding.add_mutually_exclusive_group(required=True)
    effect.add_argument("--throttle", type=float, metavar="RATE", help="so many calls, 0 to 1, are throttled")
    effect.add_argument("--error", type=float, metavar="RATE", help="so many calls, 0 to 1, get HTTP status 500")
    effect.add_argument("--latency", type=_seconds, metavar="TIME", help="answers come so late: 200ms, 1.5s")
    effect.add_argument("--fail", metavar="REASON", help="what a Create operation begins fails with this reason")
    effect.add_argument("--denied", action="store_true", help="what a job wants from S3 is denied")
    adding.add_argument("--code", metavar="CODE", help="the error in place of status 500: LimitExceededException …")
    adding.add_argument("--rate", type=float, help="how many calls the last three hit, 0 to 1 (default: all)")
    adding.add_argument("--times", type=int, metavar="N", help="hit N calls at most")
    adding.add_argument("--seed", type=int, default=0, help="another choice of calls (default: %(default)s)")
    listing = verbs.add_parser("list", help="show them, with how many calls each saw and hit", **_LAYOUT)
    removing = verbs.add_parser("remove", help="remove one, or all", **_LAYOUT)
    which = removing.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=int, metavar="ID", help="as the list shows it")
    which.add_argument("--all", action="store_true", help="remove all")
    for verb, run in ((adding, add), (listing, show), (removing, remove)):
        add_state(verb)
        add_json(verb)
        verb.add_argument("--region", default=LocalCloud.region, help="of the service (default: %(default)s)")
        verb.set_defaults(run=run, refuse=verb.error)


def add(args: argparse.Namespace) -> int:
    """Add a fault."""
    if args.rate is not None and (args.throttle is not None or args.error is not None):
        args.refuse("--throttle and --error take the rate themselves")
    settings: dict[str, Any] = {"seed": args.seed, "rate": 1.0 if args.rate is None else args.rate}
    settings |= {name: getattr(args, name) for name in ("times", "code") if getattr(args, name) is not None}
    if args.throttle is not None:
        settings |= {"effect": "throttle", "rate": args.throttle}
    elif args.error is not None:
        settings |= {"effect": "error", "rate": args.error}
    elif args.latency is not None:
        settings |= {"effect": "latency", "seconds": args.latency}
    elif args.fail is not None:
        settings |= {"effect": "fail", "reason": args.fail}
    else:
        settings["effect"] = "denied"
    fault = LocalCloud(args.state).ask("POST", _path(args), {"operation": args.operation, **settings})
    print(json.dumps(fault) if args.json else f"fault {fault['id']}: {_what(fault)}")
    return 0


def show(args: argparse.Namespace) -> int:
    """Show the faults."""
    faults = LocalCloud(args.state).ask("GET", _path(args))["faults"]
    if args.json:
        print(json.dumps(faults))
        return 0
    rows = [("ID", "WHAT", "CALLS", "HIT"), *((f["id"], _what(f), f["calls"], f["hits"]) for f in faults)]
    widths = [max(len(str(row[column])) for row in rows) for column in range(2)]
    for number, what, calls, hits in rows:
        print(f"{number:<{widths[0]}}  {what:<{widths[1]}}  {calls:>5}  {hits:>5}")
    return 0


def remove(args: argparse.Namespace) -> int:
    """Remove one fault or all."""
    LocalCloud(args.state).ask("DELETE", _path(args, args.id))
    told = "all faults are removed" if args.all else f"fault {args.id} is removed"
    print(json.dumps({"removed": "all" if args.all else args.id}) if args.json else told)
    return 0


def _path(args: argparse.Namespace, number: int | None = None) -> str:
    return f"faults{'' if number is None else f'/{number}'}?region={args.region}"


def _what(fault: Mapping[str, Any]) -> str:
    """A fault in words."""
    effect = {
        "throttle": "is throttled",
        "error": f"gets {fault['code'] or 'HTTP status 500'}",
        "latency": f"is answered {fault['seconds'] * 1000:g} ms late",
        "fail": f"begins what fails: {fault['reason']}",
        "denied": "begins what is denied by S3",
    }[fault["effect"]]
    share = "" if fault["rate"] == 1 else f"{fault['rate']:.4g} of "
    times = "" if fault["times"] is None else f", {fault['times']} at most"
    return f"{share}{fault['operation']} {effect}{times}, seed {fault['seed']}"


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"a time is 200ms or 1.5s, got {text}")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)
