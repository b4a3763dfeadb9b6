"""Raw logs to what the service imports: read, normalise, judge, write, report.

Every row that is read ends in a dataset's file or in its quarantine, with the reason. Nothing of an unfinished
preparation looks finished: files are made in a hidden folder, moved when all of them are good, and the manifest, by
which a preparation counts as finished, is taken away before and written after that.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from data_prep import checks, manifest, schemas, sources
from data_prep.dataset import Dataset
from data_prep.engines.duckdb import Counts, DuckDB, Log
from data_prep.errors import DataPrepError, SourceError, UnusableDataError
from data_prep.manifest import Manifest, PreparedDataset, SourceFile
from data_prep.spec import Datasets, fingerprint

QUARANTINE = "quarantine"


def prepare(datasets: Datasets, root: Path, out: Path, domain: str | None = None) -> Manifest:
    """Prepare datasets into a folder: a CSV file and an Avro schema for each, the quarantine and the manifest.

    Args:
        datasets: by name: interactions, items, users, actions, action_interactions.
        root: the folder that sources are relative to.
        out: what an earlier preparation left there is replaced; on an error it stays.
        domain: ECOMMERCE or VIDEO_ON_DEMAND, whose datasets have columns of their own. Default: none.

    Raises:
        SourceError: a file or a column is missing or cannot be read.
        UnusableDataError: the service would refuse the datasets; every problem is told.
        DataPrepError: the folder cannot be written.
    """
    found = _find(datasets, root, domain)
    try:
        with _workspace(out) as work, DuckDB(work) as engine:
            prepared, unreadable, problems = {}, list[str](), list[str]()
            for dataset in found:
                # Before reading: a source that changes meanwhile is seen to have changed since.
                read = tuple(SourceFile.of(path, root) for path in dataset.files)
                try:
                    engine.load(dataset)
                except SourceError as error:
                    unreadable.append(str(error))
                    continue
                counts, log = engine.counts(), engine.log(dataset) if dataset.name == "interactions" else None
                problems += _refusals(dataset, counts, log)
                if not problems:
                    _write(dataset, engine, counts, work)
                    prepared[dataset.name] = _described(dataset, counts, log, read, work)
            if unreadable:
                raise SourceError("\n".join(unreadable + problems))
            if problems:
                raise UnusableDataError(problems)
            return _publish(Manifest(prepared, fingerprint(datasets), out, domain), work)
    except OSError as error:
        raise DataPrepError(f"cannot prepare files in {out}: {error}") from error


def _find(datasets: Datasets, root: Path, domain: str | None) -> list[Dataset]:
    """The datasets with their files; refuses at once what needs no look at the rows."""
    found, problems, missing = list[Dataset](), list[str](), list[str]()
    known = schemas.DATASET_TYPES[domain]
    for name, spec in datasets.items():
        dataset_type = known.get(name)
        if dataset_type is None:
            problems.append(f"datasets.{name}: no such dataset; allowed: {', '.join(known)}")
            continue
        problems += (
            f"datasets.{name}.columns: {problem}"
            for problem in schemas.check_fields(dataset_type, spec.fields(dataset_type))
        )
        try:
            files = tuple(sources.find(spec.source, root))
            found.append(Dataset(dataset_type, spec, root, files))
        except SourceError as error:
            missing.append(f"datasets.{name}.source: {error}")
    if problems:
        raise UnusableDataError(problems + missing)
    if missing:
        raise SourceError("\n".join(missing))
    return found


def _refusals(dataset: Dataset, counts: Counts, log: Log | None) -> list[str]:
    """Why the service would refuse the rows that are kept, and where the others went."""
    problems = []
    if log:
        problems += checks.check_training(log.totals)
        if counts.written and log.first_timestamp == log.last_timestamp:
            problems.append("All interactions have the same TIMESTAMP; a training needs times that vary")
    elif not counts.written:
        problems.append("There is no usable row")
    return [f"datasets.{dataset.name}: {problem} ({_summary(counts)})" for problem in problems]


def _summary(counts: Counts) -> str:
    rejected = "".join(f", {count} {reason}" for reason, count in counts.rejected.items())
    return f"{counts.read} rows read, {counts.written} usable{rejected}"


def _write(dataset: Dataset, engine: DuckDB, counts: Counts, work: Path) -> None:
    engine.write(dataset, work / dataset.type.file_name)
    schema = schemas.avro(dataset.type, dataset.fields)
    (work / dataset.type.schema_file_name).write_text(json.dumps(schema, indent=2) + "\n", "utf-8")
    if counts.rejected:
        (work / QUARANTINE).mkdir(exist_ok=True)
        engine.write_rejected(dataset, work / _quarantine_file(dataset))


def _quarantine_file(dataset: Dataset) -> str:
    return f"{QUARANTINE}/{dataset.name}.csv"


def _described(
    dataset: Dataset, counts: Counts, log: Log | None, read: tuple[SourceFile, ...], work: Path
) -> PreparedDataset:
    prepared = PreparedDataset(
        file=dataset.type.file_name,
        schema_file=dataset.type.schema_file_name,
        sha256=manifest.sha256(work / dataset.type.file_name),
        rows_read=counts.read,
        rows_written=counts.written,
        rejected=counts.rejected,
        columns=tuple(field.name for field in dataset.fields),
        quarantine_file=_quarantine_file(dataset) if counts.rejected else None,
        sources=read,
    )
    if log is None:
        return prepared
    return replace(
        prepared,
        first_timestamp=log.first_timestamp,
        last_timestamp=log.last_timestamp,
        users=log.totals.users,
        items=log.items,
        event_types=log.event_types,
    )


@contextmanager
def _workspace(out: Path) -> Iterator[Path]:
    """A hidden folder in `out`, gone at the end; what a killed run left is gone from the start."""
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(".partial-*"):
        shutil.rmtree(left)
    work = Path(mkdtemp(prefix=".partial-", dir=out))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _publish(finished: Manifest, work: Path) -> Manifest:
    """Put the files in place of those of the earlier preparation."""
    out = finished.folder
    (out / manifest.FILE_NAME).unlink(missing_ok=True)
    shutil.rmtree(out / QUARANTINE, ignore_errors=True)
    for dataset_type in schemas.DATASET_TYPES[None].values():
        for name in (dataset_type.file_name, dataset_type.schema_file_name):
            (out / name).unlink(missing_ok=True)
            if (work / name).exists():
                (work / name).replace(out / name)
    if (work / QUARANTINE).exists():
        (work / QUARANTINE).replace(out / QUARANTINE)
    finished.write()
    return finished
