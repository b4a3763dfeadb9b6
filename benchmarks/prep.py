"""What the preparation of dirty logs costs, beside what reading and writing them costs, and beside chunked pandas.

    .venv/bin/python benchmarks/prep.py                                  # 10 million rows, CSV and JSON Lines
    .venv/bin/python benchmarks/prep.py --rows 50000000 --without pandas # a quarter of an hour, 20 GB of disk
    .venv/bin/python benchmarks/prep.py --rows 1000000                   # a minute
    .venv/bin/python benchmarks/prep.py --wide                           # lines as of a web server, nine columns

The data is generated, the same each time (`generated/dirty.py`). Each candidate has a process of its own, so that its
CPU seconds (of all its threads) and its peak memory are its own. "floor" is DuckDB reading the file and writing its
rows as CSV, no rule applied, all columns text; "sniffed" is the same as one would write it, dialect and types found by
DuckDB; "prepare" is all of a preparation, its figures, checks and page included; "pandas" is the
same rules on chunks of a million rows, without figures and page; it takes a stray quotation mark for text, which saves
it some work, and so keeps some rows more.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from generated.dirty import NARROW, Kind, columns_of, write_dirty_log
from machine import processor
from rich.console import Console
from rich.table import Table

CHUNK = 1_000_000
TARGETS = {"csv": 2.5, "jsonl": 2.0}  # times the floor, in CPU seconds
TARGET_PANDAS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="What the preparation of logs costs.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--wide", action="store_true", help="a log with more columns than are wanted, and UUIDs")
    parser.add_argument("--kind", choices=get_args(Kind), help="one kind of log only")
    parser.add_argument("--without", choices=["pandas"], help="leave out what takes longest")
    parser.add_argument("--memory", help="what prepare may use, as 4GiB (default: its own)")
    parser.add_argument("--folder", type=Path, help="where the files go (default: the temporary folder)")
    parser.add_argument("--task", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        name, path = arguments.task
        run(name, Log(Path(path), columns_of(wide=arguments.wide)), arguments.memory)
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    table = Table("log", "candidate", "CPU s", "x floor", "wall s", "peak GiB", "rows written")
    for kind in [arguments.kind] if arguments.kind else get_args(Kind):
        measured = dict(measure(kind, arguments))
        floor = measured["floor"]["cpu"]
        for name, found in measured.items():
            cells = [f"{found['cpu']:.1f}", f"{found['cpu'] / floor:.2f}", f"{found['wall']:.1f}"]
            table.add_row(kind, name, *cells, f"{found['peak']:.2f}", f"{found['rows']:,}")
    console.print(table)
    lines = "lines of nine columns" if arguments.wide else "rows"
    console.print(
        f"{arguments.rows:,} {lines}; targets: csv at most {TARGETS['csv']} x floor, jsonl {TARGETS['jsonl']};"
    )
    console.print(
        f"pandas at least {TARGET_PANDAS} times prepare; peak 2.5 GiB at 10 million rows, 4 GiB at 50 million"
    )
    console.print(processor())


def measure(kind: Kind, arguments: argparse.Namespace) -> Iterator[tuple[str, dict[str, float]]]:
    """Name and figures of each candidate."""
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        log = Path(folder) / f"log.{kind}"
        write_dirty_log(log, arguments.rows, kind, wide=arguments.wide)
        for name in CANDIDATES:
            if name == arguments.without:
                continue
            more = ["--memory", arguments.memory] if arguments.memory else []
            more += ["--wide"] if arguments.wide else []
            command = [sys.executable, __file__, "--task", name, str(log), *more]
            yield name, json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            shutil.rmtree(log.parent / "prepared", ignore_errors=True)


class Log(NamedTuple):
    """A file, and the columns that it has."""

    path: Path
    columns: Sequence[str]


def run(name: str, log: Log, memory: str | None) -> None:
    """Run a candidate in this process and print what it took."""
    began = time.perf_counter()
    rows = CANDIDATES[name](log, memory)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - began, "rows": rows}
    print(json.dumps(found | {"peak": used.ru_maxrss / 2**20}))


def floor(log: Log, _: str | None) -> int:
    columns = dict.fromkeys(log.columns, "varchar")
    if log.path.suffix == ".csv":
        # Without quotation marks: a stray one would swallow the lines up to the next, and the floor would be lower.
        options = f"auto_detect = false, header = true, columns = {columns}, quote = '', escape = '', delim = ','"
    else:
        options = f"format = 'newline_delimited', columns = {columns}"
    return _copied(log, options)


def sniffed(log: Log, _: str | None) -> int:
    return _copied(log, "auto_detect = true")


def _copied(log: Log, options: str) -> int:
    import duckdb

    reader = "read_csv" if log.path.suffix == ".csv" else "read_json"
    source = f"{reader}('{log.path}', {options}, ignore_errors = true)"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        (rows,) = connection.execute(f"copy (from {source}) to '{log.path.parent}/floor.csv' (format csv)").fetchone()
    (log.path.parent / "floor.csv").unlink()
    return int(rows)


def prepare(log: Log, memory: str | None) -> int:
    from data_prep.prepare import prepare
    from data_prep.spec import DatasetSpec

    columns = dict(zip(("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE"), NARROW, strict=True))
    spec = DatasetSpec.model_validate({"source": log.path.name, "columns": columns})
    made = prepare({"interactions": spec}, log.path.parent, log.path.parent / "prepared", memory=memory)
    return made.datasets["interactions"].rows_written


def pandas(log: Log, _: str | None) -> int:
    import pandas as pd

    kept, row = [], 0
    with (log.path.parent / "quarantine.csv").open("w") as quarantine:
        for chunk in _chunks(log):
            chunk["row"] = range(row, row + len(chunk))
            row += len(chunk)
            judged, reasons = _judged(chunk)
            refused = chunk[reasons.notna()].assign(reason=reasons)
            refused.to_csv(quarantine, header=False, index=False)
            kept.append(judged[reasons.isna()])
        rows = pd.concat(kept, ignore_index=True)
        kept.clear()
        repeated = rows.duplicated(["user", "item", "when", "kind"])
        rows[repeated].to_csv(quarantine, header=False, index=False)
    rows[~repeated].to_csv(log.path.parent / "pandas.csv", columns=list(NARROW), index=False)
    return int((~repeated).sum())


def _chunks(log: Log):
    import pandas as pd

    if log.path.suffix == ".csv":
        names = [*log.columns, "more"]
        yield from pd.read_csv(
            log.path,
            names=names,
            skiprows=1,
            dtype=str,
            keep_default_na=False,
            quoting=3,
            chunksize=CHUNK,
            na_values=[],
        )
        return
    with log.path.open() as lines:
        records = []
        for line in lines:
            try:
                records.append(json.loads(line))
            except ValueError:
                records.append({"more": line})
            if len(records) == CHUNK:
                yield pd.DataFrame(records, columns=[*log.columns, "more"])
                records = []
        yield pd.DataFrame(records, columns=[*log.columns, "more"])


def _judged(chunk):
    """The chunk with its values, and why a row is refused."""
    import numpy as np
    import pandas as pd

    texts = {name: chunk[name].astype("string").str.strip().replace("", pd.NA) for name in NARROW}
    when, stars = texts["when"], texts["stars"]
    whole = pd.to_numeric(when.where(when.str.fullmatch(r"\d{1,19}(\.\d*)?")), errors="coerce")
    unit = np.select([(whole < most).fillna(False).to_numpy(bool) for most in (1e11, 1e14, 1e17)], [1, 1e3, 1e6], 1e9)
    moments = pd.to_datetime(when.where(whole.isna()), format="ISO8601", utc=True, errors="coerce")
    epoch = (whole // unit).fillna((moments - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)).astype("Float64")
    value = pd.to_numeric(stars, errors="coerce")
    broken = chunk["more"].fillna("").ne("") | (texts["kind"].isna() & when.isna())
    checks = {"broken_line": broken}
    for name in ("user", "item", "kind"):
        checks |= {f"missing_{name}": texts[name].isna(), f"{name}_too_long": texts[name].str.len() > 256}
    checks |= {"bad_when": epoch.isna() | (epoch <= 0), "bad_stars": stars.notna() & value.isna()}
    reasons = np.select([check.fillna(False).to_numpy(bool) for check in checks.values()], list(checks), None)
    values = {"user": texts["user"], "item": texts["item"], "when": epoch.astype("Int64"), "kind": texts["kind"]}
    return pd.DataFrame({**values, "stars": value, "row": chunk["row"]}), pd.Series(reasons, chunk.index)


CANDIDATES: dict[str, Callable[[Log, str | None], int]] = {
    "floor": floor,
    "sniffed": sniffed,
    "prepare": prepare,
    "pandas": pandas,
}


if __name__ == "__main__":
    main()
