"""What commands have in common."""

import argparse
from contextlib import AbstractContextManager
from pathlib import Path


def add_environment(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the options that name the configuration and the environment.

    Args:
        again: Whether the parser is one below another that has them: what is not given here stays as given there.
    """
    parser.add_argument(
        "-f",
        "--file",
        type=Path,
        default=argparse.SUPPRESS if again else Path("personalize.yaml"),
        help="the configuration (default: personalize.yaml)",
    )
    parser.add_argument(
        "--env",
        default=argparse.SUPPRESS if again else "dev",
        help="the environment of the configuration (default: dev)",
    )


def add_json(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the option that asks for JSON.

    Args:
        again: As for `add_environment`.
    """
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS if again else False, help="print JSON")


def loading() -> AbstractContextManager[object]:
    """Show at a terminal that something happens, while what is slow to load is loaded; nothing elsewhere."""
    from rich.console import Console

    return Console(stderr=True).status("one moment")
