"""Charts: shapes in SVG that is stretched to the room there is, and labels in HTML, which stay readable on a phone.

Every shape has its figures as a title, and every chart a text for those who cannot see it.
"""

from collections.abc import Callable, Sequence

from data_prep.page.markup import Markup, el, joined
from data_prep.page.numbers import ceiling, short

Series = tuple[str, Sequence[float]]
_HEIGHT = 100  # of the drawing, in its own units
_GAP = 0.12  # between columns, as a share of their distance
_MOST_TICKS = 7  # that a phone has room for


def columns(
    series: Sequence[Series],
    labels: Sequence[str],
    ticks: Sequence[str],
    *,
    told: str,
    unit: str = "",
    under_each: bool = False,
) -> Markup:
    """Columns, stacked where there are several series.

    Args:
        series: name and values of each; the first stands lowest.
        labels: of the columns, shown when one points at them.
        ticks: below the drawing, evenly from its left end to its right end.
        told: the chart in a sentence.
        unit: what the values count.
        under_each: whether each column has a tick under it.
    """
    totals = [sum(values) for values in zip(*(values for _, values in series), strict=True)]
    top = ceiling(max(totals, default=0))
    bars = []
    for place, label in enumerate(labels):
        base = 0.0
        parts = []
        for number, (_, values) in enumerate(series):
            height = values[place] / top * _HEIGHT
            if height:
                parts.append(
                    el(
                        "rect",
                        x=round(place + _GAP / 2, 3),
                        y=round(_HEIGHT - base - height, 3),
                        width=round(1 - _GAP, 3),
                        height=round(height, 3),
                        class_=f"s{number}",
                    )
                )
            base += height
        named = [f"{name}: {values[place]:,.0f}".lstrip(": ") for name, values in series if values[place]]
        title = f"{label}: {', '.join(named) or 0} {unit}".strip()
        hit = el("rect", x=place, y=0, width=1, height=_HEIGHT, class_="hit")
        bars.append(el("g", el("title", title), *parts, hit))
    below = _under_each(ticks) if under_each else _apart(ticks)
    return _plot(joined(*_grid(len(labels)), *bars), max(len(labels), 1), top, below, told=told)


def curve(points: Sequence[tuple[float, float]], ticks: Sequence[str], *, told: str) -> Markup:
    """A curve from (0, 0) to (1, 1) and the diagonal, which is what equality would be."""
    places = " L".join(f"{100 * x:.2f},{_HEIGHT * (1 - y):.2f}" for x, y in points)
    shapes = joined(
        *_grid(100),
        el("path", d=f"M0,{_HEIGHT} L100,0", class_="equal"),
        el("path", d=f"M{places} L100,{_HEIGHT} Z", class_="area"),
        el("path", d=f"M{places}", class_="curve"),
    )
    return _plot(shapes, 100, 1, _apart(ticks), told=told, axis=lambda value: f"{100 * value:.0f} %")


def bars(rows: Sequence[tuple[str, float, str]], whole: float | None = None) -> Markup:
    """Horizontal bars, one a row: its name, its value and the text of that.

    Args:
        rows: the bars.
        whole: the value of a bar that is full. Default: the greatest there is.
    """
    top = whole or max((value for _, value, _ in rows), default=0) or 1
    return el(
        "div",
        *(
            el(
                "div",
                el("span", name, class_="name"),
                el("span", el("span", class_="bar", style=f"width:{100 * value / top:.2f}%"), class_="track"),
                el("span", text, class_="number"),
                class_="row",
            )
            for name, value, text in rows
        ),
        class_="bars",
    )


def meter(share: float) -> Markup:
    """A share of 1 as a short bar."""
    return el("span", el("span", class_="bar", style=f"width:{100 * share:.2f}%"), class_="track meter")


def legend(names: Sequence[str]) -> Markup | None:
    """What the colours of stacked columns mean; nothing where there is but one."""
    if len(names) < 2:
        return None
    keys = (el("span", el("i", class_=f"k{number}"), name) for number, name in enumerate(names))
    return el("p", *keys, class_="legend")


def _grid(width: float) -> list[Markup]:
    return [
        el("line", x1=0, x2=width, y1=y, y2=y, class_="grid", vector_effect="non-scaling-stroke")
        for y in (0, _HEIGHT / 2, _HEIGHT)
    ]


def _apart(ticks: Sequence[str]) -> Markup:
    return el("div", *(el("span", tick) for tick in ticks), class_="x", aria_hidden="true")


def _under_each(ticks: Sequence[str]) -> Markup:
    every = -(-len(ticks) // _MOST_TICKS)
    shown = (el("span", tick if place % every == 0 else "") for place, tick in enumerate(ticks))
    return el("div", *shown, class_="x each", aria_hidden="true")


def _plot(
    shapes: Markup, width: float, top: float, below: Markup, *, told: str, axis: Callable[[float], str] = short
) -> Markup:
    drawing = el(
        "svg",
        shapes,
        viewBox=f"0 0 {width} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=told,
    )
    scale = el("div", *(el("span", axis(value)) for value in (top, top / 2, 0)), class_="y", aria_hidden="true")
    return el("div", scale, drawing, below, class_="plot")
