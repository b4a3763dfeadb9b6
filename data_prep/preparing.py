"""One dataset after the other through an engine: read, looked at, written; what cannot be used is kept in mind."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from data_prep import checks, holding, increments, parts, rules, schemas
from data_prep.dataset import Dataset
from data_prep.engines.engine import Counts, Engine
from data_prep.errors import LostRowsError, SourceError
from data_prep.manifest import Manifest, Part, PreparedDataset, SourceFile
from data_prep.progress import Progress
from data_prep.spec import Datasets
from data_prep.store import QUARANTINE
from data_prep.summary import measure
from data_prep.summary.model import DatasetFigures, LogFigures
from data_prep.summary.survey import SAMPLES, Survey

_SHOWN_REASONS = 5  # of what was refused, where too little is left


@dataclass
class Preparing:
    """Prepares datasets, interactions first.

    Attributes:
        made: the folder for their files.
        scratch: the folder for what is needed meanwhile.
        former: the preparation before this one.
        incremental: the names of the datasets of which only what is new is written.
        unreadable: what is wrong with sources.
        examples: rows that were refused, where too little is left.
    """

    engine: Engine
    survey: Survey
    made: Path
    scratch: Path
    former: Manifest | None
    incremental: Collection[str]
    part_bytes: int
    progress: Progress | None = None
    unreadable: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    _prepared: dict[str, PreparedDataset] = field(default_factory=dict)
    _figures: dict[str, DatasetFigures] = field(default_factory=dict)

    def take(self, dataset: Dataset, names: Collection[str]) -> None:
        """Read a dataset, and write it unless it, or one before it, cannot be used.

        Args:
            dataset: what is to be made of what.
            names: those of all datasets, also of those to come.
        """
        self._step("reading", dataset.name)
        try:
            read = self.engine.load(dataset)
        except SourceError as error:
            self.unreadable.append(str(error))
            return
        self._step("looking")
        try:
            since = holding.set_aside(dataset, self.engine)
            counts = self.engine.counts()
        except LostRowsError as error:
            self.survey.refuse(dataset.name, str(error))
            return
        log = self.survey.look(dataset, self.engine, counts, names)
        if refusals := list(_refusals(dataset, counts, log)):
            self.examples += _examples(counts, self.engine)
            for refusal in refusals:
                self.survey.refuse(dataset.name, refusal)
        made = _described(dataset, counts, log, read)
        if not self.survey.errors():
            self._step("writing")
            made = self._written(dataset, counts, made, since)
        self._prepared[dataset.name] = made
        samples = self.engine.samples(SAMPLES)
        self._figures[dataset.name] = self.survey.described(dataset.name, made, samples)

    def prepared_of(self, datasets: Datasets) -> dict[str, PreparedDataset]:
        """The datasets in the order of the specification."""
        return {name: self._prepared[name] for name in datasets}

    def figures_of(self, datasets: Datasets) -> dict[str, DatasetFigures]:
        """The figures of those that could be read, in that order."""
        return {name: self._figures[name] for name in datasets if name in self._figures}

    def _written(self, dataset: Dataset, counts: Counts, made: PreparedDataset, since: int | None) -> PreparedDataset:
        """Write the files of a dataset, or of what is new in it."""
        base: tuple[Part, ...] = ()
        files: list[Path] = []
        if dataset.name in self.incremental and self.former:
            base = increments.baseline(self.former, dataset)
            files = self.former.here(base, self.scratch / "former" / dataset.name)
        if base:
            self.engine.set_aside(rules.UNCHANGED, increments.known(dataset, files))
            counts = self.engine.counts()
        if base and not counts.written:  # nothing is new: the full output is what is written again
            written, base = increments.keep(dataset, base, files, self.made, as_output=True), ()
        else:
            base = increments.keep(dataset, base, files, self.made, as_output=False)
            produce, name = partial(self.engine.write, dataset), dataset.type.file_name
            written = parts.write(produce, parts.header(dataset), self.made, name, self.part_bytes)
        mode: Literal["FULL", "INCREMENTAL"] = "INCREMENTAL" if base else "FULL"
        refusals = checks.check_size(mode, sum(part.bytes for part in written))
        for refusal in [*refusals, *(increments.refusals(dataset, counts.written) if base else ())]:
            self.survey.refuse(dataset.name, refusal)
        schema = json.dumps(schemas.avro(dataset.type, dataset.fields), indent=2) + "\n"
        (self.made / dataset.type.schema_file_name).write_text(schema, "utf-8")
        quarantine = f"{QUARANTINE}/{dataset.name}.csv" if counts.rejected else None
        if quarantine:
            (self.made / QUARANTINE).mkdir(exist_ok=True)
            self.engine.write_rejected(dataset, self.made / quarantine)
        held = None if since is None else holding.write(dataset, self.engine, self.made)
        return replace(
            made,
            parts=written,
            rows_written=counts.written,
            aside=counts.aside,
            quarantine_file=quarantine,
            mode=mode,
            baseline=base,
            hold_out=held,
            hold_out_since=since,
        )

    def _step(self, step: str, dataset: str | None = None) -> None:
        if self.progress:
            self.progress.step(step, dataset)


def _refusals(dataset: Dataset, counts: Counts, log: LogFigures | None) -> Iterator[str]:
    """Why the service would refuse the rows that are kept, and where the others went."""
    problems = []
    if dataset.name == "interactions":
        totals = measure.totals_of(log, dataset.type, dataset.fields) if log else checks.Totals(0, 0, 0)
        problems += checks.check_training(totals)
        if log and log.first == log.last:
            problems.append("All interactions have the same TIMESTAMP; a training needs times that vary")
    elif not counts.written:
        problems.append("There is no usable row")
    return (f"{problem} ({_summary(counts)})" for problem in problems)


def _summary(counts: Counts) -> str:
    rejected = "".join(f", {count} {reason}" for reason, count in counts.rejected.items())
    return f"{counts.read} rows read, {counts.written} usable{rejected}"


def _examples(counts: Counts, engine: Engine) -> list[str]:
    """A row for each of the reasons that have refused most."""
    samples = engine.samples(1)
    return [f"{reason}: {row}" for reason in list(counts.rejected)[:_SHOWN_REASONS] for row in samples.get(reason, ())]


def _described(
    dataset: Dataset, counts: Counts, log: LogFigures | None, read: tuple[SourceFile, ...]
) -> PreparedDataset:
    """A dataset that is not written yet."""
    prepared = PreparedDataset(
        parts=(),
        schema_file=dataset.type.schema_file_name,
        rows_read=counts.read,
        rows_written=counts.written,
        rejected=counts.rejected,
        aside=counts.aside,
        columns=tuple(field.name for field in dataset.fields),
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
