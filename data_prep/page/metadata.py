"""The page's part about a dataset's columns, and how much of the log it knows."""

from collections.abc import Iterator

from data_prep.page.charts import bars, meter
from data_prep.page.markup import Content, Markup, el, joined
from data_prep.page.numbers import count, moment, share
from data_prep.page.tables import table
from data_prep.summary.model import Column, Coverage, DatasetFigures


def section(name: str, figures: DatasetFigures) -> Markup:
    """The columns of a dataset of metadata, and its coverage."""
    known = figures.coverage
    return el("div", _coverage(name, known) if known else None, columns_card(figures))


def columns_card(figures: DatasetFigures) -> Markup:
    """What is in the columns."""
    rows = [
        (
            el("code", column.name),
            column.type,
            el(
                "span",
                meter(column.filled / max(figures.rows_written, 1)),
                el("span", share(column.filled, figures.rows_written)),
            ),
            count(column.distinct),
            _values(column),
        )
        for column in figures.columns
    ]
    names = ("column", "type", "with a value", "different ones >", "values")
    return el("div", el("h3", f"Columns of {count(figures.rows_written)} rows"), table(names, rows), class_="card")


def _coverage(name: str, known: Coverage) -> Markup:
    rows = [
        (
            f"{name} in the log",
            known.known / max(known.ids, 1),
            f"{share(known.known, known.ids)} of {count(known.ids)}",
        ),
        (
            "interactions",
            known.known_interactions / max(known.interactions, 1),
            f"{share(known.known_interactions, known.interactions)} of {count(known.interactions)}",
        ),
    ]
    unused = f"{count(known.unused)} of the rows here are of {name} that no interaction has."
    return el(
        "div",
        el("h3", "How much of the log has metadata"),
        bars(rows, 1),
        el("p", unused, class_="soft small"),
        class_="card",
    )


def _values(column: Column) -> Content:
    return joined(*_parts(column))


def _parts(column: Column) -> Iterator[Content]:
    if column.name.endswith("_TIMESTAMP") and column.low is not None and column.high is not None:
        yield f"{moment(int(column.low))} to {moment(int(column.high))}"
    elif column.low is not None and column.high is not None:
        mean = "" if column.mean is None else f", {column.mean:,.4g} on average"
        yield f"{column.low:,.10g} to {column.high:,.10g}{mean}"
    if column.top:
        shown = ", ".join(f"{value} {count(number)}" for value, number in column.top)
        yield shown + (" …" if column.distinct > len(column.top) else "")
