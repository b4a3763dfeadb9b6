"""What an incremental import brings: the rows that the last full output did not have, by their content.

Every increment is told from the last full output and not from the increment before, so it is right whether or not that
was ever deployed; the service keeps a record that comes again once, and replaces metadata of the same id.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from data_prep.dataset import Dataset
from data_prep.errors import ManifestError
from data_prep.manifest import Manifest, Part
from data_prep.rules import ROW, literal, quoted

FOLDER = "baseline"
MAX_BYTES = 1_000_000_000  # of one incremental import
MIN_INTERACTIONS = 1000  # of one import, whatever its mode

_TYPES = {
    "string": "varchar",
    "int": "integer",
    "long": "bigint",
    "float": "double",
    "double": "double",
    "boolean": "boolean",
}


def baseline(out: Path, dataset: Dataset) -> tuple[Part, ...]:
    """The files of the last full output of a dataset, if they have the same columns; none where there was none yet."""
    try:
        former = Manifest.read(out).datasets.get(dataset.name)
    except ManifestError:
        return ()
    if former is None or former.columns != tuple(field.name for field in dataset.fields):
        return ()
    parts = former.baseline or (former.parts if former.mode == "FULL" else ())
    return parts if all((out / part.file).is_file() for part in parts) else ()


def known(dataset: Dataset, files: Sequence[Path]) -> str:
    """A SELECT of the ids of the rows, of `{rows}`, that are in the files, all columns being alike."""
    columns = ", ".join(f"{literal(field.name)}: {literal(_TYPES[field.type])}" for field in dataset.fields)
    paths = ", ".join(literal(str(path)) for path in files)
    alike = " and ".join(
        f"rows.{quoted(field.name)} is not distinct from base.{quoted(field.name)}" for field in dataset.fields
    )
    return f"""select rows.{ROW} from {{rows}} as rows semi join read_csv([{paths}], auto_detect = false, header = true,
               delim = ',', quote = '"', escape = '\\', nullstr = '', columns = {{{{{columns}}}}}) as base on {alike}"""


def keep(parts: Sequence[Part], out: Path, work: Path, *, as_output: bool) -> tuple[Part, ...]:
    """Let the files of a full output be part of what is being made: beside an increment, or as the output again."""
    kept = []
    for part in parts:
        name = part.file.removeprefix(f"{FOLDER}/")
        file = name if as_output else f"{FOLDER}/{name}"
        (work / file).parent.mkdir(parents=True, exist_ok=True)
        os.link(out / part.file, work / file)
        kept.append(Part(file, part.bytes, part.sha256))
    return tuple(kept)


def refusals(dataset: Dataset, rows: int, bytes_written: int) -> list[str]:
    """Why one import would not take an increment."""
    problems = []
    if dataset.name == "interactions" and rows < MIN_INTERACTIONS:
        problems.append(
            f"only {rows} interactions are new since the last full output, and an import needs {MIN_INTERACTIONS}; "
            "wait for more, or import with the mode FULL"
        )
    if bytes_written > MAX_BYTES:
        problems.append(
            f"{bytes_written} bytes are new since the last full output, and an incremental import takes {MAX_BYTES}; "
            "import with the mode FULL"
        )
    return [f"datasets.{dataset.name}.import: {problem}" for problem in problems]
