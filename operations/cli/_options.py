"""What commands have in common."""

import argparse
import math
from collections.abc import Callable
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


def number(least: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an option that is a whole number, at least and at most so great."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            bounds = f"at least {least}" + ("" if most is None else f" and at most {most}")
            raise argparse.ArgumentTypeError(f"should be a whole number, {bounds}; not {text!r}")
        return int(text)

    return read


def column_value(text: str) -> tuple[str, str]:
    """The type of an option that gives a column's value, as DEVICE=tv."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"should be COLUMN=VALUE, not {text!r}")
    return name, value


def amount(text: str) -> float:
    """The type of an option that is a number, not below 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"should be a number, at least 0; not {text!r}")
    return value


def loading() -> AbstractContextManager[object]:
    """Show at a terminal that something happens, while what is slow to load is loaded; nothing elsewhere."""
    from rich.console import Console

    return Console(stderr=True).status("one moment")
