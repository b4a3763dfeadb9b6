from io import StringIO

from rich.console import Console

from data_prep.prepare import prepare
from data_prep.report import report
from data_prep.spec import DatasetSpec


def test_the_report_tells_what_became_of_the_rows_and_where_the_files_are(project, monkeypatch):
    monkeypatch.chdir(project.root)
    project.write_log(",i1,1600000000,view,1", "u1,i1,soon,view,1", "u1,i1,later,view,1")
    (project.root / "items.csv").write_text("id,x\n1,a\n")
    items = DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}})
    manifest = prepare({"interactions": project.interactions(), "items": items}, project.root, project.out)
    console = Console(width=120, record=True, file=StringIO())

    console.print(report(manifest))

    hashes = {name: dataset.sha256[:12] for name, dataset in manifest.datasets.items()}
    assert [line.rstrip() for line in console.export_text().splitlines()] == [
        "dataset         read   written   rejected   contents",
        "interactions   1,203     1,200          3   60 users, 41 items; 2020-09-13 to 2020-09-14",
        "items              1         1          0   ITEM_ID, X",
        "",
        "dataset        rejected because   rows   kept in",
        "interactions   bad_timestamp         2   prepared/quarantine/interactions.csv",
        "interactions   missing_user_id       1   prepared/quarantine/interactions.csv",
        "",
        "dataset        file in prepared   schema              sha-256",
        f"interactions   INTERACTIONS.csv   interactions.avsc   {hashes['interactions']}",
        f"items          ITEMS.csv          items.avsc          {hashes['items']}",
    ]


def test_the_report_says_that_times_are_written_in_several_ways(project):
    project.write_log("new,i1,1600000000000,view,1", "new,i2,1600000000001,view,1")
    manifest = prepare({"interactions": project.interactions()}, project.root, project.out)
    console = Console(width=160, record=True, file=StringIO())

    console.print(report(manifest))

    assert (
        "interactions: times are written in several ways (1,200 in seconds, 2 in milliseconds); declare the unit of "
        "TIMESTAMP if that is wrong"
    ) in console.export_text()
