"""A bar for `personalize prep`: step, share, rows, rows a second, time left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from data_prep.progress import Moment, Progress


@contextmanager
def shown(console: Console) -> Iterator[Progress | None]:
    """Show a bar for each dataset where there is a terminal; yield what is to be told how far it is."""
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    with Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
        began: dict[str, float] = {}
        tasks = {}

        def tell(moment: Moment) -> None:
            if not moment.dataset:
                return
            if moment.dataset not in tasks:
                began[moment.dataset] = time.monotonic()
                tasks[moment.dataset] = bar.add_task(moment.dataset, total=1.0, rate="")
            seconds = time.monotonic() - began[moment.dataset]
            bar.update(
                tasks[moment.dataset],
                completed=moment.share,
                description=f"{moment.dataset}: {moment.step}",
                rate=_rate(moment, seconds),
            )

        with Progress(tell) as progress:
            yield progress


def _rate(moment: Moment, seconds: float) -> str:
    if moment.rows is None:
        return ""
    return f"{moment.rows:,} rows, {moment.rows * moment.share / max(seconds, 0.1):,.0f} rows/s"
