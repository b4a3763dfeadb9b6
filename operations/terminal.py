"""What commands have in common at the terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console

from operations.errors import OperationError


def require_consent(console: Console, expected: str, skip: str = "--yes") -> None:
    """Go on only if the person at the terminal types the name of what will be lost.

    Args:
        skip: The option that answers beforehand, for the message.

    Raises:
        OperationError: There is nobody to ask, or the answer is another.
    """
    if not sys.stdin.isatty():
        raise OperationError(f"nobody can be asked, since the input is no terminal; give {skip} to go on unasked")
    console.print(f"type {expected} to go on: ", end="", markup=False)
    answer = sys.stdin.readline().strip()
    if answer != expected:
        raise OperationError(f"{answer!r} is not {expected!r}; nothing was changed")


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Lines with a column for each value, however wide: names are there to be copied, so none is cut or broken."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
