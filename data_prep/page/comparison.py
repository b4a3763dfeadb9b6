"""The page's part about the run before."""

from collections.abc import Iterator, Mapping

from data_prep.page.markup import Content, Markup, el
from data_prep.page.numbers import count, moment, share
from data_prep.page.tables import table
from data_prep.summary.model import DatasetFigures

_Row = tuple[Content, Content, Content, Content]


def comparison(now: Mapping[str, DatasetFigures], before: Mapping[str, DatasetFigures]) -> Markup:
    """The figures of the datasets beside those of the last run that had other data."""
    rows = [
        row
        for name in {**now, **before}
        for row in (
            _figures(name, now[name], before[name])
            if name in now and name in before
            else [(name, "a dataset" if name in before else "–", "a dataset" if name in now else "–", "")]
        )
    ]
    return el("div", table(("", "before >", "now >", "change >"), rows), class_="card")


def _figures(name: str, now: DatasetFigures, before: DatasetFigures) -> Iterator[_Row]:
    yield _row(f"{name}: rows written", before.rows_written, now.rows_written)
    refused, refused_before = sum(now.rejected.values()), sum(before.rejected.values())
    yield (
        f"{name}: rows refused",
        share(refused_before, before.rows_read),
        share(refused, now.rows_read),
        "",
    )
    if now.log and before.log:
        yield _row("users", before.log.users, now.log.users)
        yield _row("items in the log", before.log.items, now.log.items)
        yield "last interaction", moment(before.log.last), moment(now.log.last), ""
        yield (
            "interactions per user",
            f"{before.log.histories.mean:.1f}",
            f"{now.log.histories.mean:.1f}",
            _change(before.log.histories.mean, now.log.histories.mean),
        )
        for kind in {**now.log.event_types, **before.log.event_types}:
            yield _row(f"event type {kind}", before.log.event_types.get(kind, 0), now.log.event_types.get(kind, 0))
    filled_before = {column.name: column.filled for column in before.columns}
    for column in now.columns:
        if column.name in filled_before:
            was, filled = share(filled_before[column.name], before.rows_written), share(column.filled, now.rows_written)
            if was != filled:
                yield f"{name}: {column.name} has a value", was, filled, ""


def _row(name: str, before: int, now: int) -> _Row:
    return name, count(before), count(now), _change(before, now)


def _change(before: float, now: float) -> str:
    if before == now:
        return "none"
    return f"{100 * (now - before) / before:+.1f} %" if before else "new"
