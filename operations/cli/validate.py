"""`personalize validate`: files that something else has made, checked before an import."""

import argparse
from pathlib import Path

from operations.cli._options import loading

EXAMPLES = """\
examples:
  personalize validate INTERACTIONS.csv ITEMS.csv                # schemas are told from the headers and the values
  personalize validate out/*.csv --schema out/interactions.avsc --schema out/items.avsc
  personalize validate prepared                                  # what `personalize prep` has made
  personalize validate s3://bucket/interactions/ --strict --json > checked.json
  personalize validate INTERACTIONS.csv -f personalize.yaml      # is enough left for its solutions?
  personalize validate INTERACTIONS.csv --against prepared       # compare with the run before

exit codes: 0 the service would take the files, 1 it would not (or --strict, and something is odd), 2 wrong usage
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "validate",
        help="check CSV files that were made elsewhere, before an import",
        description="Check CSV files as an import and a training of the service would, and for what these do not look "
        "for: repetitions, gaps, times, new items, metadata that knows the outcome, changes since the run before.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="CSV files, folders, globs, S3 URIs, prepared files")
    parser.add_argument(
        "--schema",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the Avro schema of one of the datasets",
    )
    parser.add_argument("--domain", choices=("ECOMMERCE", "VIDEO_ON_DEMAND"), help="that of the dataset group")
    parser.add_argument("--incremental", action="store_true", help="the import will be incremental")
    parser.add_argument("-f", "--file", type=Path, help="a configuration whose trainings must find enough")
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="the prepared files, or the --report, of the run before"
    )
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="write the report there, as a page and as JSON")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when there are warnings")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check and print."""
    with loading():
        from rich.console import Console

        from data_prep import report
        from data_prep.errors import DataPrepError
        from data_prep.page import document
        from data_prep.summary.model import Summary
        from data_prep.validation.validate import validate
        from operations.preparation import trainings
        from personalize_stack.config.load import load

        project = load(args.file, args.env) if args.file else None
    try:
        summary = validate(
            args.files,
            args.schema,
            domain=args.domain or (project.domain if project else None),
            mode="INCREMENTAL" if args.incremental else "FULL",
            trainings=trainings(project) if project else (),
            against=args.against,
        )
    except DataPrepError as error:
        if args.json:
            print(Summary.of_problems(str(error).splitlines()).model_dump_json(indent=1))
        raise
    if args.report:
        try:
            args.report.mkdir(parents=True, exist_ok=True)
            summary.write(args.report)
            (args.report / document.FILE_NAME).write_text(document.page(summary, "What was checked"), "utf-8")
        except OSError as error:
            raise DataPrepError(f"cannot write the report into {args.report}: {error}") from error
    if args.json:
        print(summary.model_dump_json(indent=1))
    else:
        console = Console(highlight=False, markup=False)
        console.print(report.checked(summary))
        if args.report:
            console.print(report.page(args.report), soft_wrap=True)
    return 1 if summary.of("error") or (args.strict and summary.of("warning")) else 0
