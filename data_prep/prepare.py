"""Raw logs to what the service imports: read, normalise, judge, write, report.

Every row that is read ends in a dataset's file or in its quarantine, with the reason. Nothing of an unfinished
preparation looks finished: files are made in a hidden folder, and put in place when all of them are good
(`publishing`).
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from os.path import relpath
from pathlib import Path

from data_prep import parts, s3, schemas, sources
from data_prep.dataset import Dataset, File
from data_prep.engines.duckdb import DuckDB
from data_prep.engines.engine import Engine
from data_prep.errors import DataPrepError, ManifestError, SourceError, UnusableDataError
from data_prep.manifest import Manifest
from data_prep.page import document
from data_prep.preparing import Preparing
from data_prep.progress import Progress
from data_prep.publishing import fail, publish, workspace
from data_prep.spec import Datasets, SourceSpec, fingerprint
from data_prep.store import Store
from data_prep.summary.model import Summary
from data_prep.summary.survey import Survey
from data_prep.trainings import Training


def prepare(
    datasets: Datasets,
    root: Path,
    out: Path,
    domain: str | None = None,
    engine: Callable[[Path], Engine] | None = None,
    *,
    trainings: Sequence[Training] = (),
    now: int | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
    part_bytes: int = parts.MAX_BYTES,
    incremental: Collection[str] = (),
    store: str | None = None,
) -> Manifest:
    """Prepare datasets into a folder: a CSV file and an Avro schema for each, the quarantine, the manifest, a report.

    Args:
        datasets: by name: interactions, items, users, actions, action_interactions.
        root: the folder that sources are relative to.
        out: what an earlier preparation left there is replaced; on an error it stays.
        domain: ECOMMERCE or VIDEO_ON_DEMAND, whose datasets have columns of their own. Default: none.
        engine: what runs the rules, given a folder for what does not fit into memory. Default: DuckDB, with the
            memory and the progress that are given.
        trainings: those that learn from some interactions only; whether enough are left is checked.
        now: the time in epoch seconds, which no interaction may be after. Default: that of the clock.
        memory: how much the process may take before it uses the disk, as 4GiB. Default: 4 GiB, or less on a small
            machine.
        progress: is told how far it is. Default: none.
        part_bytes: how large a file may be before there are several. Default: a gigabyte.
        incremental: the names of the datasets of which only what is new since their last full output is written;
            where there was none, that is made. Default: none.
        store: a folder in S3, `s3://bucket/prefix`, for the files with rows, and a copy of the others. Default: all are
            in `out`.

    Raises:
        SourceError: a file or a column is missing or cannot be read.
        UnusableDataError: the service would refuse the datasets; every problem is told, and a report is left beside
            what an earlier preparation left.
        DataPrepError: the folder, or the one in S3, cannot be written.
    """
    types = _types(datasets, domain)
    _refuse_missing_files(datasets, root)
    former = _former(out, store)
    engine = engine or partial(DuckDB, memory=memory, progress=progress)
    survey = Survey(trainings, int(time.time()) if now is None else now)
    try:
        with workspace(out) as (made, scratch), engine(scratch) as running:
            found = _find(datasets, types, root)
            preparing = Preparing(running, survey, made, scratch, former, incremental, part_bytes, progress)
            for dataset in sorted(found, key=lambda dataset: dataset.name != "interactions"):  # the others look at it
                preparing.take(dataset, datasets)
            summary = survey.summary(preparing.figures_of(datasets), Summary.read(out))
            if preparing.unreadable:
                raise SourceError("\n".join(preparing.unreadable + survey.errors()))
            if problems := survey.errors():
                raise UnusableDataError(problems, preparing.examples, fail(summary, out))
            summary.write(made)
            (made / document.FILE_NAME).write_text(document.page(summary, "What was prepared"), "utf-8")
            finished = Manifest(preparing.prepared_of(datasets), fingerprint(datasets), out, domain)
            if store:
                if progress:
                    progress.step("uploading")
                finished = Store(store).publish(finished, made)
            return publish(finished, made)
    except OSError as error:
        raise DataPrepError(f"cannot prepare files in {out}: {error}") from error


def _former(out: Path, store: str | None) -> Manifest | None:
    """The preparation that this one is to replace; looking for it in S3 tells at once when that cannot be reached."""
    with suppress(ManifestError):
        return Store(store).former() if store else Manifest.read(out)
    return None


def _types(datasets: Datasets, domain: str | None) -> dict[str, schemas.DatasetType]:
    """The types of the datasets; refuses at once what needs no look at the files."""
    problems, known = list[str](), schemas.DATASET_TYPES[domain]
    for name, spec in datasets.items():
        if name in known:
            problems += (
                f"datasets.{name}.columns: {problem}"
                for problem in schemas.check_fields(known[name], spec.fields(known[name]))
            )
        else:
            problems.append(f"datasets.{name}: no such dataset; allowed: {', '.join(known)}")
    if problems:
        raise UnusableDataError(problems)
    return {name: known[name] for name in datasets}


def _refuse_missing_files(datasets: Datasets, root: Path) -> None:
    missing = []
    for name, spec in datasets.items():
        try:
            sources.find([source.path for source in spec.source if not source.path.startswith("s3://")], root)
        except SourceError as error:
            missing.append(f"datasets.{name}.source: {error}")
    if missing:
        raise SourceError("\n".join(missing))


def _find(datasets: Datasets, types: Mapping[str, schemas.DatasetType], root: Path) -> list[Dataset]:
    """The datasets with their files."""
    found = []
    for name, spec in datasets.items():
        files: dict[str, File] = {}
        for source in spec.source:
            for file in _files(source, root):
                files.setdefault(file.name, file)
        found.append(Dataset(types[name], spec, tuple(files.values()), root))
    return found


def _files(source: SourceSpec, root: Path) -> Iterator[File]:
    if source.path.startswith("s3://"):
        found = [(uri, Path(s3.parts(uri)[1])) for uri in s3.find(source.path)]
    else:
        found = [(relpath(path, root), path) for path in sources.find([source.path], root)]
    return (File(name, path, source) for name, path in found)
