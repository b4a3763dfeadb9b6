"""What a minimum that follows the use costs, and how many requests come above what is provisioned at that moment.

    .venv/bin/python benchmarks/autoscaling.py
    .venv/bin/python benchmarks/autoscaling.py --peak 300 --seed 7

Two weeks: a daily wave, one spike, an idle week-end between them. The requests of each minute are drawn (Poisson).
The service is modelled from what its guide and its users say, to its disadvantage where they leave it open:

* It provisions the larger of the minimum and the use (5 minutes' average) of 10 minutes ago, without any margin.
* A changed minimum is in force after 10 to 20 minutes; until then there can be no other change.
* Billed is, for every 5 minutes, the larger of the minimum and the average use.
* A request is over capacity if its minute brings more than is provisioned then.

The ideal is what the bill cannot be below while every request is served: for every 5 minutes the larger of 1 and the
average use. A minimum of 1 comes close to it, since the service scales by itself; it pays with requests over capacity.
The foreseeing minimum is a better yardstick, as it knows all arrivals beforehand: it changes every 15 minutes, and is
the smallest whole number with which no request of the next 15 minutes is over capacity.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from operations.functions.policy import PERIOD_MINUTES, Policy, Window

Minutes = npt.NDArray[np.float64]  # (minutes,) requests a second

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
DAYS, DAY = 14, 1440
IDLE = (5 * DAY, 7 * DAY, 120)  # a week-end without requests, from when until when, and how long they fade; minutes
SPIKE = (8 * DAY + 14 * 60, 60, 20)  # when, for how long, and how long it takes to rise and to fall; minutes
SPIKE_FACTOR = 2.5
SERVICE_LAG = 10
UPDATE_MINUTES = (10, 20)
METRICS_LAG = 2  # until a period can be seen
LOOKS_EVERY = 5
TARGET_PAID, TARGET_OVER = 1.15, 0.001

Minimum = Callable[[int, Sequence[float], int], int]
"""From the minute, the use of the periods seen up to it, and the minimum, to what the minimum should be."""


def traffic(peak: float) -> Minutes:
    """The rate of each minute: a wave from a tenth of the peak at 4:00 to the peak at 16:00, and what breaks it."""
    minutes = np.arange(DAYS * DAY)
    wave = peak * (0.55 - 0.45 * np.cos(2 * np.pi * (minutes - 4 * 60) / DAY))
    begin, lasts, flank = SPIKE
    rise = np.clip(np.minimum(minutes - begin, begin + 2 * flank + lasts - minutes) / flank, 0, 1)
    wave *= 1 + (SPIKE_FACTOR - 1) * rise
    begin, end, fades = IDLE
    return wave * np.clip(np.maximum(begin - minutes, minutes - end) / fades, 0, 1)


def averages(minutes: Minutes) -> Minutes:
    """Averages of the bill's periods, each minute with that of its period."""
    return np.repeat(minutes.reshape(-1, PERIOD_MINUTES).mean(axis=1), PERIOD_MINUTES)


def provisioned_by_the_service(arriving: Minutes) -> Minutes:
    """What the service scales to by itself: the use of some minutes ago."""
    window = np.convolve(arriving, np.ones(PERIOD_MINUTES) / PERIOD_MINUTES)[: len(arriving)]
    return np.concatenate([np.zeros(SERVICE_LAG), window[:-SERVICE_LAG]])


def minimums(arriving: Minutes, minimum: Minimum, generator: np.random.Generator) -> tuple[Minutes, int]:
    """The minimum in force in each minute, and how often it was changed."""
    periods = arriving.reshape(-1, PERIOD_MINUTES).mean(axis=1)
    in_force, coming, ready, changes = 1, 1, 0, 0
    found = np.empty(len(arriving))
    for minute in range(len(arriving)):
        if minute == ready:
            in_force = coming
        if minute % LOOKS_EVERY == METRICS_LAG and minute > ready:
            seen = (minute - METRICS_LAG) // PERIOD_MINUTES
            coming = minimum(minute, periods[max(0, seen - 24) : seen].tolist(), in_force)
            if coming != in_force:
                ready, changes = minute + int(generator.integers(*UPDATE_MINUTES, endpoint=True)), changes + 1
        found[minute] = in_force
    return found, changes


def following(policy: Policy) -> Minimum:
    return lambda minute, use, minimum: policy.decide(START + timedelta(minutes=minute), use, minimum).min_tps


def foreseeing(arriving: Minutes) -> Minutes:
    needed = np.where(arriving > provisioned_by_the_service(arriving), np.ceil(arriving), 1)
    return np.repeat(np.maximum(1, needed.reshape(-1, 15).max(axis=1)), 15)


def main() -> int:
    parser = argparse.ArgumentParser(description="What a minimum that follows the use costs.")
    parser.add_argument("--peak", type=float, default=60, help="requests a second at the daily peak (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="draws arrivals and updates (default: 1)")
    options = parser.parse_args()
    began = time.process_time()
    generator = np.random.default_rng(options.seed)
    arriving = generator.poisson(traffic(options.peak) * 60) / 60
    own, ideal = provisioned_by_the_service(arriving), np.maximum(1, averages(arriving)).sum() / 60
    most = int(np.ceil(arriving.max()))
    policy = Policy(max_tps=1000)
    spike = START + timedelta(minutes=SPIKE[0])
    announced = Window(f"{spike:%Y-%m-%d %H:%M}", f"{spike + timedelta(minutes=100):%Y-%m-%d %H:%M}", most)
    rows: dict[str, tuple[Minutes, int]] = {
        f"fixed at the peak, {most} TPS": (np.full(len(arriving), most), 0),
        "fixed at 1 TPS": (np.ones(len(arriving)), 0),
        "foreseeing": (foreseeing(arriving), 0),
        "following the use": minimums(arriving, following(policy), generator),
        "following, spike announced": minimums(
            arriving, following(Policy(max_tps=1000, prewarm=(announced,))), generator
        ),
    }
    table = Table("minimum", "TPS-hours", "to ideal", "to fixed", "over capacity", "in the spike", "changes", "target")
    met = False
    in_spike = np.zeros(len(arriving), dtype=bool)
    in_spike[SPIKE[0] : SPIKE[0] + SPIKE[1] + 2 * SPIKE[2]] = True
    fixed = most * len(arriving) / 60
    for name, (minimum, changes) in rows.items():
        over = np.maximum(0, arriving - np.maximum(minimum, own))
        paid = np.maximum(averages(minimum), averages(arriving - over)).sum() / 60
        share = over.sum() / arriving.sum()
        met = paid <= TARGET_PAID * ideal and share <= TARGET_OVER
        table.add_row(
            name,
            f"{paid:,.0f}",
            f"{paid / ideal:.3f}",
            f"{paid / fixed:.3f}",
            f"{share:.3%}",
            f"{over[in_spike].sum() / over.sum() if over.sum() else 0:.0%} of them",
            f"{changes / DAYS:.0f} a day" if changes else "",
            "met" if met else "missed",
        )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(f"{DAYS} days, {arriving.sum() * 60:,.0f} requests, peak {most} TPS; ideal: {ideal:,.0f} TPS-hours")
    console.print(table)
    console.print("target: paid within 15 % of the ideal, at most 0.1 % of the requests over capacity")
    console.print(
        "An unannounced spike is over before a new minimum is in force: what it brings in its first minutes is over "
        "capacity with any minimum that only follows; a pre-warm window for a spike that is known covers it."
    )
    console.print(
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores; "
        f"{time.process_time() - began:.1f} s of CPU"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
