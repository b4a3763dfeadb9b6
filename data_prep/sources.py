"""The files that a dataset's rows are in: finding them, and telling their format. Standard library only."""

import glob
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from data_prep.errors import SourceError


class Format(StrEnum):
    """How rows are written in a file."""

    CSV = "csv"
    JSON_LINES = "json lines"
    PARQUET = "parquet"


COMPRESSIONS = (".gz", ".zst")

_FORMATS = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".json": Format.JSON_LINES,
    ".parquet": Format.PARQUET,
}


def find(patterns: Iterable[str], root: Path) -> list[Path]:
    """The files that paths, folders and globs relative to `root` name, each once, as the patterns come and by name.

    Raises:
        SourceError: a pattern finds no file; all such patterns are named, with what is there.
    """
    found: dict[Path, None] = {}
    problems = []
    for pattern in patterns:
        named = root / pattern
        # A file may have a name that would be a glob: [1].csv.
        paths = [named] if named.exists() else [Path(name) for name in glob.glob(str(named), recursive=True)]
        matches = sorted(file for path in paths for file in _files(path))
        if not matches:
            problems.append(f"no file {pattern} in {root}; {_what_is_there(root / pattern)}")
        found |= dict.fromkeys(matches)
    if problems:
        raise SourceError("\n".join(problems))
    return list(found)


def format_of(path: Path) -> Format:
    """The format of a file by its name; `.gz` or `.zst` after it is allowed.

    Raises:
        SourceError: the name ends in something else.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    if not suffixes or suffixes[-1] not in _FORMATS:
        raise SourceError(
            f"cannot tell the format of {path} by its name; it should end in one of "
            f"{', '.join(_FORMATS)}, or one of them and .gz or .zst"
        )
    return _FORMATS[suffixes[-1]]


def _files(path: Path) -> list[Path]:
    """A file, or the files of a folder and those inside it whose format is known.

    Hidden ones are left out, and what a preparation has left in a folder inside it.
    """
    if not path.is_dir():
        return [path] if path.is_file() else []
    ours = {report.parent for report in path.rglob("report.html") if (report.parent / "report.json").is_file()} - {path}
    return [
        file
        for file in path.rglob("*")
        if file.is_file()
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
        and not ours.intersection(file.parents)
        and {suffix.lower() for suffix in file.suffixes} & _FORMATS.keys()
    ]


def _what_is_there(path: Path) -> str:
    folder = next(parent for parent in path.parents if parent.is_dir())
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"{folder} has {listed or 'no files'}"
