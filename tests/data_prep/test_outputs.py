"""What a preparation leaves beside the one file: parts, a hold-out, increments."""

import json
import subprocess
import sys

import pytest

from data_prep import checks
from data_prep.checks import read_csv
from data_prep.errors import DataPrepError, UnusableDataError
from data_prep.manifest import Manifest, sha256
from data_prep.memory import engine_bytes
from data_prep.prepare import prepare
from data_prep.progress import Progress
from data_prep.spec import DatasetSpec

GOOD = 1200


def rows_of(project, *files):
    found = []
    for file in files:
        with (project.out / file).open(newline="") as lines:
            header, *rows = read_csv(lines)
        found += rows
    return header, found


def items(project, *rows):
    (project.root / "items.csv").write_text("id,x\n" + "".join(f"{row}\n" for row in rows))
    return DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "id", "X": "x"}})


def test_parts_have_whole_lines_and_the_same_rows_as_one_file(project):
    project.write_log()
    spec = {"interactions": project.interactions()}
    whole = prepare(spec, project.root, project.out).datasets["interactions"]
    header, rows = rows_of(project, whole.location)

    cut = prepare(spec, project.root, project.out, part_bytes=10_000).datasets["interactions"]

    assert (whole.location, cut.location) == ("INTERACTIONS.csv", "INTERACTIONS/")
    assert len(cut.parts) > 3
    assert rows_of(project, *(part.file for part in cut.parts)) == (header, rows)
    for part in cut.parts:
        path = project.out / part.file
        assert part.bytes == path.stat().st_size <= 10_000
        assert part.sha256 == sha256(path)
        assert path.read_text().startswith(",".join(header) + "\n")
    assert not (project.out / "INTERACTIONS.csv").exists()
    assert Manifest.read(project.out).datasets["interactions"] == cut


def test_a_line_longer_than_a_part_is_not_cut(project):
    spec = items(project, f"1,{'x' * 900}", "2,y", f"3,{'z' * 900}")

    cut = prepare({"items": spec}, project.root, project.out, part_bytes=500).datasets["items"]

    assert [row[0] for row in rows_of(project, *(part.file for part in cut.parts))[1]] == ["1", "2", "3"]


@pytest.mark.parametrize("hold_out", [0.1, "2020-09-14T07:00:00"])
def test_the_newest_interactions_are_held_out(project, hold_out):
    project.write_log(",i1,1600000000,view,1")
    spec = project.interactions().model_dump(exclude_defaults=True) | {"rules": {"hold_out": hold_out}}

    made = prepare({"interactions": DatasetSpec.model_validate(spec)}, project.root, project.out)

    prepared = made.datasets["interactions"]
    kept = [int(row[2]) for row in rows_of(project, prepared.location)[1]]
    held = [int(row[2]) for row in rows_of(project, prepared.hold_out.file)[1]]
    assert prepared.aside == {"held_out": len(held)}
    assert prepared.rows_read == prepared.rows_written + 1 + len(held) == GOOD + 1
    assert max(kept) < prepared.hold_out_since <= min(held)
    assert len(held) == 120 if hold_out == 0.1 else prepared.hold_out_since == 1_600_066_800
    assert [row[0] for row in project.quarantined()] == ["missing_user_id"]


def test_an_increment_has_what_is_new_and_metadata_that_was_corrected(project):
    project.write_log()
    specs = {"interactions": project.interactions(), "items": items(project, "1,a", "2,b", "3,")}
    specs["items"] = DatasetSpec.model_validate(
        {"source": "items.csv", "columns": {"ITEM_ID": "id", "X": {"column": "x", "nullable": True}}}
    )
    full = prepare(specs, project.root, project.out, incremental=specs)
    new = [f"new{n % 60},i{n},{1_600_100_000 + n},view,{n}.25" for n in range(1100)]
    project.write_log(*new, name="log.csv")
    (project.root / "items.csv").write_text("id,x\n1,a\n2,corrected\n3,\n4,new\n")

    for _ in range(2):  # told from the full output, and not from an increment
        made = prepare(specs, project.root, project.out, incremental=specs)

        assert {prepared.mode for prepared in full.datasets.values()} == {"FULL"}
        assert {prepared.mode for prepared in made.datasets.values()} == {"INCREMENTAL"}
        assert [row[0] for row in rows_of(project, "ITEMS.csv")[1]] == ["2", "4"]
        assert len(rows_of(project, "INTERACTIONS.csv")[1]) == 1100
        assert made.datasets["interactions"].aside == {"unchanged": GOOD}
        assert [part.sha256 for part in made.datasets["items"].baseline] == [
            part.sha256 for part in full.datasets["items"].parts
        ]

    again = prepare(specs, project.root, project.out)
    assert {prepared.mode for prepared in again.datasets.values()} == {"FULL"}
    assert not (project.out / "baseline").exists()


def test_nothing_new_is_the_same_output_again(project):
    specs = {"items": items(project, "1,a", "2,b")}
    full = prepare(specs, project.root, project.out, incremental=specs)
    (project.root / "items.csv").write_text("id,x\n2,b\n")

    again = prepare(specs, project.root, project.out, incremental=specs)

    assert again.datasets["items"].mode == "FULL"
    assert again.datasets["items"].parts == full.datasets["items"].parts
    assert len(rows_of(project, "ITEMS.csv")[1]) == 2


def test_an_increment_that_an_import_would_refuse_is_told_and_the_output_stays(project):
    project.write_log()
    specs = {"interactions": project.interactions()}
    full = prepare(specs, project.root, project.out, incremental=specs)
    project.write_log("new,i1,1600100000,view,1")

    with pytest.raises(UnusableDataError, match="only 1 interactions are new since the last full output"):
        prepare(specs, project.root, project.out, incremental=specs)

    assert Manifest.read(project.out) == full


def test_more_than_an_import_takes_is_refused(project, monkeypatch):
    monkeypatch.setitem(checks.MOST_BYTES, "FULL", 1000)
    project.write_log()

    with pytest.raises(UnusableDataError, match="an import with the mode FULL takes 1,000 bytes, got 40,177"):
        prepare({"interactions": project.interactions()}, project.root, project.out)


def test_progress_tells_every_step_and_the_rows(project):
    project.write_log()
    moments = []

    with Progress(moments.append) as progress:
        prepare({"interactions": project.interactions()}, project.root, project.out, progress=progress)

    steps = list(dict.fromkeys(moment.step for moment in moments))
    assert steps == ["reading", "judging", "comparing", "looking", "writing"]
    assert (moments[0].rows, moments[-1].rows, moments[-1].dataset) == (None, GOOD, "interactions")
    assert sorted(moment.share for moment in moments) == [moment.share for moment in moments]


@pytest.mark.parametrize("memory", ["4 gigs", "GiB", "1KB"])
def test_an_amount_of_memory_that_is_none_is_told(project, memory):
    project.write_log()
    with pytest.raises(DataPrepError, match="memory"):
        prepare({"interactions": project.interactions()}, project.root, project.out, memory=memory)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, a process does not tell its own peak alone")
def test_more_than_the_memory_holds_is_prepared_on_the_disk(project):
    rows = 400_000
    with (project.root / "log.jsonl").open("w") as log:
        for n in range(rows):
            record = {"user": f"u{n % 5000}", "item": f"i{n % 900}", "when": 1_600_000_000 + n, "note": "x" * 600}
            log.write(json.dumps(record) + "\n")
    script = """
import sys
from pathlib import Path
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
root = Path(sys.argv[1])
columns = {"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when", "NOTE": "note"}
spec = DatasetSpec.model_validate({"source": "log.jsonl", "columns": columns})
made = prepare({"interactions": spec}, root, root / "prepared", memory="768MiB")
# Not ru_maxrss: that counts the process which this one was forked from, too.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(made.datasets["interactions"].rows_written, peak.split()[1])
"""
    command = [sys.executable, "-c", script, str(project.root)]
    written, peak_kib = map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    assert written == rows
    sizes = [path.stat().st_size for path in (project.root / "log.jsonl", project.out / "INTERACTIONS.csv")]
    assert sum(sizes) > engine_bytes("768MiB")  # the engine holds lines and values
    assert peak_kib < 768 << 10
