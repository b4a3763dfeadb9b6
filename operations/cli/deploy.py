"""`personalize deploy`: deploy an environment."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "deploy",
        help="deploy an environment",
        description="Check an environment, bootstrap its account and region for the CDK if that was never done, deploy "
        "it, and print what an application needs. An interrupted deploy goes on in CloudFormation.",
        epilog="example: personalize deploy -f examples/movielens/personalize.yaml --env prod",
    )
    parser.add_argument(
        "-f", "--file", type=Path, default=Path("personalize.yaml"), help="the configuration (default: %(default)s)"
    )
    parser.add_argument("--env", default="dev", help="the environment of the configuration (default: %(default)s)")
    parser.add_argument(
        "--require-approval",
        choices=("never", "broadening"),
        help="ask before permissions get wider (default: broadening in production, never elsewhere)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Deploy the environment."""
    from rich.console import Console

    from operations.deploy import deploy

    console = Console(highlight=False, markup=False)
    deploy(args.file, args.env, console, require_approval=args.require_approval)
    return 0
