"""The same preparation for data frames, in and out: for notebooks, and for programs that have their logs in memory.

A frame becomes a Parquet file, and what is prepared of it a frame again, so there is one logic and no second one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd

from data_prep import prepare as files
from data_prep.errors import UnusableDataError
from data_prep.manifest import Manifest, PreparedDataset
from data_prep.schemas import DATASET_TYPES
from data_prep.spec import Columns, Datasets, DatasetSpec, RulesSpec

# The types of Avro, as pandas has them with missing values.
_TYPES: Mapping[str, Any] = {
    "string": "string",
    "int": "Int32",
    "long": "Int64",
    "float": "Float32",
    "double": "Float64",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class PreparedFrames:
    """What came of data frames.

    Attributes:
        datasets: by the dataset's name, the rows that are kept, in the columns and types of its schema.
        rejected: by the dataset's name, the other rows: the reason, the line (from 1) in the frame and the row as JSON.
        manifest: the counts; its files are gone.
    """

    datasets: Mapping[str, pd.DataFrame]
    rejected: Mapping[str, pd.DataFrame]
    manifest: Manifest


def prepare(
    frames: Mapping[str, pd.DataFrame], columns: Mapping[str, Columns], domain: str | None = None, **rules: RulesSpec
) -> PreparedFrames:
    """Prepare data frames by the rules of a configuration.

    Args:
        frames: by the dataset's name: interactions, items, users, actions, action_interactions.
        columns: by the dataset's name, where its columns come from, as in a configuration:
            `{"interactions": {"USER_ID": "user", "TIMESTAMP": {"column": "at", "unit": "ms"}, ...}}`.
        domain: ECOMMERCE or VIDEO_ON_DEMAND. Default: none.
        rules: by the dataset's name, the rows to leave out.

    Raises:
        SourceError: a column is missing.
        UnusableDataError: the service would refuse the datasets; every problem is told.
    """
    if frames.keys() != columns.keys():
        raise UnusableDataError([f"there are frames of {sorted(frames)} and columns of {sorted(columns)}"])
    with TemporaryDirectory() as folder:
        root, out = Path(folder), Path(folder) / "prepared"
        specs: Datasets = {name: _spec(name, columns[name], rules) for name in frames}
        for name, frame in frames.items():
            _write(frame, root / f"{name}.parquet")
        try:
            manifest = files.prepare(specs, root, out, domain)
        except UnusableDataError as error:
            raise UnusableDataError(error.problems, error.examples) from error  # its report is gone with the folder
        types = DATASET_TYPES[domain]
        read = {
            name: pd.concat(
                [
                    _read(out / part.file, {field.name: field.type for field in specs[name].fields(types[name])})
                    for part in dataset.parts
                ],
                ignore_index=True,
            )
            for name, dataset in manifest.datasets.items()
        }
        rejected = {name: _quarantine(out, dataset) for name, dataset in manifest.datasets.items()}
        return PreparedFrames(read, rejected, manifest)


def _spec(name: str, columns: Columns, rules: Mapping[str, RulesSpec]) -> DatasetSpec:
    given = {"source": f"{name}.parquet", "columns": columns} | ({"rules": rules[name]} if name in rules else {})
    return DatasetSpec.model_validate(given)


def _write(frame: pd.DataFrame, path: Path) -> None:
    # Whole numbers with gaps are floats to pandas; so 7 would be read as 7.0.
    whole = frame.convert_dtypes()
    with duckdb.connect() as connection:
        connection.register("frame", whole)
        connection.table("frame").write_parquet(str(path))


def _read(path: Path, types: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""], escapechar="\\")
    return frame.astype({name: _TYPES[kind] for name, kind in types.items()})


def _quarantine(out: Path, dataset: PreparedDataset) -> pd.DataFrame:
    if dataset.quarantine_file is None:
        return pd.DataFrame(columns=["reason", "line", "row"])
    return pd.read_csv(out / dataset.quarantine_file).drop(columns="file")
