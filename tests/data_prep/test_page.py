"""The report's page: it says what the JSON says, and asks the network for nothing."""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from data_prep.page.document import page
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
from data_prep.summary.model import Summary

ODD = "<script>alert('u')</script>\x1b[31m"
CHROMIUM = shutil.which("chromium")


@pytest.fixture
def prepared(project):
    project.write_log(f"{ODD},i1,1600000100000,view,1", f"{ODD},,1600000100,view,1", "u1,i1,soon,view,1")
    rows = "".join(f"i{n},{'a|b' if n % 2 else 'c'},{n / 2 if n % 3 else ''}\n" for n in range(36))
    (project.root / "items.csv").write_text(f"id,kinds,price\n{rows}")
    items = DatasetSpec.model_validate(
        {
            "source": "items.csv",
            "columns": {
                "ITEM_ID": "id",
                "KINDS": {"column": "kinds", "categorical": True},
                "PRICE": {"column": "price", "type": "float", "nullable": True},
            },
        }
    )
    prepare({"interactions": project.interactions(), "items": items}, project.root, project.out)
    return Summary.read(project.out), (project.out / "report.html").read_text()


def parsed(html):
    return ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>"))


def text_of(element):
    return " ".join(" ".join(element.itertext()).split())


def test_the_page_is_well_formed_and_refers_to_nothing_else(prepared):
    _, html = prepared

    root = parsed(html)

    assert {name for element in root.iter() for name in element.attrib} & {"src", "onclick", "xlink:href"} == set()
    assert all(element.get("href").startswith("#") for element in root.iter("a"))
    assert not list(root.iter("script"))
    assert not re.search(r"https?:|url\(|@import", html)
    anchors = {element.get("href")[1:] for element in root.iter("a")}
    assert anchors == {element.get("id") for element in root.iter("section")}


def test_event_types_that_are_as_frequent_stand_in_one_order(project):
    kinds = [f"kind-{n}" for n in range(8)]
    project.write_log(*(f"u{n},i1,1600000000,{kind},1" for n, kind in enumerate(reversed(kinds))))
    prepare({"interactions": project.interactions()}, project.root, project.out)

    legend = re.search(r'<p class="legend">(.*?)</p>', (project.out / "report.html").read_text())[1]

    assert re.findall(r"</i>([^<]+)<", legend) == ["view", "buy", *kinds[:3], "all others"]


def test_the_page_shows_the_figures_of_the_json(prepared):
    summary, html = prepared
    told = text_of(parsed(html))
    log = summary.datasets["interactions"].log

    assert f"{log.interactions:,} interactions {log.users} users {log.items} items in the log" in told
    for kind, count in log.event_types.items():
        assert f"{kind} {count:,} (" in told
    for figures in summary.datasets.values():
        assert f"{figures.rows_read:,} {figures.rows_written:,} {sum(figures.rejected.values())}" in told
        assert figures.sha256[:12] in told
        for reason, count in figures.rejected.items():
            assert f"{reason}: the first of {count}" in told
    for finding in summary.findings:
        assert f"{finding.severity} {finding.dataset}: {finding.text}" in told
    assert "Times were written in several ways: 1,200 in seconds, 1 in milliseconds." in told
    coverage = summary.datasets["items"].coverage
    assert f"items in the log {100 * coverage.known / coverage.ids:.1f} % of {coverage.ids}" in told


def test_columns_of_charts_are_as_high_as_the_figures_say(prepared):
    summary, html = prepared
    log = summary.datasets["interactions"].log
    chart = next(svg for svg in parsed(html).iter("svg") if svg.get("aria-label").startswith("interactions in each"))

    drawn = [
        sum(float(rect.get("height")) for rect in group.iter("rect") if rect.get("class") != "hit")
        for group in chart.iter("g")
    ]

    totals = [sum(period.kept.values()) for period in log.periods]
    assert [height / max(drawn) for height in drawn] == pytest.approx([n / max(totals) for n in totals], abs=1e-3)


def test_what_rows_say_is_text_and_never_markup(prepared):
    summary, html = prepared

    assert ODD not in html
    assert ODD.replace("\x1b", "\ufffd") in text_of(parsed(html))
    assert summary.datasets["interactions"].samples["missing_item_id"][0].row.startswith(ODD)


def test_the_page_of_the_same_figures_is_the_same(prepared):
    summary, html = prepared

    assert page(Summary.model_validate_json(summary.model_dump_json()), "What was prepared") == html


@pytest.mark.skipif(CHROMIUM is None, reason="there is no browser")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_scrolling_sideways(prepared, project, width, tmp_path):
    html = prepared[1].replace(
        "</body>",
        "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth</script></body>",
    )
    (project.out / "measured.html").write_text(html)

    told = subprocess.run(
        [
            *(
                CHROMIUM,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                f"--user-data-dir={tmp_path / 'profile'}",
            ),
            *(f"--window-size={width},900", "--dump-dom", (project.out / "measured.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout

    wide, room = re.search(r"<title>(\d+) of (\d+)</title>", told).groups()
    assert int(wide) <= int(room)
