"""One training, from its folder to its folder; also a program, `python -m … FOLDER`.

The program ends when its standard input does, so that it does not outlive the server that started it.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np

from personalize_local.engine import recipes
from personalize_local.engine.errors import EngineError, TooLittleData
from personalize_local.engine.log import Catalogue, Log
from personalize_local.service.job import Job, Outcome, write_file
from personalize_local.service.rows import InteractionRows, RecordRows

Progress = Callable[[float, str], None]


def run(folder: Path) -> None:
    """Do the job in the folder: train, save the model, write down how it went."""
    started = time.monotonic()
    job = Job.read(folder)

    def progress(share: float, doing: str) -> None:
        write_file(folder / "progress.json", {"share": share, "doing": doing})

    try:
        metrics = _train(job, folder / "model", progress)
    except EngineError as error:
        Outcome(failure=str(error), seconds=time.monotonic() - started).write(folder)
    else:
        Outcome(metrics=metrics, seconds=time.monotonic() - started).write(folder)


def _train(job: Job, model: Path, progress: Progress) -> dict[str, float]:
    progress(0.0, "reading the data")
    log = _log(job)
    if job.event_type and len(log) < recipes.FEWEST_INTERACTIONS:
        raise TooLittleData(
            f"Dataset has fewer than {recipes.FEWEST_INTERACTIONS} interactions after filtering by event type: "
            f"{job.event_type}"
        )
    trained = recipes.train(
        job.recipe, log, _catalogue(job), job.hyperparameters, featurization=job.featurization, progress=progress
    )
    trained.model.save(model)
    return dict(trained.metrics)


def _log(job: Job) -> Log:
    rows = InteractionRows(Path(job.interactions))
    try:
        return log_of(rows, job.event_type, job.event_value_threshold)
    finally:
        rows.close()


def log_of(rows: InteractionRows, event_type: str | None = None, least_value: float | None = None) -> Log:
    """The interactions as the engine takes them: all, or those of a type and with at least some value."""
    table = rows.log(event_type, least_value)
    users, items, timestamps, event_types, values = zip(*table, strict=True) if table else ((),) * 5
    return Log(
        users=np.array(users, dtype=object),
        items=np.array(items, dtype=object),
        timestamps=np.array(timestamps, dtype=np.int64),
        event_types=np.array(event_types, dtype=object) if any(event_types) else None,
        event_values=np.array(values, dtype=np.float32) if any(value is not None for value in values) else None,
    )


def _catalogue(job: Job) -> Catalogue | None:
    if job.items is None:
        return None
    rows = RecordRows(Path(job.items), id_column="ITEM_ID")
    try:
        records = rows.all()
    finally:
        rows.close()
    names = sorted({name for record in records.values() for name in record})
    columns = {name: np.array([record.get(name) for record in records.values()], dtype=object) for name in names}
    return Catalogue(np.array(list(records), dtype=object), columns)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    Thread(target=_end_with_parent, daemon=True).start()
    os.nice(10)  # requests come first
    run(Path(sys.argv[1]))
