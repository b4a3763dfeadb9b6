"""`personalize prep`: raw logs to the files that Amazon Personalize imports."""

import argparse
import sys
from pathlib import Path

from operations.cli import _prep_init
from operations.cli._options import loading

EXAMPLES = """\
examples:
  personalize prep init logs/                    # draft personalize.yaml from a look at the logs
  personalize prep                               # prepare what personalize.yaml declares
  personalize prep --env prod --remote           # by a job in AWS, for more than this machine can hold
  personalize prep --open                        # and look at the report in the browser
  personalize prep --strict --json > prep.json   # a gate of a pipeline

exit codes: 0 all is prepared, 1 the data or the configuration cannot be used (nothing but a report of what was read is
written) or, with --strict, something is odd (the files are written), 2 wrong usage
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "prep",
        help="prepare the raw logs for the service",
        description="Turn the sources of every dataset into the CSV file and the Avro schema that the service imports. "
        "Rows that it would refuse are kept aside with the reason, in the folder quarantine beside them; a page tells "
        "what the data looks like and what is odd about it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.add_argument("--remote", action="store_true", help="by the job in AWS that `prep.engine: spark` stands for")
    parser.add_argument(
        "--memory", help="how much memory it may take before it uses the disk, as 4GiB (default: 4GiB, or less)"
    )
    parser.add_argument("--open", action="store_true", help="open the report in the browser")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when there are warnings")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)
    _prep_init.add_parser(parser.add_subparsers(title="actions", metavar="ACTION"))


def run(args: argparse.Namespace) -> int:
    """Prepare the datasets and print the report."""
    with loading():
        from rich.console import Console

        from data_prep.errors import DataPrepError, UnusableDataError
        from data_prep.page.document import FILE_NAME
        from data_prep.report import page, report
        from data_prep.summary.model import Summary
        from operations.cli._prep_progress import shown
        from operations.clock import SystemClock
        from operations.preparation import prepare_here
        from operations.remote_preparation import prepare_remotely
        from personalize_stack.config.load import load

        project = load(args.file, args.env)
    out = project.root / project.prepared
    console = Console(highlight=False, markup=False, stderr=args.json)
    try:
        if args.remote:
            manifest = prepare_remotely(args.file, args.env, console, SystemClock())
        else:
            with shown(Console(stderr=True)) as progress:
                manifest = prepare_here(project, args.memory, progress)
    except DataPrepError as error:
        failed = error.report if isinstance(error, UnusableDataError) else None
        if args.json:
            summary = (failed and Summary.read(failed.parent)) or Summary.of_problems(str(error).splitlines())
            print(summary.model_dump_json(indent=1))
        if args.open and failed:
            _open(failed)
        raise
    summary = Summary.read(out) or Summary(datasets={})
    if args.json:
        print(summary.model_dump_json(indent=1))
    else:
        console.print(report(manifest, summary))
        console.print(page(out), soft_wrap=True)
    if args.open:
        _open(out / FILE_NAME)
    return 1 if args.strict and summary.of("warning") else 0


def _open(page: Path) -> None:
    """Show a report in the browser, or say where it is."""
    import webbrowser

    uri = page.absolute().as_uri()
    if not webbrowser.open(uri):
        print(f"no browser can be opened here; the report is at {uri}", file=sys.stderr)
