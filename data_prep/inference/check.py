"""A draft, tried on the sample that it was drawn from: what would be kept of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data_prep.dataset import Dataset, File
from data_prep.engines.duckdb import DuckDB
from data_prep.inference.draft import DraftDataset
from data_prep.schemas import DATASET_TYPES
from data_prep.sources import Format
from data_prep.spec import DatasetSpec, SourceSpec


@dataclass(frozen=True)
class Kept:
    """What became of sampled rows.

    Attributes:
        rejected: reason -> rows.
        examples: reason -> a row.
    """

    rows: int
    kept: int
    rejected: Mapping[str, int]
    examples: Mapping[str, str]

    def __str__(self) -> str:
        lost = "".join(f", {count:,} {reason}" for reason, count in self.rejected.items())
        return f"of {self.rows:,} sampled rows, {self.kept:,} are kept{lost}"


def tried(draft: DraftDataset, spec: Mapping[str, Any]) -> Kept:
    """Prepare the samples of a dataset as its draft says.

    Args:
        draft: the dataset.
        spec: the same as a configuration declares it.
    """
    declared = DatasetSpec.model_validate(spec)
    with TemporaryDirectory() as folder, DuckDB(Path(folder)) as engine:
        dataset = Dataset(DATASET_TYPES[None][draft.name], declared, tuple(_files(draft, Path(folder))))
        engine.load(dataset)
        counts, samples = engine.counts(), engine.samples(1)
    examples = {reason: rows[0].row for reason, rows in samples.items() if rows}
    return Kept(counts.read, counts.written, counts.rejected, examples)


def _files(draft: DraftDataset, folder: Path) -> Iterator[File]:
    """The samples as files, each with the shape of what it is a sample of."""
    for part in draft.parts:
        for one in part.group.samples:
            path = one.path
            shape = {name: given for name, given in one.shape.items() if name != "encoding"}
            if one.text is not None:
                path = folder / f"{len(list(folder.iterdir()))}{'.csv' if one.format is Format.CSV else '.jsonl'}"
                path.write_text(one.text, "utf-8")
            given = {"path": str(one.path), **shape, "columns": part.columns}
            yield File(one.path.name, path, SourceSpec.model_validate(given))
