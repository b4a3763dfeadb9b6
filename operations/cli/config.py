"""`personalize config`: check what a configuration declares, or print its JSON Schema."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from operations.cli._options import add_json, loading

EXAMPLES = """\
examples:
  personalize config check -f examples/movielens/personalize.yaml --env prod
  personalize config check --json | jq '.prod.campaigns'
  personalize config schema > personalize.schema.json

exit codes: 0 all is as it should be, 1 something is wrong; the message tells everything, with its lines
"""
_LAYOUT: Mapping[str, Any] = {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("config", help="check the configuration, or print its JSON Schema", **_LAYOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="tell what the configuration declares, or everything that is wrong with it",
        description="Tell what the configuration declares in each environment, or everything that is wrong with it.",
        **_LAYOUT,
    )
    check.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    check.add_argument("--env", help="only this environment of the configuration (default: all of them)")
    add_json(check)
    check.set_defaults(run=_check)
    told = "print its JSON Schema, for editors that complete and check the file"
    schema = actions.add_parser("schema", help=told, description=f"{told[0].upper()}{told[1:]}.", **_LAYOUT)
    add_json(schema)  # which it is in any case
    schema.set_defaults(run=_schema)


def _check(args: argparse.Namespace) -> int:
    with loading():
        # Imported here: pydantic takes longer to load than most commands take.
        from personalize_stack.config.load import load, load_all
        from personalize_stack.config.summary import summary

        projects = [load(args.file, args.env)] if args.env else load_all(args.file)
    if args.json:
        declared = {project.environment: project.model_dump(mode="json", by_alias=True) for project in projects}
        print(json.dumps(declared, indent=2))
        return 0
    for project in projects:
        print(summary(project))
    return 0


def _schema(args: argparse.Namespace) -> int:
    from personalize_stack.config.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
