"""Tables; where a phone is too narrow for columns, each cell has its column's name before it."""

from collections.abc import Sequence

from data_prep.page.markup import Content, Markup, el


def table(columns: Sequence[str], rows: Sequence[Sequence[Content]]) -> Markup:
    """A table; `>` after a column's name aligns it to the right."""
    names = [name.removesuffix(" >") for name in columns]
    sides = ["right" if name.endswith(" >") else "text" for name in columns]
    head = (el("th", name, class_=side) for name, side in zip(names, sides, strict=True))
    body = (
        el(
            "tr",
            *(
                el("td", el("div", cell), class_=side, data_label=name)
                for cell, name, side in zip(row, names, sides, strict=True)
            ),
        )
        for row in rows
    )
    return el("div", el("table", el("thead", el("tr", *head)), el("tbody", *body)), class_="scroll")
