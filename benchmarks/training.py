"""How long a training takes and what memory it needs, by the size of the log, of the catalogue, and by threads.

    .venv/bin/python benchmarks/training.py             # whole trainings: about half an hour of CPU
    .venv/bin/python benchmarks/training.py --quick     # 200 updates of each; the rest of them is reckoned

Each measurement has a process of its own, so that its memory is its own. "before" is what comes before the first
update (numbering, sorting, counting), "updates" the loop, "after" what follows it; all in CPU seconds of all cores.
Targets are the events after which the network is to tell what comes. Where torch finds a GPU, the updates run on it,
and a column says so; there the seconds of the clock are the ones to read.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from generated.scale import scale
from machine import processor
from rich.console import Console
from rich.table import Table

SIZES = (100_000, 1_000_000, 10_000_000)
OF_SIZES = 20_000
"""Items of the logs of different sizes."""
CATALOGUES = (3_706, 20_000, 100_000, 1_000_000)
OF_CATALOGUES = 1_000_000
"""Events of the logs with different catalogues."""
MOST_RATIO, MOST_GIB = 1.3, 4.0
QUICK_UPDATES = 200
RECIPE, HYPERPARAMETERS = "aws-hrnn", {"hidden_dimension": "64"}


@dataclass(frozen=True)
class Task:
    """What one process measures.

    Args:
        updates: After how many to stop. None: a whole training.
    """

    events: int
    items: int
    threads: int = 1
    updates: int | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of trainings.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_UPDATES} updates of each training")
    parser.add_argument("--part", choices=["sizes", "catalogues", "threads"], help="one of the tables")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        print(json.dumps(measure(Task(**json.loads(arguments.task)))))
        return
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False, stderr=arguments.json)
    console.print(f"{processor()}, {os.cpu_count()} cores; {RECIPE}, {HYPERPARAMETERS}")
    whole = QUICK_UPDATES if arguments.quick else None
    tables = {
        "sizes": [Task(events, OF_SIZES, updates=whole) for events in SIZES],
        "catalogues": [Task(OF_CATALOGUES, items, updates=QUICK_UPDATES) for items in CATALOGUES],
        "threads": [Task(OF_CATALOGUES, CATALOGUES[0], threads, QUICK_UPDATES) for threads in (1, 2)],
    }
    found = {}
    for part, tasks in tables.items():
        if arguments.part in {None, part}:
            found[part] = [in_own_process(task) for task in tasks]
            console.print(table(part, found[part]))
    if arguments.json:
        print(json.dumps(found, indent=1))


class Enough(Exception):  # noqa: N818 - nothing is wrong
    """As many updates are done as are to be measured."""


class Watch:
    """Hears of a training's progress and keeps when its updates began and how far they are.

    Args:
        most: Updates after which the training is ended.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.began = self.seen = None
        self.planned = 0

    def __call__(self, share: float, doing: str) -> None:
        if not doing.startswith("update "):
            return
        done, planned = doing.removeprefix("update ").partition(",")[0].split("/")
        self.planned = int(planned)
        self.seen = (int(done), time.process_time(), time.perf_counter())
        self.began = self.began or self.seen
        if self.most and int(done) >= self.most:
            raise Enough


def measure(task: Task) -> dict[str, Any]:
    """Train in this process."""
    import torch  # noqa: PLC0415 - the process that starts the others needs none

    from personalize_local.engine import learning, recipes  # noqa: PLC0415

    log, catalogue = scale(task.events, task.items)
    data_gib = gib()
    start, watch = time.process_time(), Watch(task.updates)
    try:
        recipes.train(RECIPE, log, catalogue, HYPERPARAMETERS, threads=task.threads, progress=watch)
        end = time.process_time()
    except Enough:
        end = None
    (first, begin, clock), (last, now, later) = watch.began, watch.seen
    cpu_of_update, of_update = (now - begin) / (last - first), (later - clock) / (last - first)
    return asdict(task) | {
        "before": begin - start,
        "of_updates": cpu_of_update * watch.planned,
        "after": None if end is None else end - now - cpu_of_update * (watch.planned - last),
        "planned": watch.planned,
        "targets_per_cpu_second": learning.TARGETS / cpu_of_update,
        "targets_per_second": learning.TARGETS / of_update,
        "data_gib": data_gib,
        "gib": gib(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def in_own_process(task: Task) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--task", json.dumps(asdict(task))]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def gib() -> float:
    """The most memory that this process had, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def table(part: str, rows: list[dict[str, Any]]) -> Table:
    """The measurements of one part, with ratios to the first."""
    title = {
        "sizes": f"by interactions, {OF_SIZES:,} items (at most {MOST_RATIO} times the smallest, {MOST_GIB} GiB)",
        "catalogues": f"by items, {OF_CATALOGUES:,} interactions",
        "threads": f"by threads, {CATALOGUES[0]:,} items",
    }[part]
    shown = Table(title=title)
    for heading in ("events", "items", "threads", "updates", "before s", "updates s", "after s", "ratio"):
        shown.add_column(heading, justify="right")
    for heading in ("targets/CPU s", "targets/s", "GiB (of it data)", "GPU"):
        shown.add_column(heading, justify="right")
    totals = [row["before"] + row["of_updates"] + (row["after"] or 0) for row in rows]
    for row, total in zip(rows, totals, strict=True):
        shown.add_row(
            *(f"{row[name]:,}" for name in ("events", "items", "threads", "planned")),
            *(f"{row[name]:.1f}" for name in ("before", "of_updates")),
            "" if row["after"] is None else f"{row['after']:.1f}",
            f"{total / totals[0]:.2f}",
            *(f"{row[name]:,.0f}" for name in ("targets_per_cpu_second", "targets_per_second")),
            f"{row['gib']:.2f} ({row['data_gib']:.2f})",
            row["gpu"] or "none here",
        )
    return shown


if __name__ == "__main__":
    main()
