"""How fast the engine answers, by the size of the catalogue: one thread, no service around it.

    .venv/bin/python benchmarks/engine_serving.py                          # 3,706, 100,000 and 1,000,000 items
    .venv/bin/python benchmarks/engine_serving.py --items 3706 100000
    .venv/bin/python benchmarks/engine_serving.py --keep FOLDER            # trains once, measures as often as you like

The models are aws-hrnn with a hidden_dimension of 64, trained on generated logs; most of the time goes into that. The
baseline is the plain answer in the same run: all scores as one product in numpy, then `argpartition`. Times are CPU
times of the thread: they hold on a busy machine too. Recall is against the exact answer, for users that the training
has not seen.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy loads

import argparse
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from generated.scale import scale
from rich.console import Console
from rich.table import Table

from personalize_local.engine import recipes
from personalize_local.engine.histories import Histories
from personalize_local.engine.lists import descending
from personalize_local.engine.log import Event, User
from personalize_local.engine.offline import split
from personalize_local.engine.recurrent_model import RecurrentModel

ITEMS = (3_706, 100_000, 1_000_000)
EVENTS, PASSES = 60_000, 8  # to learn from: little, but a training as it is
WIDTH, LIST, READ = 64, 25, 200
USERS, ANSWERS = 64, 400
NOW = 2_000_000_000.0
TARGETS = {3_706: 0.3, 100_000: 3.0, 1_000_000: 20.0}  # ms, p50
AIMS = {3_706: 0.1, 100_000: 2.0, 1_000_000: 10.0}


@dataclass
class Times:
    """CPU times in milliseconds."""

    values: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.p50:.3f} / {np.quantile(self.values, 0.99):.3f}"

    @property
    def p50(self) -> float:
        return float(np.median(self.values))


def timed(ask: Callable[[int], object], count: int) -> Times:
    """The times of so many calls, after one that does not count."""
    ask(0)
    times = Times()
    for number in range(1, count + 1):
        before = time.thread_time()
        ask(number)
        times.values.append(1000 * (time.thread_time() - before))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers of the engine.")
    parser.add_argument("--items", type=int, nargs="+", default=ITEMS)
    parser.add_argument("--keep", type=Path, help="a folder for the models")
    options = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    console.print(f"{_processor()}, {os.cpu_count()} cores, one thread, Python {platform.python_version()}, ", end="")
    console.print(f"numpy {np.__version__}; CPU milliseconds, p50 / p99")
    table = Table("", *(f"{items:,} items" for items in options.items))
    with tempfile.TemporaryDirectory() as temporary:
        columns = [measure(items, options.keep or Path(temporary)) for items in options.items]
    for name in dict.fromkeys(name for column in columns for name in column):
        table.add_row(name, *(column.get(name, "kept") for column in columns))
    console.print(table)
    console.print(
        f"targets: event 0.1 (aim 0.03); answer {_list(TARGETS)} (aim {_list(AIMS)}); recall 0.98; load 1 s; "
    )
    console.print("20,000 users per second from known states")


def measure(items: int, folder: Path) -> dict[str, str]:
    """All figures of one catalogue."""
    log, catalogue = scale(EVENTS, items)
    asked, learned = split(Histories.of(log, catalogue), 0.05, np.random.default_rng(0))
    trained = folder / f"{items}"
    rows: dict[str, str] = {}
    if not (trained / "model.json").exists():
        before = time.process_time()
        train(learned).save(trained)
        rows["training, CPU s"] = f"{time.process_time() - before:.0f}"
    rows["size on disk, MB"] = f"{sum(file.stat().st_size for file in trained.iterdir()) / 1e6:.0f}"
    rows |= loading(trained)
    model = recipes.load(trained)
    assert isinstance(model, RecurrentModel)
    users = [User(list(asked.events(asked.rows(user)))) for user in range(min(len(asked), USERS))]
    return rows | of_events(model) | of_answers(model, users) | of_batches(model, users)


def train(histories: Histories) -> RecurrentModel:
    """A model of a catalogue."""
    from personalize_local.engine.run import Run  # noqa: PLC0415 - torch is for trainings alone
    from personalize_local.engine.training import Settings, fit  # noqa: PLC0415

    return fit(histories, Settings(hidden_dimension=WIDTH, bptt=32, recency_mask=True), Run(passes=PASSES))


def loading(folder: Path) -> dict[str, str]:
    """How long a model takes to be there, and to give its first answer; what it adds to this process."""
    before, started, cpu = _resident(), time.perf_counter(), time.process_time()
    model = recipes.load(folder)
    loaded = time.perf_counter() - started, time.process_time() - cpu
    started = time.perf_counter()
    model.preferences([User([Event(model.item_ids[0], 0.0)])], NOW)[0].best(LIST)
    first = time.perf_counter() - started
    return {
        "load, s (CPU)": f"{loaded[0]:.3f} ({loaded[1]:.3f})",
        "first answer after it, s": f"{first:.3f}",
        "memory after both, MB": f"{_resident() - before:.0f}",
    }


def of_events(model: RecurrentModel) -> dict[str, str]:
    """An event more of a user whose state is known, and 200 events of one whose is not."""
    rng = np.random.default_rng(0)

    def drawn(count: int, since: float = 0.0) -> list[Event]:
        times = since + np.cumsum(rng.integers(1, 5_000, count))
        return [
            Event(model.item_ids[item], t)
            for item, t in zip(rng.integers(0, len(model.item_ids), count), times, strict=True)
        ]

    past = drawn(READ // 2)
    grown = [model._known(User([*past, *drawn(1, past[-1].timestamp)]), NOW) for _ in range(ANSWERS + 1)]
    unread = [model._known(User(drawn(READ)), NOW) for _ in range(51)]
    model.wanted(model._known(User(past), NOW))
    return {
        "one event into a state": str(timed(lambda number: model.wanted(grown[number]), ANSWERS)),
        "reading 200 events anew": str(timed(lambda number: model.wanted(unread[number]), 50)),
    }


def of_answers(model: RecurrentModel, users: Sequence[User]) -> dict[str, str]:
    """The 25 best with their scores, of users whose state is known; and the same, exact and plain."""
    items = len(model.item_ids)
    rng, allowed = np.random.default_rng(0), np.full(items, True)
    half = rng.random(items) < 0.5

    def answer(number: int, mask: np.ndarray | None = None) -> np.ndarray:
        (liked,) = model.preferences([users[number % len(users)]], NOW)
        best = liked.best(LIST, mask)
        liked.of(best)
        return best

    def unseen(number: int) -> None:
        seen = [model.item_ids.number(event.item_id) for event in users[number % len(users)].history]
        allowed[seen] = False
        answer(number, allowed)
        allowed[seen] = True

    def plain(number: int) -> np.ndarray:
        scores = model.scores(users[number % len(users)].history, NOW)
        best = np.argpartition(-scores, LIST)[:LIST]
        return best[np.argsort(-scores[best], kind="stable")]

    recalls, errors, filtered = [], [], []
    for number in range(len(users)):
        exact = model.scores(users[number].history, NOW)
        best = answer(number)
        (liked,) = model.preferences([users[number]], NOW)
        recalls.append(np.isin(descending(exact, LIST), best).mean())
        errors.append(abs(float(liked.of(best)[0] / exact[best[0]]) - 1))
        filtered.append(np.isin(descending(exact, LIST, half), answer(number, half)).mean())
    ours, base = timed(answer, ANSWERS), timed(plain, ANSWERS // 4)
    looked_at = f"{float(model.shortlist.share):.0%}" if model.shortlist else "all"
    return {
        f"answer, {LIST} best": str(ours),
        "  plain numpy (baseline)": str(base),
        "  plain to ours, p50": f"{base.p50 / ours.p50:.1f}",
        "  without what was seen": str(timed(unseen, ANSWERS)),
        "  of a random half": str(timed(lambda number: answer(number, half), ANSWERS)),
        "  looked at of the catalogue": looked_at,
        f"recall at {LIST}, mean (lowest)": f"{np.mean(recalls):.4f} ({np.min(recalls):.2f})",
        "  recall of a random half": f"{np.mean(filtered):.4f} ({np.min(filtered):.2f})",
        "error of scores, mean (largest)": f"{np.mean(errors):.2%} ({np.max(errors):.2%})",
    }


def of_batches(model: RecurrentModel, users: Sequence[User]) -> dict[str, str]:
    """Users per second, in batches of 256: known states, then histories of 50 events that nobody has read yet."""
    many = [users[number % len(users)] for number in range(256)]

    def all_of(asking: Sequence[User]) -> float:
        before = time.process_time()
        for liked in model.preferences(asking, NOW):
            liked.of(liked.best(LIST))
        return len(asking) / (time.process_time() - before)

    rng = np.random.default_rng(1)
    drawn = rng.integers(0, len(model.item_ids), (len(many), 50))
    new = [User([Event(model.item_ids[item], 60.0 * n) for n, item in enumerate(row)]) for row in drawn]
    wanted = np.array([model.wanted(model._known(user, NOW)) for user in many])
    before = time.process_time()
    if model.shortlist is None:
        for row in wanted @ model.network["items.weight"].T + model.network["bias"]:
            descending(row, LIST)
    in_states = f"{len(wanted) / (time.process_time() - before):,.0f}" if model.shortlist is None else "-"
    return {
        "batch, users/s: from vectors": in_states,
        "  known histories, with scores": f"{max(all_of(many) for _ in range(3)):,.0f}",
        "  unread histories of 50": f"{all_of(new):,.0f}",
    }


def _resident() -> float:
    """Memory of this process, mapped files included, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _list(figures: dict[int, float]) -> str:
    return " / ".join(map(str, figures.values()))


if __name__ == "__main__":
    main()
