"""One training, from its folder to its folder; also a program, `python -m … FOLDER`.

The program ends when its standard input does, so that it does not outlive the server that started it.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from ctypes import CDLL
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from types import MappingProxyType

import numpy as np

from personalize_local.engine import freshness, recipes
from personalize_local.engine.errors import EngineError, TooLittleData
from personalize_local.engine.log import Catalogue, Log
from personalize_local.engine.objective import Objective, Rewarding
from personalize_local.engine.search import Search
from personalize_local.service import tables
from personalize_local.service.considered import considered
from personalize_local.service.job import EventRule, Job, Outcome, write_file
from personalize_local.service.rows import InteractionRows, RecordRows

PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
LOW_PRIORITY = 5  # of 19: a third of what those with 0 get, where all is busy
PROGRESS = "progress.json"  # in the training's folder: how far it is

Progress = Callable[[float, str], None]


def run(folder: Path) -> None:
    """Do the job in the folder: train, save the model, write down how it went."""
    started = time.monotonic()
    job = Job.read(folder)

    def progress(share: float, doing: str) -> None:
        taken = time.monotonic() - started
        left = round(taken / share * (1 - share), 1) if share else None
        write_file(folder / PROGRESS, {"share": round(share, 4), "doing": doing, "seconds_left": left})

    try:
        best = _train(job, folder, progress)
    except EngineError as error:
        Outcome(failure=str(error), seconds=time.monotonic() - started).write(folder)
    else:
        metrics, seconds = dict(best.trained.metrics), time.monotonic() - started
        Outcome(None, metrics, seconds, best.trial, best.hyperparameters, best.trained.notes).write(folder)


@dataclass(frozen=True)
class Kept:
    """The best training so far: of which trial, with which values, and what it is worth."""

    trained: recipes.Trained
    trial: int
    hyperparameters: dict[str, str]
    worth: float


def _train(job: Job, folder: Path, progress: Progress) -> Kept:
    """Train all trials and save the best."""
    progress(0.0, "reading the data")
    items = _catalogue(job.items, "ITEM_ID", job.excluded.get("ITEMS", ()), job.texts)
    users = _catalogue(job.users, "USER_ID", job.excluded.get("USERS", ()))
    log, catalogue = considered(_log(job), items, job.most_interactions, job.most_items)
    types = [rule.event_type for rule in job.events if rule.event_type]
    if types and len(log) < recipes.FEWEST_INTERACTIONS:
        raise TooLittleData(
            f"Dataset has fewer than {recipes.FEWEST_INTERACTIONS} interactions after filtering by event type: "
            f"{', '.join(types)}"
        )
    former = Rewarding.within(recipes.load(Path(job.former))) if job.former else None
    sign, total = 1 if job.maximize else -1, sum(trial.count for trial in job.trials)
    best: Kept | None = None
    for number, trial in enumerate(job.trials):
        search = Search(trial.hyperparameters, trial.ranges)
        for place in range(trial.count):
            values = search.ask()
            if values is None:
                break
            trained = recipes.train(
                trial.recipe,
                log,
                catalogue,
                values,
                users=users,
                objective=Objective(*job.objective) if job.objective else None,
                featurization=trial.featurization,
                passes=job.passes,
                former=former,
                progress=_part(progress, sum(one.count for one in job.trials[:number]) + place, total),
            )
            worth = sign * trained.metrics.get(job.metric, 0.0)
            search.tell(worth)
            if best is None or worth > best.worth:  # one model beside the best is in memory
                best = Kept(trained, number, values, worth)
    assert best is not None
    best.trained.model.save(folder / "model")
    np.save(folder / "ages.npy", freshness.ages(log, catalogue, best.trained.model.item_ids))
    return best


def _part(progress: Progress, number: int, trials: int) -> Progress:
    """The progress of one trial of several, as that of all."""
    if trials == 1:
        return progress
    return lambda share, doing: progress((number + share) / trials, f"trial {number + 1} of {trials}: {doing}")


def _log(job: Job) -> Log:
    if job.interactions is None:
        return tables.log_of([])
    rows = InteractionRows(Path(job.interactions))
    try:
        log = log_of(rows, job.events, job.contexts)
    finally:
        rows.close()
    return replace(log, event_values=None) if "EVENT_VALUE" in job.excluded.get("INTERACTIONS", ()) else log


def log_of(
    rows: InteractionRows,
    rules: Sequence[EventRule] = (EventRule(),),
    contexts: Mapping[str, str] = MappingProxyType({}),
) -> Log:
    """The interactions as the engine takes them: those that fit the rules, with the weights that these give them.

    Weights are brought to a mean of 1 over the rules, as the service does it.
    """
    mean = sum(rule.weight for rule in rules) / len(rules) or 1.0
    read = [tables.Table.of(rows.log(rule.event_type, rule.least_value, contexts), contexts) for rule in rules]
    return tables.log_of(read, [rule.weight / mean for rule in rules] if len(rules) > 1 else None)


def _catalogue(
    folder: str | None, id_column: str, excluded: Collection[str], texts: Sequence[str] = ()
) -> Catalogue | None:
    """The records of a dataset, without the columns that are not to be learned from."""
    if folder is None:
        return None
    rows = RecordRows(Path(folder), id_column=id_column)
    try:
        records = rows.all()
    finally:
        rows.close()
    names = sorted({name for record in records.values() for name in record} - set(excluded))
    columns = {name: np.array([record.get(name) for record in records.values()], dtype=object) for name in names}
    return Catalogue(np.array(list(records), dtype=object), columns, [name for name in texts if name in columns])


def end_with_parent() -> None:
    """Let this process end when the one that started it does, however that ends.

    Linux's kernel sees to it even in a long native call that lets no other thread of Python run.
    """
    with suppress(AttributeError, OSError):  # there is no such call elsewhere
        CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    Thread(target=_end_with_input, daemon=True).start()  # also of a parent that has died before that


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):  # past the buffer, whose lock the interpreter's end would stumble over
        pass
    os._exit(1)


def give_way() -> None:
    """Let requests come first. Linux may weigh a session as a whole [sched(7)], so this one too, if it is its own."""
    os.nice(LOW_PRIORITY)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # there is no such file elsewhere
            Path("/proc/self/autogroup").write_text(str(LOW_PRIORITY), encoding="ascii")


if __name__ == "__main__":
    end_with_parent()
    give_way()
    run(Path(sys.argv[1]))
