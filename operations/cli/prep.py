"""`personalize prep`: raw logs to the files that Amazon Personalize imports."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "prep",
        help="prepare the raw logs for the service",
        description="Turn the sources of every dataset into the CSV file and the Avro schema that the service imports. "
        "Rows that it would refuse are kept aside with the reason, in the folder quarantine beside them.",
        epilog="example: personalize prep -f examples/movielens/personalize.yaml",
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prepare the datasets and print the report."""
    from rich.console import Console

    from data_prep.prepare import prepare
    from data_prep.report import report
    from personalize_stack.config.load import load

    project = load(args.file, args.env)
    manifest = prepare(project.datasets, project.root, project.root / project.prepared, project.domain)
    Console().print(report(manifest))
    return 0
