"""What is different from the run before: volumes, shares, columns."""

from collections.abc import Iterator, Mapping

from data_prep.summary.findings import Suspicion, day, percent
from data_prep.summary.model import Column, DatasetFigures, LogFigures

_SHRUNK, _GROWN = 0.8, 3.0  # times as many rows as before
_MIX = 0.15  # of the interactions have changed their event type's share
_REJECTED = 0.05  # of the rows more than before are refused
_FILLED = 0.2
_MEAN = 0.25


def about_drift(now: DatasetFigures, before: DatasetFigures) -> Iterator[Suspicion]:
    """Compare a dataset with what it was."""
    yield from _about_columns(now, before)
    if now.rows_written < _SHRUNK * before.rows_written:
        yield _drift(
            f"{now.rows_written:,} rows, {percent(before.rows_written - now.rows_written, before.rows_written)} fewer "
            f"than the {before.rows_written:,} before; is a source missing?"
        )
    elif now.rows_written > _GROWN * before.rows_written:
        yield _drift(
            f"{now.rows_written:,} rows, {now.rows_written / max(before.rows_written, 1):.1f} times the "
            f"{before.rows_written:,} before"
        )
    share, share_before = _rejected(now), _rejected(before)
    if share > share_before + _REJECTED:
        yield _drift(f"{percent(share, 1)} of the rows are refused, {percent(share_before, 1)} were before")
    if now.log and before.log:
        yield from _about_log(now.log, before.log)


def _about_log(now: LogFigures, before: LogFigures) -> Iterator[Suspicion]:
    if day(now.last) < day(before.last):
        yield _drift(f"the newest interaction is of {day(now.last)}; before there were some until {day(before.last)}")
    mix, mix_before = _shares(now.event_types), _shares(before.event_types)
    for kind in sorted(mix_before.keys() - mix.keys()):
        if mix_before[kind] > 0.01:
            yield _drift(f"the event type {kind!r} is gone; it had {percent(mix_before[kind], 1)} of the interactions")
    for kind in sorted(mix.keys() - mix_before.keys()):
        yield _drift(f"the event type {kind!r} is new, with {percent(mix[kind], 1)} of the interactions")
    moved = sum(abs(mix.get(kind, 0) - mix_before.get(kind, 0)) for kind in mix.keys() | mix_before.keys()) / 2
    if moved > _MIX and mix.keys() == mix_before.keys():
        told = ", ".join(f"{kind} {percent(share, 1)} ({percent(mix_before[kind], 1)})" for kind, share in mix.items())
        yield _drift(f"the shares of the event types have moved: {told}, in brackets before")
    length, length_before = now.histories.mean, before.histories.mean
    if length_before and not 1 / 1.5 < length / length_before < 1.5:
        yield _drift(f"users have {length:.1f} interactions on average, {length_before:.1f} before")


def _about_columns(now: DatasetFigures, before: DatasetFigures) -> Iterator[Suspicion]:
    columns, columns_before = ({column.name: column for column in one.columns} for one in (now, before))
    if new := [name for name in columns if name not in columns_before]:
        yield _drift(f"columns {', '.join(new)} are new; solutions that exist do not learn from them")
    if gone := [name for name in columns_before if name not in columns]:
        yield _drift(f"columns {', '.join(gone)} are gone; solutions that exist may need them")
    for name, column in columns.items():
        if name in columns_before:
            yield from _about_values(column, columns_before[name], now.rows_written, before.rows_written)


def _about_values(now: Column, before: Column, rows: int, rows_before: int) -> Iterator[Suspicion]:
    filled, filled_before = now.filled / max(rows, 1), before.filled / max(rows_before, 1)
    if filled < filled_before - _FILLED:
        yield _drift(f"{now.name} has a value in {percent(filled, 1)} of the rows, {percent(filled_before, 1)} before")
    if now.mean is not None and before.mean and abs(now.mean / before.mean - 1) > _MEAN:
        yield _drift(f"{now.name} is {now.mean:,.4g} on average, {before.mean:,.4g} before")


def _rejected(figures: DatasetFigures) -> float:
    return sum(figures.rejected.values()) / max(figures.rows_read, 1)


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def _drift(text: str) -> Suspicion:
    return Suspicion("warning", "drift", text)
