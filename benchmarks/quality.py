"""What the engine's recipes are worth beside other methods, on the same split of the same data.

    .venv/bin/python benchmarks/quality.py                                    # everything: more than half an hour
    .venv/bin/python benchmarks/quality.py --data ratings --only hrnn,EASE    # one data set, some contenders
    .venv/bin/python benchmarks/quality.py --data example --seeds 4 --json    # means over four splits
    .venv/bin/python benchmarks/quality.py --only hrnn --beside earlier.json  # the others as they were then

Needs `pip install -e .[bench]`. Nothing of a test user's truth reaches a model, its timestamps included: see
`protocols.py`, which cuts the log before anything is fitted. Everybody has one thread. The networks among the peers
learn for as many CPU seconds as `--budget` says, or until their passes are done. The interval is that of NDCG@10, 95 %
by the bootstrap over the requests of the first seed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from contenders import OURS, UNTIMED, fit_of
from datasets import DATASETS, Dataset
from machine import processor
from peers.networks import Budget
from protocols import Exam, marks
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

RESAMPLED = 1000
"""Draws of the bootstrap."""


@dataclass
class Row:
    """What one contender is worth: means over the seeds."""

    data: str
    contender: str
    metrics: dict[str, float]
    interval: tuple[float, float]
    coverage: float
    fit_cpu_seconds: float
    ask_milliseconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality beside peers.")
    parser.add_argument("--data", default=",".join(DATASETS), help="some of " + ", ".join(DATASETS))
    parser.add_argument("--only", help="contenders, separated by commas")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", type=float, default=150, help="CPU seconds of a network peer")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter of ours")
    parser.add_argument("--beside", type=Path, help="a file that --json made: its rows are shown beside the new ones")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 170, highlight=False, stderr=arguments.json)
    console.print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}")
    given, rows = dict(pair.split("=", 1) for pair in arguments.set), []
    earlier = json.loads(arguments.beside.read_text(encoding="utf-8")) if arguments.beside else []
    for key in arguments.data.split(","):
        dataset = DATASETS[key]
        names = arguments.only.split(",") if arguments.only else dataset.contenders
        with threadpool_limits(1):
            measured = measure(key, names, seeds=arguments.seeds, budget=arguments.budget, given=given, console=console)
            new = {row.contender: row for row in measured}
        old = [Row(**row) for row in earlier if row["data"] == key and row["contender"] not in new]
        rows += [*old, *new.values()]
        console.print(table(dataset, [*old, *new.values()]))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))


def measure(
    key: str, names: Sequence[str], *, seeds: int, budget: float, given: dict[str, str], console: Console
) -> Iterator[Row]:
    """Fit and ask everyone, seed by seed."""
    dataset = DATASETS[key]
    histories = dataset.histories()
    exams = [dataset.exam(histories, seed) for seed in range(seeds)]
    console.print(f"{key}: {describe(histories, exams[0])}")
    for name in names:
        fit = fit_of(name, Budget(budget, dataset.passes), dict(dataset.hyperparameters) | given)
        runs: dict[str, list[Row]] = {}
        for seed, exam in enumerate(exams):
            began = time.process_time()
            models = fit(exam.learned, seed)
            spent = time.process_time() - began
            for label, model in models.items():
                began = time.process_time()
                found = marks(model, exam)
                asked = (time.process_time() - began) / len(exam.requests)
                means = {metric: float(values.mean()) for metric, values in found.by_request.items()}
                interval = bootstrap(found.by_request["NDCG@10"])
                runs.setdefault(label, []).append(Row(key, label, means, interval, found.coverage, spent, 1000 * asked))
            console.print(f"  {name}, seed {seed}: fitted in {spent:.1f} CPU s", style="dim")
        for rows in runs.values():
            yield mean(rows)


def mean(rows: list[Row]) -> Row:
    """One row of several seeds."""
    metrics = {metric: float(np.mean([row.metrics[metric] for row in rows])) for metric in rows[0].metrics}
    coverage, fitted, asked = (
        float(np.mean([getattr(row, name) for row in rows]))
        for name in ("coverage", "fit_cpu_seconds", "ask_milliseconds")
    )
    return Row(rows[0].data, rows[0].contender, metrics, rows[0].interval, coverage, fitted, asked)


def bootstrap(values: np.ndarray) -> tuple[float, float]:
    """Between what 95 % of the means of resampled values lie."""
    rng = np.random.default_rng(0)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(RESAMPLED)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def table(dataset: Dataset, rows: list[Row]) -> Table:
    """The rows with ratios to the baseline, if it took part."""
    base = next((row.metrics for row in rows if row.contender == dataset.baseline), None)
    headings = [*dataset.metrics, "95 %", "coverage", "fit CPU s", "ask ms"]
    shown = Table(title=f"{dataset.title} (ratio: {dataset.metrics[1]} to {dataset.baseline})")
    shown.add_column("contender")
    for heading in [*headings, "ratio"]:
        shown.add_column(heading, justify="right")
    for row in rows:
        values = [f"{row.metrics[metric]:.4f}" for metric in dataset.metrics]
        interval = "{:.4f}–{:.4f}".format(*row.interval)
        ratio = f"{row.metrics['NDCG@10'] / base['NDCG@10']:.2f}" if base else ""
        cost = [f"{row.coverage:.2f}", f"{row.fit_cpu_seconds:.1f}", f"{row.ask_milliseconds:.2f}"]
        style = "bold" if row.contender in (*OURS, UNTIMED) else ""
        shown.add_row(row.contender, *values, interval, *cost, ratio, style=style)
    return shown


def describe(histories: object, exam: Exam) -> str:
    """What is learned from and asked, in numbers."""
    learned = exam.learned
    return (
        f"{len(learned):,} users with {len(learned.items):,} events learned from, {len(learned.item_ids):,} items, "
        f"{len(exam.requests):,} requests"
    )


if __name__ == "__main__":
    main()
