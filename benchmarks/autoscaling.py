"""What a minimum that follows the use costs, and how many requests come above what is provisioned at that moment.

    .venv/bin/python benchmarks/autoscaling.py
    .venv/bin/python benchmarks/autoscaling.py --peak 10 --draws 4 --lag 10

Two weeks: a daily wave, one spike, an idle week-end between them. The requests of each minute are drawn (Poisson), and
so is how long each update takes; the figures are means of several draws. The service is modelled from what its guide
and its users say:

* It provisions the larger of the minimum and the use (5 minutes' average) some minutes ago, without any margin. Users
  report 5 to 10 minutes; so it is drawn anew every hour, or always as --lag says.
* A changed minimum is in force after 10 to 20 minutes; until then there can be no other change.
* A minute's requests can be seen in CloudWatch two minutes after it.
* Billed is, for every 5 minutes, the larger of the minimum and the average use.
* A request is over capacity if its minute brings more than is provisioned then.

The ideal is a reservation that is, for every 5 minutes, the smallest whole number that covers their average use: the
service takes whole numbers, and at least 1. (In fractions, without which no request could be served either, it is some
percent less, which the last lines tell.) A minimum of 1 costs hardly more, since the service scales by itself; it pays
with requests over capacity.

Two rows bound what any policy can do. "all foreseen" knows every arrival, and changes every 15 minutes to the smallest
whole number with which no request is over capacity. "all but the spike" knows the wave and the week-end, holds a margin
of a tenth at every moment, is free of updates whenever it wants one, and sees the spike in its first minute without any
doubt; it bounds policies that are not told of a spike.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from operations.functions.policy import SEEN_MINUTES, Policy, Window

Minutes = npt.NDArray[np.float64]  # (minutes,) requests a second
Chance = np.random.Generator

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
DAYS, DAY, HOUR, BILLED = 14, 1440, 60, 5
IDLE = (5 * DAY, 7 * DAY, 120)  # a week-end without requests, from when until when, and how long they fade; minutes
SPIKE = (8 * DAY + 14 * 60, 60, 20)  # when, for how long, and how long it takes to rise and to fall; minutes
SPIKE_END = SPIKE[0] + SPIKE[1] + 2 * SPIKE[2]
SPIKE_FACTOR = 2.5
SERVICE_LAG = (5, 10)
UPDATE_MINUTES = (10, 20)
METRICS_LAG = 2  # until a minute can be seen
MARGIN = 0.10  # of the row that knows all but the spike
TARGET_PAID, TARGET_OVER = 1.15, 0.001

Minimum = Callable[[int, Sequence[float], int], int]
"""From the minute, the use of the minutes that can be seen, and the minimum, to what the minimum should be."""


@dataclass(frozen=True)
class Outcome:
    """What one minimum led to.

    Args:
        paid: TPS-hours.
        over: The share of the requests that came above what was provisioned.
        in_spike: The share of the requests that did so in the spike.
        changes: How often the minimum was changed.
    """

    paid: float
    over: float
    in_spike: float
    changes: int


def rates(peak: float, *, spike: bool = True) -> Minutes:
    """The rate of each minute: a wave from a tenth of the peak at 4:00 to the peak at 16:00, and what breaks it."""
    minutes = np.arange(DAYS * DAY)
    wave = peak * (0.55 - 0.45 * np.cos(2 * np.pi * (minutes - 4 * 60) / DAY))
    begin, lasts, flank = SPIKE
    rise = np.clip(np.minimum(minutes - begin, begin + 2 * flank + lasts - minutes) / flank, 0, 1)
    wave *= 1 + (SPIKE_FACTOR - 1) * rise * spike
    begin, end, fades = IDLE
    return wave * np.clip(np.maximum(begin - minutes, minutes - end) / fades, 0, 1)


def billed(minutes: Minutes) -> Minutes:
    """Averages of the bill's periods, each minute with that of its period."""
    return np.repeat(minutes.reshape(-1, BILLED).mean(axis=1), BILLED)


def provisioned_by_the_service(arriving: Minutes, lag: tuple[int, int], chance: Chance) -> Minutes:
    """What the service scales to by itself: the use some minutes ago, which is as old as the middle of its average."""
    begun = np.concatenate([np.full(HOUR, arriving[:HOUR].mean()), arriving])  # it did not begin with the simulation
    average = np.convolve(begun, np.ones(BILLED) / BILLED)[HOUR : HOUR + len(arriving)]
    lags = np.repeat(chance.integers(*lag, size=len(arriving) // HOUR, endpoint=True), HOUR) - BILLED // 2
    return average[np.maximum(0, np.arange(len(arriving)) - lags)]


def followed(arriving: Minutes, minimum: Minimum, chance: Chance) -> tuple[Minutes, int]:
    """The minimum in force in each minute, and how often it was changed."""
    in_force = coming = int(np.ceil(arriving[:HOUR].mean()))
    ready, changes, seen = 0, 0, arriving.tolist()
    found = np.empty(len(arriving))
    for minute in range(len(arriving)):
        if minute == ready:
            in_force = coming
        if minute > ready and minute > METRICS_LAG:
            last = minute - METRICS_LAG
            coming = minimum(minute, seen[max(0, last - SEEN_MINUTES) : last], in_force)
            if coming != in_force:
                ready, changes = minute + int(chance.integers(*UPDATE_MINUTES, endpoint=True)), changes + 1
        found[minute] = in_force
    return found, changes


def following(policy: Policy) -> Minimum:
    return lambda minute, use, minimum: policy.decide(START + timedelta(minutes=minute), use, minimum).min_tps


def all_foreseen(arriving: Minutes, own: Minutes) -> Minutes:
    needed = np.where(arriving > own, np.ceil(arriving), 1)
    return np.repeat(np.maximum(1, needed.reshape(-1, 15).max(axis=1)), 15)


def all_but_the_spike(peak: float, chance: Chance) -> Minutes:
    minimum = np.maximum(1, np.ceil(rates(peak, spike=False) * (1 + MARGIN)))
    seen = SPIKE[0] + 1 + METRICS_LAG
    in_force = seen + int(chance.integers(*UPDATE_MINUTES, endpoint=True))
    minimum[in_force:SPIKE_END] = np.ceil(rates(peak)[in_force:SPIKE_END] * (1 + MARGIN))
    return minimum


def outcome(arriving: Minutes, own: Minutes, minimum: Minutes, changes: int = 0) -> Outcome:
    over = np.maximum(0, arriving - np.maximum(minimum, own))
    paid = np.maximum(billed(minimum), billed(arriving - over)).sum() / HOUR
    return Outcome(paid, over.sum() / arriving.sum(), over[SPIKE[0] : SPIKE_END + HOUR].sum() / arriving.sum(), changes)


def outcomes(peak: float, lag: tuple[int, int], seed: int) -> tuple[Minutes, Mapping[str, Outcome]]:
    """What arrives in one draw, and what each minimum leads to."""
    chance = np.random.default_rng(seed)
    arriving = chance.poisson(rates(peak) * 60) / 60
    own = provisioned_by_the_service(arriving, lag, chance)
    most = float(np.ceil(arriving.max()))
    begin, end = (f"{START + timedelta(minutes=minute):%Y-%m-%d %H:%M}" for minute in (SPIKE[0], SPIKE_END))
    policy = Policy(max_tps=1000)
    announced = Policy(max_tps=1000, prewarm=(Window(begin, end, int(most)),))
    return arriving, {
        "fixed at the peak": outcome(arriving, own, np.full(len(arriving), most)),
        "fixed at 1 TPS": outcome(arriving, own, np.ones(len(arriving))),
        "all foreseen": outcome(arriving, own, all_foreseen(arriving, own)),
        "all but the spike": outcome(arriving, own, all_but_the_spike(peak, chance)),
        "following the use": outcome(arriving, own, *followed(arriving, following(policy), chance)),
        "following, spike announced": outcome(arriving, own, *followed(arriving, following(announced), chance)),
    }


def shown(drawn: Sequence[tuple[Minutes, Mapping[str, Outcome]]]) -> Iterator[tuple[str, ...]]:
    """The rows of the table: means of the draws."""
    ideals = [np.maximum(1, np.ceil(billed(arriving))).sum() / HOUR for arriving, _ in drawn]
    fixed = [found["fixed at the peak"].paid for _, found in drawn]
    for name in drawn[0][1]:
        found = [each[name] for _, each in drawn]
        ratios = [one.paid / ideal for one, ideal in zip(found, ideals, strict=True)]
        shares = [one.over for one in found]
        met = sum(ratio <= TARGET_PAID and share <= TARGET_OVER for ratio, share in zip(ratios, shares, strict=True))
        changes = np.mean([one.changes for one in found]) / DAYS
        yield (
            name,
            f"{np.mean([one.paid for one in found]):,.0f}",
            f"{np.mean(ratios):.3f}",
            f"{np.mean([one.paid / most for one, most in zip(found, fixed, strict=True)]):.3f}",
            f"{np.mean(shares):.3%}",
            f"{max(shares):.3%}",
            f"{np.mean([one.in_spike for one in found]):.3%}",
            f"{changes:.0f} a day" if changes else "",
            f"{met} of {len(found)}",
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="What a minimum that follows the use costs.")
    parser.add_argument("--peak", type=float, default=60, help="requests a second at the daily peak (default: 60)")
    parser.add_argument("--draws", type=int, default=8, help="of arrivals and updates (default: 8)")
    parser.add_argument("--lag", type=int, help="minutes by which the service is late (default: 5 to 10)")
    options = parser.parse_args()
    began = time.process_time()
    lag = (options.lag, options.lag) if options.lag else SERVICE_LAG
    drawn = [outcomes(options.peak, lag, seed) for seed in range(1, options.draws + 1)]
    arriving = [each for each, _ in drawn]
    whole = np.mean([np.maximum(1, np.ceil(billed(each))).sum() / HOUR for each in arriving])
    fractions = np.mean([np.maximum(1, billed(each)).sum() / HOUR for each in arriving])
    columns = ("TPS-hours", "to ideal", "to fixed", "over", "at most", "of it in the spike", "changes", "target met")
    table = Table("minimum", *columns)
    for row in shown(drawn):
        table.add_row(*row)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    console.print(
        f"{DAYS} days, {np.mean([each.sum() for each in arriving]) * 60:,.0f} requests, up to "
        f"{max(each.max() for each in arriving):.0f} TPS; the service is {'5 to 10' if not options.lag else lag[0]} "
        f"minutes late; {options.draws} draws"
    )
    console.print(table)
    console.print("target: paid within 15 % of the ideal, at most 0.1 % of the requests over what is provisioned")
    console.print(f"ideal: {whole:,.0f} TPS-hours in whole numbers; in fractions, {fractions / whole:.3f} of that")
    console.print(
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores; "
        f"{time.process_time() - began:.1f} s of CPU"
    )
    follows = [found["following the use"] for _, found in drawn]
    is_met = (
        np.mean([one.paid for one in follows]) <= TARGET_PAID * whole
        and np.mean([one.over for one in follows]) <= TARGET_OVER
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
