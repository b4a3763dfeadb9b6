"""`personalize completion`: what a shell needs to complete commands and options."""

import argparse
import json

from operations.cli._options import add_json

EXAMPLES = """\
examples:
  eval "$(personalize completion bash)"                                # in ~/.bashrc
  personalize completion zsh > ~/.zfunc/_personalize                   # in a folder of $fpath

exit codes: 0 printed, 2 no such shell
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "completion",
        help="print what a shell needs to complete commands",
        description="Print a script with which a shell completes commands and options.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_json(parser)
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="for which shell")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from operations.cli.main import parser

    script = shtab.complete(parser(), shell=args.shell)
    print(json.dumps({"shell": args.shell, "script": script}) if args.json else script)
    return 0
