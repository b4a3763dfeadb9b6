"""Shows how far CloudFormation is, from what the CDK command line prints."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

# movielens-dev | 24/60 | 8:51:49 PM | CREATE_IN_PROGRESS | Custom::PersonalizeSchema | ItemsSchema/Resource (…)
_EVENT = re.compile(r"\| +(?P<done>\d+)/(?P<total>\d+) \|[^|]*\| (?P<status>\w+) +\| [^|]*\| (?P<what>\S+)")


@contextmanager
def stack_progress(console: Console, *more: ProgressColumn) -> Iterator[Callable[[str], None]]:
    """Show a bar where there is a terminal; yield what takes the lines of the CDK command line.

    Args:
        more: Further columns.
    """
    if not console.is_terminal:
        yield lambda line: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"), *more)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def follow(line: str) -> None:
            event = _EVENT.search(line)
            if event and event["status"].endswith("_IN_PROGRESS"):
                what = event["what"].removesuffix("/Default").removesuffix("/Resource")
                progress.update(task, completed=int(event["done"]), total=int(event["total"]), description=what)

        yield follow
