"""Shows how far a `cdk deploy` is, and the training that it waits for."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.progress import ProgressColumn, Task
from rich.text import Text

from operations.progress import stack_progress


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


def deploy_progress(console: Console, state: Path) -> AbstractContextManager[Callable[[str], None]]:
    """Show a bar; give what takes the lines of the CDK command line.

    Args:
        state: The folder of the local cloud.
    """
    return stack_progress(console, _Training(state))
