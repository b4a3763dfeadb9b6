"""How long an import and trainings on it take, and how much memory: a local cloud, a file in its S3, an import job.

    .venv/bin/python benchmarks/imports.py            # 1 and 10 million interactions
    .venv/bin/python benchmarks/imports.py --quick    # a hundred thousand

The data is generated, the same each time. The baseline is the reading of the same file by Python's csv module alone.
"""

import argparse
import csv
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from recommenders import INTERACTIONS, Account, local_cloud, write_interactions
from rich.console import Console
from rich.table import Table

RECIPES = ("aws-popularity-count", "aws-hrnn")
ITEMS, EVENTS_OF_A_USER = 20_000, 100
MEMORY_TARGET = 4.0  # GiB


def main() -> None:
    parser = argparse.ArgumentParser(description="Import and training of large datasets.")
    parser.add_argument("--quick", action="store_true", help="a hundred thousand interactions only")
    sizes = [100_000] if parser.parse_args().quick else [1_000_000, 10_000_000]
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    title = "Imports and trainings; memory in GiB"
    table = Table("interactions", "step", "seconds", "rows/s", "ratio to csv", "server", "training", title=title)
    for rows in sizes:
        for step, seconds, baseline, server, training in measure(rows):
            speed, ratio = f"{rows / seconds:,.0f}", f"{seconds / baseline:.1f}"
            table.add_row(f"{rows:,}", step, f"{seconds:.1f}", speed, ratio, f"{server:.2f}", f"{training:.2f}")
    console.print(table)
    console.print(f"target: server and training together at most {MEMORY_TARGET} GiB at any moment")
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")


def measure(rows: int) -> Iterator[tuple[str, float, float, float, float]]:
    """Name, seconds, seconds of the baseline, peak memory of the server and of the training of each step."""
    with tempfile.TemporaryDirectory() as folder, local_cloud() as cloud:
        record = cloud.status()
        assert record is not None
        file, account = Path(folder) / "log.csv", Account(record.url)
        write_interactions(file, rows, rows // EVENTS_OF_A_USER, ITEMS)
        began = time.perf_counter()
        with file.open(newline="") as lines:
            for _ in csv.reader(lines):
                pass
        baseline = time.perf_counter() - began
        group = account.group("large")
        with watched(record.pid) as peaks:
            began = time.perf_counter()
            account.dataset(group, "Interactions", INTERACTIONS, file)
            yield "upload and import", time.perf_counter() - began, baseline, *peaks
        for recipe in RECIPES:
            solution = account.solution(group, recipe)
            with watched(record.pid) as peaks:
                began = time.perf_counter()
                account.trained(account.start_training(solution))
                yield recipe, time.perf_counter() - began, baseline, *peaks


@contextmanager
def watched(server: int) -> Iterator[list[float]]:
    """The highest memory seen since, of the server and of the largest of its children; GiB."""
    peaks, ended = [memory(server), 0.0], Event()

    def watch() -> None:
        while not ended.wait(0.1):
            peaks[:] = max(peaks[0], memory(server)), max([peaks[1], *map(memory, children(server))])

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def memory(process: int) -> float:
    """What a process has in memory, in GiB; 0 when it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**30


def children(process: int) -> list[int]:
    try:
        tasks = [task.read_text().split() for task in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for task in tasks for child in task]


if __name__ == "__main__":
    main()
