"""What is wrong with a configuration.

ConfigError          base: the configuration cannot be used; carries every problem
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing to change in the file.

    Attributes:
        line: counted from 1; None for the file as a whole.
        key: the path of the key, as in `solutions.hrnn.recipe`; empty for the file as a whole.
        text: what was given and what is allowed.
    """

    file: Path
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


class ConfigError(Exception):
    """The configuration cannot be used; its text has one line for each problem.

    Attributes:
        problems: all of them, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(map(str, self.problems)))
