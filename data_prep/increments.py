"""What an incremental import brings: the rows that the last full output did not have, by their content.

Every increment is told from the last full output and not from the increment before, so it is right whether or not that
was ever deployed; the service keeps a record that comes again once, and replaces metadata of the same id.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from data_prep.dataset import Dataset
from data_prep.manifest import Manifest, Part
from data_prep.rules import ROW, literal, quoted

FOLDER = "baseline"
MIN_INTERACTIONS = 1000  # of one import, whatever its mode

_TYPES = {
    "string": "varchar",
    "int": "integer",
    "long": "bigint",
    "float": "double",
    "double": "double",
    "boolean": "boolean",
}


def baseline(former: Manifest | None, dataset: Dataset) -> tuple[Part, ...]:
    """The files of the last full output of a dataset, if they have the same columns; none where there was none yet."""
    found = former and former.datasets.get(dataset.name)
    if not former or not found or found.columns != tuple(field.name for field in dataset.fields):
        return ()
    parts = found.baseline or (found.parts if found.mode == "FULL" else ())
    places = [former.place(part.file) for part in parts]
    return parts if all(isinstance(place, str) or place.is_file() for place in places) else ()


def known(dataset: Dataset, files: Sequence[Path]) -> str:
    """A SELECT of the ids of the rows, of `{rows}`, that are in the files, all columns being alike."""
    columns = ", ".join(f"{literal(field.name)}: {literal(_TYPES[field.type])}" for field in dataset.fields)
    paths = ", ".join(literal(str(path)) for path in files)
    alike = " and ".join(
        f"rows.{quoted(field.name)} is not distinct from base.{quoted(field.name)}" for field in dataset.fields
    )
    return f"""select rows.{ROW} from {{rows}} as rows semi join read_csv([{paths}], auto_detect = false, header = true,
               delim = ',', quote = '"', escape = '\\', nullstr = '', columns = {{{{{columns}}}}}) as base on {alike}"""


def keep(
    dataset: Dataset, parts: Sequence[Part], files: Sequence[Path], work: Path, *, as_output: bool
) -> tuple[Part, ...]:
    """Let the files of a full output be part of what is being made: beside an increment, or as the output again."""
    kept = []
    for part, path in zip(parts, files, strict=True):
        whole = dataset.type.file_name
        name = whole if len(parts) == 1 else f"{Path(whole).stem}/{path.name}"
        file = name if as_output else f"{FOLDER}/{name}"
        (work / file).parent.mkdir(parents=True, exist_ok=True)
        os.link(path, work / file)
        kept.append(Part(file, part.bytes, part.sha256))
    return tuple(kept)


def refusals(dataset: Dataset, rows: int) -> list[str]:
    """Why one import would not take an increment, whose size is looked at as that of any import."""
    if dataset.name != "interactions" or rows >= MIN_INTERACTIONS:
        return []
    return [
        f"only {rows} interactions are new since the last full output, and an import needs {MIN_INTERACTIONS}; "
        "wait for more, or set `import.mode` to FULL"
    ]
