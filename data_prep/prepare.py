"""Raw logs to what the service imports: read, normalise, judge, write, report.

Every row that is read ends in a dataset's file or in its quarantine, with the reason. Nothing of an unfinished
preparation looks finished: files are made in a hidden folder, moved when all of them are good, and the manifest, by
which a preparation counts as finished, is taken away before and written after that.
"""

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from os.path import relpath
from pathlib import Path
from tempfile import mkdtemp

from data_prep import checks, holding, increments, manifest, parts, rules, s3, schemas, sources
from data_prep.dataset import Dataset, File
from data_prep.engines.duckdb import DuckDB
from data_prep.engines.engine import Counts, Engine
from data_prep.errors import DataPrepError, SourceError, UnusableDataError
from data_prep.manifest import Manifest, Part, PreparedDataset, SourceFile
from data_prep.page import document
from data_prep.progress import Progress
from data_prep.spec import Datasets, SourceSpec, fingerprint
from data_prep.summary import measure, model
from data_prep.summary.model import LogFigures, Summary
from data_prep.summary.survey import SAMPLES, Survey
from data_prep.trainings import Training

QUARANTINE = "quarantine"
FOLDERS = (QUARANTINE, holding.FOLDER, increments.FOLDER)
_SHOWN_REASONS = 5  # of what was refused, where too little is left


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

    Raises:
        SourceError: a file or a column is missing or cannot be read.
        UnusableDataError: the service would refuse the datasets; every problem is told.
        DataPrepError: the folder cannot be written.
    """
    types = _types(datasets, domain)
    _refuse_missing_files(datasets, root)
    engine = engine or partial(DuckDB, memory=memory, progress=progress)
    step = progress.step if progress else lambda *_, **__: None
    try:
        with workspace(out) as work, engine(work) as running:
            found = _find(datasets, types, root)
            survey = Survey(trainings, int(time.time()) if now is None else now)
            prepared, figures, unreadable, problems, examples = {}, {}, list[str](), list[str](), list[str]()
            for dataset in sorted(found, key=lambda dataset: dataset.name != "interactions"):  # the others look at it
                step("reading", dataset.name)
                try:
                    read = running.load(dataset)
                except SourceError as error:
                    unreadable.append(str(error))
                    continue
                step("looking")
                since = holding.set_aside(dataset, running)
                counts = running.counts()
                log = survey.look(dataset, running, counts, datasets)
                if refusals := _refusals(dataset, counts, log):
                    problems += refusals
                    examples += _examples(counts, running)
                if not problems and not survey.errors():
                    step("writing")
                    base = increments.baseline(out, dataset) if dataset.name in incremental else ()
                    if base:
                        files = [out / part.file for part in base]
                        running.set_aside(rules.UNCHANGED, increments.known(dataset, files))
                        counts = running.counts()
                    written, base = _write(dataset, running, counts, base, out=out, work=work, part_bytes=part_bytes)
                    if base:
                        problems += increments.refusals(dataset, counts.written, sum(part.bytes for part in written))
                    made = _described(dataset, counts, log, read, written)
                    made = replace(made, mode="INCREMENTAL" if base else "FULL", baseline=base)
                    if since is not None:
                        made = replace(made, hold_out=holding.write(dataset, running, work), hold_out_since=since)
                    prepared[dataset.name] = made
                    figures[dataset.name] = survey.described(dataset.name, made, work, running.samples(SAMPLES))
            if unreadable:
                raise SourceError("\n".join(unreadable + problems))
            problems += survey.errors()
            if problems:
                raise UnusableDataError(problems, examples)
            summary = survey.summary({name: figures[name] for name in datasets}, Summary.read(out))
            summary.write(work)
            (work / document.FILE_NAME).write_text(document.page(summary, "What was prepared"), "utf-8")
            finished = Manifest({name: prepared[name] for name in datasets}, fingerprint(datasets), out, domain)
            return publish(finished, work)
    except OSError as error:
        raise DataPrepError(f"cannot prepare files in {out}: {error}") from error


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


def _refusals(dataset: Dataset, counts: Counts, log: LogFigures | None) -> list[str]:
    """Why the service would refuse the rows that are kept, and where the others went."""
    problems = []
    if dataset.name == "interactions":
        totals = measure.totals_of(log, dataset.type, dataset.fields) if log else checks.Totals(0, 0, 0)
        problems += checks.check_training(totals)
        if log and log.first == log.last:
            problems.append("All interactions have the same TIMESTAMP; a training needs times that vary")
    elif not counts.written:
        problems.append("There is no usable row")
    return [f"datasets.{dataset.name}: {problem} ({_summary(counts)})" for problem in problems]


def _summary(counts: Counts) -> str:
    rejected = "".join(f", {count} {reason}" for reason, count in counts.rejected.items())
    return f"{counts.read} rows read, {counts.written} usable{rejected}"


def _examples(counts: Counts, engine: Engine) -> list[str]:
    """A row for each of the reasons that have refused most."""
    samples = engine.samples(1)
    return [f"{reason}: {row}" for reason in list(counts.rejected)[:_SHOWN_REASONS] for row in samples.get(reason, ())]


def _write(
    dataset: Dataset,
    engine: Engine,
    counts: Counts,
    base: tuple[Part, ...],
    *,
    out: Path,
    work: Path,
    part_bytes: int,
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Write the files of a dataset; return them, and those of the full output that they add to.

    Where nothing is new since the full output, that is what is written again.
    """
    if base and not counts.written:
        written, base = increments.keep(base, out, work, as_output=True), ()
    else:
        base = increments.keep(base, out, work, as_output=False)
        name = dataset.type.file_name
        written = parts.write(partial(engine.write, dataset), parts.header(dataset), work, name, part_bytes)
    schema = schemas.avro(dataset.type, dataset.fields)
    (work / dataset.type.schema_file_name).write_text(json.dumps(schema, indent=2) + "\n", "utf-8")
    if counts.rejected:
        (work / QUARANTINE).mkdir(exist_ok=True)
        engine.write_rejected(dataset, work / _quarantine_file(dataset))
    return written, base


def _quarantine_file(dataset: Dataset) -> str:
    return f"{QUARANTINE}/{dataset.name}.csv"


def _described(
    dataset: Dataset, counts: Counts, log: LogFigures | None, read: tuple[SourceFile, ...], written: tuple[Part, ...]
) -> PreparedDataset:
    prepared = PreparedDataset(
        parts=written,
        schema_file=dataset.type.schema_file_name,
        rows_read=counts.read,
        rows_written=counts.written,
        rejected=counts.rejected,
        aside=counts.aside,
        columns=tuple(field.name for field in dataset.fields),
        quarantine_file=_quarantine_file(dataset) if counts.rejected else None,
        sources=read,
    )
    if log is None:
        return prepared
    return replace(
        prepared,
        first_timestamp=log.first,
        last_timestamp=log.last,
        users=log.users,
        items=log.items,
        event_types={name: count for name, count in log.event_types.items() if name != measure.OTHER_TYPES},
        time_forms=log.time_forms,
    )


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """A hidden folder in `out`, gone at the end; what a killed run left is gone from the start."""
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(".partial-*"):
        shutil.rmtree(left)
    work = Path(mkdtemp(prefix=".partial-", dir=out))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def publish(finished: Manifest, work: Path) -> Manifest:
    """Put the files in place of those of the earlier preparation."""
    out = finished.folder
    (out / manifest.FILE_NAME).unlink(missing_ok=True)
    for folder in FOLDERS:
        shutil.rmtree(out / folder, ignore_errors=True)
    for dataset_type in schemas.DATASET_TYPES[None].values():
        for name in (dataset_type.file_name, Path(dataset_type.file_name).stem, dataset_type.schema_file_name):
            shutil.rmtree(out / name) if (out / name).is_dir() else (out / name).unlink(missing_ok=True)
            if (work / name).exists():
                (work / name).replace(out / name)
    for folder in FOLDERS:
        if (work / folder).exists():
            (work / folder).replace(out / folder)
    for name in (model.FILE_NAME, document.FILE_NAME):
        (work / name).replace(out / name)
    finished.write()
    return finished
