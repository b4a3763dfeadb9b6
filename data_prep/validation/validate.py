"""The story of a validation: find the files and their schemas, check them as an import does, then look closer."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data_prep import checks, schemas
from data_prep.dataset import Dataset, File
from data_prep.engines.duckdb import DuckDB
from data_prep.engines.engine import Counts, Engine
from data_prep.manifest import SourceFile, sha256
from data_prep.spec import DatasetSpec
from data_prep.summary import measure
from data_prep.summary.model import DatasetFigures, Finding, Summary
from data_prep.summary.survey import SAMPLES, Survey
from data_prep.trainings import Training
from data_prep.validation import imports
from data_prep.validation.given import Given, collect, given


def validate(
    patterns: Sequence[str],
    given_schemas: Sequence[Path] = (),
    *,
    domain: str | None = None,
    mode: str = "FULL",
    trainings: Sequence[Training] = (),
    against: Path | None = None,
    now: int | None = None,
) -> Summary:
    """Check files as an import and a training would, and for what these do not look for.

    Args:
        patterns: paths, folders, globs and S3 URIs of CSV files, of one dataset or of several, or the folder of a
            preparation.
        given_schemas: their Avro schemas. Default: told from header and values.
        domain: ECOMMERCE or VIDEO_ON_DEMAND. Default: none.
        mode: of the import, FULL or INCREMENTAL.
        trainings: those that learn from some interactions only; whether enough are left is checked.
        against: a folder with the report of a run before, or of a validation.
        now: the time in epoch seconds. Default: that of the clock.

    Raises:
        SourceError: a file or a schema cannot be read, or it cannot be told what it is.
    """
    with TemporaryDirectory() as folder:
        collected = collect(patterns, Path(folder) / "s3")
        datasets = given(collected.files, [*collected.schemas, *given_schemas], domain)
        found = [finding for one in datasets for finding in imports.findings(one, mode)]
        if passed_over := ", ".join(collected.passed_over[:5]):
            text = f"an import of the folder passes over what is in folders inside of it: {passed_over}"
            found.append(Finding(severity="warning", check="folders", dataset="", text=text))
        survey = Survey(trainings, int(time.time()) if now is None else now)
        figures = {}
        with DuckDB(Path(folder)) as engine:
            for one in datasets:
                if _can_be_looked_at(one, found):
                    names = [each.type.name for each in datasets]
                    figures[one.type.name], problems = _looked_at(one, engine, survey, names)
                    found += problems
    summary = survey.summary(figures, Summary.read(against) if against else None)
    return summary.with_findings([*found, *summary.findings])


def _looked_at(
    one: Given, engine: Engine, survey: Survey, names: Sequence[str]
) -> tuple[DatasetFigures, list[Finding]]:
    """The figures of a dataset, and why a training on it would fail."""
    dataset = Dataset(
        one.type, _spec(one), tuple(File(file.name, file.path, _spec(one).source[0]) for file in one.files)
    )
    read = engine.load(dataset)
    counts = engine.counts()
    log = survey.look(dataset, engine, counts, names)
    problems = []
    if one.type.name == "interactions" and not counts.rejected.keys() - {"duplicate"}:
        totals = measure.totals_of(log, dataset.type, dataset.fields) if log else checks.Totals(0, 0, 0)
        problems = [_error(one, problem, "training") for problem in checks.check_training(totals)]
        if log and log.first == log.last:
            problems.append(_error(one, "all interactions have the same TIMESTAMP; a training needs times that vary"))
    return _figures(one, counts, read, survey, engine), problems


def _figures(
    one: Given, counts: Counts, read: tuple[SourceFile, ...], survey: Survey, engine: Engine
) -> DatasetFigures:
    whole = hashlib.sha256("".join(sha256(file.path) for file in one.files).encode()).hexdigest()
    return DatasetFigures(
        file=", ".join(file.name for file in one.files),
        sha256=whole,
        bytes=sum(file.path.stat().st_size for file in one.files),
        sources=tuple(source.path for source in read),
        rows_read=counts.read,
        rows_written=counts.written,
        rejected=counts.rejected,
        samples=engine.samples(SAMPLES),
        **survey.figures(one.type.name),
    )


def _spec(one: Given) -> DatasetSpec:
    """The files as a source whose columns are those of the schema, which an import takes as they are."""
    columns: dict[str, dict[str, Any]] = {}
    for field in schemas.fields_of(one.schema):
        known = one.type.known(field.name)
        declared = {"column": field.name, "nullable": field.nullable}
        if known is None:
            declared |= {"type": field.type, "categorical": field.categorical, "textual": field.textual}
        if field.is_epoch:
            declared |= {"unit": "s", "max": checks.MILLISECONDS - 1}  # an import refuses these rows
        columns[field.name] = declared
    source = {"path": "given", "format": "csv", "delimiter": ",", "escape": _escape(one)}
    return DatasetSpec.model_validate({"source": source, "columns": columns})


def _escape(one: Given) -> str:
    """How a quotation mark stands inside of values; an import reads both ways."""
    with one.files[0].path.open(encoding="utf-8", errors="replace") as lines:
        return "double" if '""' in lines.read(1_000_000).replace(',""', "") else "backslash"


def _can_be_looked_at(one: Given, found: Sequence[Finding]) -> bool:
    """Whether the columns are those of the schema, whatever is wrong in the rows."""
    names = {field.name for field in schemas.fields_of(one.schema)}
    unclear = any(finding.dataset == one.type.name and finding.check in ("header", "schema") for finding in found)
    return not unclear and all(names <= {*file.header} for file in one.files)


def _error(one: Given, text: str, check: str = "unusable") -> Finding:
    return Finding(severity="error", check=check, dataset=one.type.name, text=text)
