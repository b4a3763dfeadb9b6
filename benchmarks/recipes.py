"""What the recipes are worth and what they cost, on the example's ratings, against popularity in the same run.

    .venv/bin/python benchmarks/recipes.py [--seeds 3]

Quality is the service's offline test on its split, one split per seed; the test users' truth, timestamps included, is
split off before anything is trained. Answers are the model's part of GetRecommendations, for users of the log.
"""

import argparse
import csv
import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from personalize_local.engine import recipes
from personalize_local.engine.log import Event, Log

RATINGS = Path(__file__).parent.parent / "examples" / "movielens" / "data" / "ratings.csv"
BASELINE = "aws-popularity-count"
METRICS = {
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "precision@10": "precision_at_10",
    "MRR@25": "mean_reciprocal_rank_at_25",
    "coverage": "coverage",
}
ANSWERS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality, training time and answer time of the recipes.")
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    log = read_log()
    table = Table("recipe", *METRICS, "NDCG@10 ratio", "training CPU s", "wall s", "answer ms p50", "p99")
    measured = {recipe: measure(recipe, log, seeds) for recipe in (BASELINE, "aws-hrnn")}
    base = measured[BASELINE]["NDCG@10"]
    for recipe, row in measured.items():
        quality = [f"{row[metric]:.4f}" for metric in METRICS]
        cost = [f"{row[name]:.1f}" for name in ("cpu", "wall")] + [f"{row[name]:.2f}" for name in ("p50", "p99")]
        table.add_row(recipe, *quality, f"{row['NDCG@10'] / base:.2f}", *cost)
    console = Console(width=150)
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    console.print(f"{len(log.users):,} interactions, {len(set(log.users)):,} users, {len(set(log.items)):,} items")
    console.print(f"means over {len(seeds)} seeds")
    console.print(table)


def read_log() -> Log:
    with RATINGS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Log(
        users=np.array([row["userId"] for row in rows], dtype=object),
        items=np.array([row["movieId"] for row in rows], dtype=object),
        timestamps=np.array([int(row["timestamp"]) for row in rows], dtype=np.int64),
        event_types=None,
        event_values=np.array([float(row["rating"]) for row in rows], dtype=np.float32),
    )


def measure(recipe: str, log: Log, seeds: range) -> dict[str, float]:
    rows = []
    for seed in seeds:
        cpu, wall = time.process_time(), time.perf_counter()
        trained = recipes.train(recipe, log, None, {}, seed=seed)
        row = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        row |= {label: trained.metrics[key] for label, key in METRICS.items()}
        milliseconds = np.array(answer_times(trained.model, log))
        row |= {"p50": float(np.quantile(milliseconds, 0.5)), "p99": float(np.quantile(milliseconds, 0.99))}
        rows.append(row)
    return {name: statistics.mean(row[name] for row in rows) for name in rows[0]}


def answer_times(model: recipes.Model, log: Log) -> list[float]:
    """Ask for users of the log with their whole histories; milliseconds."""
    times = []
    for user in list(dict.fromkeys(log.users))[:ANSWERS]:
        places = np.flatnonzero(log.users == user)
        history = [Event(log.items[place], float(log.timestamps[place]), None, None) for place in places]
        began = time.perf_counter()
        model.scores(history, float(log.timestamps[places[-1]]))
        times.append((time.perf_counter() - began) * 1000)
    return times


if __name__ == "__main__":
    main()
