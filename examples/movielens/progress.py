"""Shows how far a `cdk deploy` is, and the training that it waits for."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

# movielens-dev | 24/60 | 8:51:49 PM | CREATE_IN_PROGRESS | Custom::PersonalizeSchema | ItemsSchema/Resource (…)
_EVENT = re.compile(r"\| +(?P<done>\d+)/(?P<total>\d+) \|[^|]*\| (?P<status>\w+) +\| [^|]*\| (?P<what>\S+)")


class _Training(ProgressColumn):
    """What the local cloud's newest training says of itself while it runs."""

    def __init__(self, state: Path) -> None:
        super().__init__()
        self._state = state

    def render(self, task: Task) -> Text:
        """Read the progress file that a training keeps."""
        if not task.description.endswith("Version"):
            return Text()
        files = sorted(self._state.rglob("progress.json"), key=lambda file: file.stat().st_mtime)
        return Text(json.loads(files[-1].read_text())["doing"] if files else "")


@contextmanager
def deploy_progress(console: Console, state: Path) -> Iterator[Callable[[str], None]]:
    """Show a bar; yield what takes the lines of the CDK command line.

    Args:
        state: The folder of the local cloud.
    """
    if not console.is_terminal:
        yield lambda line: None
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        _Training(state),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def follow(line: str) -> None:
            event = _EVENT.search(line)
            if event and event["status"].endswith("_IN_PROGRESS"):
                what = event["what"].removesuffix("/Default").removesuffix("/Resource")
                progress.update(task, completed=int(event["done"]), total=int(event["total"]), description=what)

        yield follow
