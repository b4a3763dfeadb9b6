"""`personalize prep init`: a configuration drafted from a look at the logs."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_prep.inference.infer import Draft
    from data_prep.inference.roles import Role

ROLES: "tuple[Role, ...]" = ("user", "item", "time", "event_type", "value")
SHOWN_CHARACTERS = 100
EXAMPLES = """\
examples:
  personalize prep init logs/                              # every file in the folder
  personalize prep init events.csv products.jsonl customers.csv
  personalize prep init clicks.csv --user visitor --item page --time-format '%d/%m/%Y %H:%M'
  personalize prep init s3://shop-logs/2026/*.jsonl.gz
  personalize prep init events.csv -o shop/personalize.yaml

exit codes: 0 a configuration is written, 1 what the files hold cannot be told (the message says what to declare),
2 wrong usage
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the action."""
    parser = subparsers.add_parser(
        "init",
        help="draft a configuration from a look at the logs",
        description="Read a sample of the files and write a configuration with what was found: columns, times, event "
        "types, metadata of items and users, each with what it rests on as a comment. Read it, correct it, then run "
        "`personalize prep`.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "logs", nargs="+", metavar="LOGS", help="files, folders, globs, S3 URIs: CSV, JSON Lines, Parquet"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("personalize.yaml"), help="where to write it (default: %(default)s)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.add_argument("--project", metavar="NAME", help="the project's name (default: that of the folder)")
    for role in ROLES:
        option = f"--{role.replace('_', '-')}"
        parser.add_argument(option, metavar="COLUMN", help=f"the column with the {role.replace('_', ' ')}")
    parser.add_argument("--time-format", metavar="FORMAT", help="how times are written, as '%%d/%%m/%%Y %%H:%%M'")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Draft, write, check, and tell what was found."""
    from data_prep.errors import DataPrepError
    from data_prep.inference.infer import infer
    from personalize_stack.config.load import load_all

    if args.output.exists() and not args.force:
        raise DataPrepError(f"{args.output} is there already; name another file with --output, or give --force")
    declared: dict[Role, str] = {role: getattr(args, role) for role in ROLES if getattr(args, role)}
    draft = infer(
        args.logs, args.output.absolute().parent, declared, time_format=args.time_format, project=args.project
    )
    try:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(draft.text, "utf-8")
    except OSError as error:
        raise DataPrepError(f"cannot write {args.output}: {error}") from error
    load_all(args.output)
    if args.json:
        print(json.dumps(_figures(draft, args.output), indent=2))
        return 0
    for dataset in draft.datasets:
        files = ", ".join(part.group.name for part in dataset.parts)
        print(f"{dataset.name}, from {files}: {draft.kept[dataset.name]}")
        for reason, row in draft.kept[dataset.name].examples.items():
            print(f"  {reason}, as in {row[:SHOWN_CHARACTERS]}")
        for guess in dataset.columns:
            print(f"  {'' if guess.active else '# '}{guess.name}: {guess.why}")
    again = "" if args.output == Path("personalize.yaml") else f" -f {args.output}"
    print(f"\n{args.output} is written; read it, correct what is wrong, then run: personalize prep{again}")
    return 0


def _figures(draft: "Draft", output: Path) -> dict[str, object]:
    return {
        "file": str(output),
        "datasets": {
            dataset.name: {
                "files": [str(one.place) for part in dataset.parts for one in part.group.samples],
                "rows": draft.kept[dataset.name].rows,
                "kept": draft.kept[dataset.name].kept,
                "rejected": dict(draft.kept[dataset.name].rejected),
                "columns": [
                    {"name": guess.name, "given": guess.given, "why": guess.why, "used": guess.active}
                    for guess in dataset.columns
                ],
                "notes": list(dataset.notes),
            }
            for dataset in draft.datasets
        },
    }
