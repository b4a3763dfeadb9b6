"""Prepared files as the engine reads them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_prep.manifest import Manifest, PreparedDataset
from data_prep.schemas import Field, fields_of
from personalize_local.engine.log import Catalogue, Log
from personalize_local.service.tables import Table, contexts_of, log_of

AT_A_TIME = 100_000  # rows
ASKED = {"EVENT_TYPE": "NULL", "EVENT_VALUE": "NULL::DOUBLE"}  # what stands for an absent column


def read_log(manifest: Manifest, event_type: str | None = None) -> Log:
    """The prepared interactions, each once.

    Args:
        event_type: Only those of this type.
    """
    dataset = manifest.datasets["interactions"]
    types, values = (name if name in dataset.columns else absent for name, absent in ASKED.items())
    contexts = contexts_of(_fields(manifest, dataset))
    more = "".join(f', "{name}"' + ("" if kind == "string" else "::DOUBLE") for name, kind in contexts.items())
    with _paths(manifest, dataset) as paths, duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT USER_ID, ITEM_ID, TIMESTAMP::BIGINT, {types}, {values}::DOUBLE{more} "
            f"FROM read_csv(?, header = true, all_varchar = true) WHERE ? IS NULL OR lower({types}) = lower(?)",
            [paths, event_type, event_type],
        )
        return log_of([Table.of(iter(_each(rows)), contexts)])


def read_catalogue(manifest: Manifest, name: str = "items", id_column: str = "ITEM_ID") -> Catalogue | None:
    """The prepared items, or users; None without such a dataset."""
    if name not in manifest.datasets:
        return None
    dataset = manifest.datasets[name]
    fields = _fields(manifest, dataset)
    names = [field.name for field in fields if field.is_learned]
    texts = [field.name for field in fields if field.textual or field.item_name]
    types = {field.name: "VARCHAR" for field in fields if field.type == "string"}
    with _paths(manifest, dataset) as paths, duckdb.connect() as connection:
        found = connection.execute(f"FROM read_csv(?, header = true, types = {types})", [paths])
        frame = found.df().drop_duplicates(id_column, keep="last").astype(object)  # corrections come after
    read = {str(name): values.where(values.notna(), None).to_numpy() for name, values in frame.items()}
    return Catalogue(read[id_column], {column: read[column] for column in names}, texts)


def _fields(manifest: Manifest, dataset: PreparedDataset) -> Sequence[Field]:
    return fields_of(json.loads((manifest.folder / dataset.schema_file).read_text(encoding="utf-8")))


@contextmanager
def _paths(manifest: Manifest, dataset: PreparedDataset) -> Iterator[list[str]]:
    with TemporaryDirectory() as folder:
        yield [str(path) for path in manifest.here((*dataset.baseline, *dataset.parts), Path(folder))]


def _each(rows: duckdb.DuckDBPyConnection):  # type: ignore[no-untyped-def]
    while batch := rows.fetchmany(AT_A_TIME):
        yield from batch
