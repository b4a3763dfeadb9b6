"""The page of a summary: what came in, went out and was refused, what the data looks like, what is odd about it."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

from data_prep.page import log, metadata
from data_prep.page.charts import bars
from data_prep.page.comparison import comparison
from data_prep.page.markup import Content, Markup, el, joined
from data_prep.page.numbers import count, moment, share, size
from data_prep.page.tables import table
from data_prep.summary.model import DatasetFigures, Evidence, Finding, Summary

FILE_NAME = "report.html"


def page(summary: Summary, title: str) -> str:
    """The page, whole: it has its style inside and refers to nothing else."""
    style = (files("data_prep.page") / "style.css").read_text("utf-8")
    sections = list(_sections(summary))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", Markup(style)),
    )
    body = el(
        "body",
        el(
            "main",
            el("h1", title),
            _verdict(summary),
            el("nav", *(el("a", name, href=f"#{_anchor(name)}") for name, _ in sections)),
            _tiles(summary),
            *(el("section", el("h2", name), content, id=_anchor(name)) for name, content in sections),
        ),
    )
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en')}\n"


def _sections(summary: Summary) -> Iterator[tuple[str, Markup]]:
    if summary.findings:
        yield "Findings", joined(*map(_finding, summary.findings))
    yield "In and out", _in_and_out(summary.datasets)
    if any(figures.rejected for figures in summary.datasets.values()):
        yield "Refused", joined(*(_refused(name, one) for name, one in summary.datasets.items() if one.rejected))
    for name, figures in summary.datasets.items():
        if figures.log:
            yield "Interactions", log.section(figures, figures.log)
        elif figures.columns:
            yield name.replace("_", " ").capitalize(), metadata.section(name, figures)
    if summary.before is not None:
        yield "Since the run before", comparison(summary.datasets, summary.before)


def _verdict(summary: Summary) -> Markup:
    errors, warnings = len(summary.of("error")), len(summary.of("warning"))
    if not errors and not warnings:
        return el("p", el("span", "Nothing odd was found.", class_="good"))
    told = [
        f"{number} {name}{'s' if number > 1 else ''}" for number, name in ((errors, "error"), (warnings, "warning"))
    ]
    shown = [text for text, number in zip(told, (errors, warnings), strict=True) if number]
    return el("p", " and ".join(shown), class_="soft")


def _tiles(summary: Summary) -> Markup:
    read = sum(figures.rows_read for figures in summary.datasets.values())
    refused = sum(sum(figures.rejected.values()) for figures in summary.datasets.values())
    tiles = []
    for figures in summary.datasets.values():
        if figures.log:
            seen = figures.log
            tiles += [
                (count(seen.interactions), "interactions"),
                (count(seen.users), "users"),
                (count(seen.items), "items in the log"),
                (f"{count((seen.last - seen.first) / 86400)} days", f"{moment(seen.first)} to {moment(seen.last)}"),
            ]
    tiles.append((share(refused, read), f"of {count(read)} rows refused"))
    return el(
        "div", *(el("div", el("b", number), el("span", name), class_="tile") for number, name in tiles), class_="tiles"
    )


def _finding(finding: Finding) -> Markup:
    return el(
        "div",
        el("p", el("span", finding.severity, class_="mark"), f"{finding.dataset}: {finding.text}"),
        _rows(finding.evidence, "rows that show it"),
        class_=f"card finding {finding.severity}",
    )


def _in_and_out(datasets: Mapping[str, DatasetFigures]) -> Markup:
    rows = [
        (
            name,
            count(figures.rows_read),
            count(figures.rows_written),
            count(sum(figures.rejected.values())),
            _file(figures),
            _sources(figures.sources),
        )
        for name, figures in datasets.items()
    ]
    good = "written" if any(figures.file for figures in datasets.values()) else "usable"
    return el("div", table(("dataset", "read >", f"{good} >", "refused >", "file", "from"), rows), class_="card")


def _file(figures: DatasetFigures) -> Content:
    if not figures.file:
        return "not written"
    return joined(el("code", figures.file), f" {size(figures.bytes)}, SHA-256 ", el("code", figures.sha256[:12]))


def _sources(sources: tuple[str, ...]) -> Content:
    if len(sources) <= 2:
        return joined(*(el("div", el("code", source)) for source in sources))
    return el("details", el("summary", f"{len(sources)} files"), el("pre", "\n".join(sources)))


def _refused(name: str, figures: DatasetFigures) -> Markup:
    rejected = figures.rejected
    shown = bars(
        [(reason, rows, f"{count(rows)} ({share(rows, figures.rows_read)})") for reason, rows in rejected.items()]
    )
    samples = (
        _rows(figures.samples.get(reason, ()), f"{reason}: the first of {count(rows)}")
        for reason, rows in rejected.items()
    )
    return el("div", el("h3", name), shown, *samples, class_="card")


def _rows(evidence: tuple[Evidence, ...], title: str) -> Markup | None:
    if not evidence:
        return None
    return el("details", el("summary", title), el("pre", "\n".join(map(str, evidence))))


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
