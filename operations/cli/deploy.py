"""`personalize deploy`: deploy an environment."""

import argparse

from operations.cli._options import add_environment, add_json, loading

EXAMPLES = """\
examples:
  personalize deploy -f examples/movielens/personalize.yaml --env prod
  personalize deploy --env prod --no-wait && personalize status --env prod --watch
  personalize deploy --env dev --json > outputs.json

exit codes: 0 deployed, or started with --no-wait; 1 failed, or nobody approved; the message says why
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "deploy",
        help="deploy an environment",
        description="Check an environment, bootstrap its account and region for the CDK if that was never done, deploy "
        "it, and print what an application needs. An interrupted deploy goes on in CloudFormation.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_environment(parser)
    parser.add_argument(
        "--no-wait", action="store_true", help="only start it; personalize status --watch follows it from anywhere"
    )
    add_json(parser)
    parser.add_argument(
        "--require-approval",
        choices=("never", "broadening"),
        help="ask before permissions get wider (default: broadening in production, never elsewhere)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Deploy the environment."""
    from rich.console import Console

    with loading():
        from operations.deploy import deploy

    console = Console(highlight=False, markup=False)
    deploy(
        args.file,
        args.env,
        console,
        require_approval=args.require_approval,
        wait=not args.no_wait,
        as_json=args.json,
    )
    return 0
