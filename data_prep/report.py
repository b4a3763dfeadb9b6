"""What a preparation did, for the person who ran it."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from data_prep.manifest import Manifest, PreparedDataset
from data_prep.page import document
from data_prep.summary.findings import day
from data_prep.summary.model import Column, Finding, Summary

SHOWN_ROWS = 2


def report(manifest: Manifest, summary: Summary | None = None) -> RenderableType:
    """Tables of what was read, kept and rejected, what is odd, and where the files are, from the current folder on."""
    parts: list[RenderableType] = [_counts(manifest), ""]
    if any(dataset.rejected for dataset in manifest.datasets.values()):
        parts += [_rejected(manifest), ""]
    parts += [note for name, dataset in manifest.datasets.items() for note in _mixed_times(name, dataset)]
    if summary and summary.findings:
        parts += [*map(finding, summary.findings), ""]
    return Group(*parts, _files(manifest))


def checked(summary: Summary) -> RenderableType:
    """What was checked, what was found, and what follows from that."""
    table = _table("dataset", "rows >", "contents", "files")
    for name, figures in summary.datasets.items():
        log = figures.log
        contents = f"{log.users:,} users, {log.items:,} items; {day(log.first)} to {day(log.last)}" if log else ""
        table.add_row(name, f"{figures.rows_read:,}", contents or _names(figures.columns), figures.file)
    errors, warnings = len(summary.of("error")), len(summary.of("warning"))
    odd = f"; {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
    verdict = f"the service would refuse this: {errors} error{'s' if errors > 1 else ''}{odd}"
    if not errors:
        verdict = f"the service would take this{odd}"
    findings = [part for found in summary.findings for part in (finding(found),)]
    return Group(table, "", *findings, *([""] if findings else []), Text(verdict, "bold"))


def finding(found: Finding) -> RenderableType:
    """A finding in lines: how severe, what it is, and rows that show it."""
    style = "bold red" if found.severity == "error" else "bold yellow"
    told = f"{found.dataset}: {found.text}" if found.dataset else found.text
    rows = (Text(f"  {row}", "dim", no_wrap=True, overflow="ellipsis") for row in found.evidence[:SHOWN_ROWS])
    return Group(Text.assemble((f"{found.severity}: ", style), told), *rows)


def page(folder: Path) -> str:
    """Where the report's page is."""
    return f"\nreport: {_shown(folder / document.FILE_NAME)}"


def _counts(manifest: Manifest) -> Table:
    table = _table("dataset", "read >", "written >", "rejected >", "contents")
    for name, dataset in manifest.datasets.items():
        rejected = sum(dataset.rejected.values())
        table.add_row(
            name, f"{dataset.rows_read:,}", f"{dataset.rows_written:,}", f"{rejected:,}", "; ".join(_contents(dataset))
        )
    return table


def _contents(dataset: PreparedDataset) -> Iterator[str]:
    if dataset.users is not None and dataset.items is not None:
        yield f"{dataset.users:,} users, {dataset.items:,} items"
    if dataset.first_timestamp is not None and dataset.last_timestamp is not None:
        yield f"{day(dataset.first_timestamp)} to {day(dataset.last_timestamp)}"
    for reason, count in dataset.aside.items():
        yield f"{count:,} {reason.replace('_', ' ')}"
    if dataset.users is None:
        yield ", ".join(dataset.columns)


def _names(columns: Iterable[Column]) -> str:
    return ", ".join(column.name for column in columns)


def _mixed_times(name: str, dataset: PreparedDataset) -> Iterator[str]:
    if len(dataset.time_forms) > 1:
        forms = ", ".join(f"{count:,} in {form}" for form, count in dataset.time_forms.items())
        yield f"{name}: times are written in several ways ({forms}); declare the unit of TIMESTAMP if that is wrong\n"


def _rejected(manifest: Manifest) -> Table:
    table = _table("dataset", "rejected because", "rows >", "kept in")
    for name, dataset in manifest.datasets.items():
        for reason, count in dataset.rejected.items():
            table.add_row(name, reason, f"{count:,}", _shown(manifest.place(str(dataset.quarantine_file))))
    return table


def _files(manifest: Manifest) -> Table:
    table = _table("dataset", f"file in {manifest.store or _shown(manifest.folder)}", "schema", "sha-256")
    for name, dataset in manifest.datasets.items():
        table.add_row(name, dataset.location, dataset.schema_file, dataset.sha256[:12])
    return table


def _table(*columns: str) -> Table:
    """A plain table; `>` after a column's name aligns it to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(
            column.removesuffix(" >"), justify="right" if column.endswith(">") else "left", overflow="fold"
        )
    return table


def _shown(place: Path | str) -> str:
    return os.path.relpath(place) if isinstance(place, Path) else place
