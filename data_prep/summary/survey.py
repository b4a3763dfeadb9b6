"""A survey of datasets while an engine holds them, one after the other: figures, and findings with their rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from data_prep.dataset import Dataset
from data_prep.engines.engine import Counts, Engine
from data_prep.manifest import PreparedDataset
from data_prep.rules import REASON, quoted
from data_prep.summary import columns, findings, measure
from data_prep.summary.drift import about_drift
from data_prep.summary.findings import Suspicion
from data_prep.summary.leakage import about_leakage
from data_prep.summary.model import Column, Coverage, DatasetFigures, Evidence, Finding, LogFigures, Summary
from data_prep.trainings import Training

SAMPLES = 3  # rows for each finding and each reason
_KEYS = {"items": "ITEM_ID", "users": "USER_ID"}  # of the metadata that is compared with the log


class _LookedAt(NamedTuple):
    log: LogFigures | None
    columns: tuple[Column, ...]
    coverage: Coverage | None


class Survey:
    """Looks at datasets, interactions first; what they told is kept for the others.

    Args:
        trainings: what the project trains on, as far as that is not all interactions.
        now: the time, in epoch seconds.
    """

    def __init__(self, trainings: Sequence[Training], now: int) -> None:
        self._trainings = trainings
        self._now = now
        self._log: LogFigures | None = None
        self._findings: list[Finding] = []
        self._looked_at: dict[str, _LookedAt] = {}

    def look(self, dataset: Dataset, engine: Engine, counts: Counts, names: Iterable[str]) -> LogFigures | None:
        """Take the figures of a dataset that the engine has loaded, and check them; gives those of interactions.

        Args:
            dataset: what was loaded.
            engine: has loaded it.
            counts: what became of its rows.
            names: those of all datasets, also of those to come.
        """
        for suspicion in findings.about_refused(counts.read, counts.rejected):
            self._add(dataset.name, suspicion, engine)
        if not counts.written:
            return None
        log = self._look_at_log(dataset, engine, names) if dataset.name == "interactions" else None
        found = columns.column_figures(engine.ask, dataset.fields, dataset.type.key)
        known = None
        if self._log and dataset.name in _KEYS:
            known = columns.coverage(engine.ask, _KEYS[dataset.name], _seen(dataset.name))
        self._looked_at[dataset.name] = _LookedAt(log, found, known)
        for suspicion in self._suspicions(dataset, engine):
            self._add(dataset.name, suspicion, engine)
        return log

    def errors(self) -> list[str]:
        """What the service would refuse, each with the rows that prove it."""
        return [finding.told() for finding in self._findings if finding.severity == "error"]

    def refuse(self, dataset: str, text: str) -> None:
        """Keep in mind that the service would refuse a dataset."""
        self._findings.append(Finding(severity="error", check="unusable", dataset=dataset, text=text))

    def described(
        self, name: str, prepared: PreparedDataset, samples: Mapping[str, tuple[Evidence, ...]]
    ) -> DatasetFigures:
        """The figures of a dataset that was looked at; without parts, it is not written."""
        return DatasetFigures(
            file=prepared.location if prepared.parts else "",
            sha256=prepared.sha256 if prepared.parts else "",
            bytes=sum(part.bytes for part in prepared.parts),
            sources=tuple(source.path for source in prepared.sources),
            rows_read=prepared.rows_read,
            rows_written=prepared.rows_written,
            rejected=prepared.rejected,
            samples=samples,
            **self.figures(name),
        )

    def figures(self, name: str) -> dict[str, Any]:
        """What was found of a dataset, by the names that `DatasetFigures` has for it."""
        return self._looked_at.get(name, _LookedAt(None, (), None))._asdict()

    def summary(self, described: Mapping[str, DatasetFigures], before: Summary | None) -> Summary:
        """All figures, compared with those of the run before."""
        baseline = before.baseline_for(described) if before else None
        for name, figures in described.items():
            if baseline and name in baseline:
                for suspicion in about_drift(figures, baseline[name]):
                    self._add(name, suspicion, None)
        order = {name: place for place, name in enumerate(described)}
        found = sorted(self._findings, key=lambda finding: (finding.severity, order.get(finding.dataset, len(order))))
        return Summary(datasets=described, findings=tuple(found), before=baseline)

    def _look_at_log(self, dataset: Dataset, engine: Engine, names: Iterable[str]) -> LogFigures:
        self._log = measure.log_figures(engine.ask, dataset.type, dataset.fields, self._trainings)
        has_values = any(field.name == "EVENT_VALUE" for field in dataset.fields)
        for name in _KEYS.keys() & set(names):
            engine.keep(_seen(name), columns.by_id(_KEYS[name], has_values=has_values))
        return self._log

    def _suspicions(self, dataset: Dataset, engine: Engine) -> Iterator[Suspicion]:
        log, found, known = self._looked_at[dataset.name]
        rows = engine.ask(f"select count(*) from {{rows}} where {REASON} is null")[0][0]
        times = [field.name for field in dataset.fields if field.name in ("TIMESTAMP", "CREATION_TIMESTAMP")]
        for name in times:
            if log and log.last <= self._now + findings.DAY:
                continue  # as nearly always, and it saves a look at all rows
            count, latest = engine.ask(f"""
                select count(*) filter (where {quoted(name)} > {self._now + findings.DAY}), max({quoted(name)})
                from {{rows}} where {REASON} is null""")[0]
            yield from findings.about_future(name, count, latest, self._now)
        yield from findings.about_columns(found, dataset.fields, rows)
        if log:
            if log.first < findings.EARLIEST:
                early = (
                    f"""select count(*) from {{rows}} where {REASON} is null and "TIMESTAMP" < {findings.EARLIEST}"""
                )
                yield from findings.about_early("TIMESTAMP", engine.ask(early)[0][0], log.first)
            yield from findings.about_log(log)
            for training in log.trainings:
                yield from findings.about_training(training, log)
        if known and self._log:
            yield from findings.about_coverage(dataset.name, known)
            key, seen = dataset.type.key[0], _seen(dataset.name)
            snapshot = _written(file.path for file in dataset.files if not file.name.startswith("s3://"))
            yield from about_leakage(engine.ask, key, dataset.fields, seen, last=self._log.last, snapshot=snapshot)

    def _add(self, dataset: str, suspicion: Suspicion, engine: Engine | None) -> None:
        rows = engine.examples(suspicion.rows, SAMPLES) if engine and suspicion.rows else []
        self._findings.append(
            Finding(
                severity=suspicion.severity,
                check=suspicion.check,
                dataset=dataset,
                text=suspicion.text,
                evidence=tuple(rows),
            )
        )


def _seen(name: str) -> str:
    """The relation of the ids of items or users that are in the log."""
    return f"seen_{name}"


def _written(paths: Iterator[Path]) -> int | None:
    """When the newest of files was written."""
    with suppress(OSError):
        return max((int(path.stat().st_mtime) for path in paths), default=None)
    return None
