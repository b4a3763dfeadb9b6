"""Who does the trainings: this thread, or a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Protocol

from personalize_local.service import training_job
from personalize_local.service.job import Outcome

MOST_AT_ONCE = 4  # each may need some gigabytes of memory


class Trainer(Protocol):
    """Does the jobs in folders; each ends with an outcome in its folder, unless it was stopped."""

    def start(self, folder: Path, done: Callable[[], None]) -> None:
        """Begin, and call `done` at the end of the job."""

    def stop(self, folder: Path) -> None:
        """End a job that waits or runs; `done` is not called."""

    def close(self) -> None:
        """End all jobs; those without an outcome can be started again."""


class InlineTrainer:
    """Trains in the calling thread: when `start` returns, it is done."""

    def start(self, folder: Path, done: Callable[[], None]) -> None:
        """Do the job."""
        training_job.run(folder)
        done()

    def stop(self, folder: Path) -> None:
        """Do nothing: no job is under way between two calls."""

    def close(self) -> None:
        """Do nothing: no job is under way between two calls."""


class ProcessTrainer:
    """Trains in processes of low priority, which end by themselves when this one dies.

    Args:
        at_once: How many run at a time, each on one core; the others wait.
    """

    def __init__(self, at_once: int = min(os.cpu_count() or 1, MOST_AT_ONCE)) -> None:
        self._waiting = ThreadPoolExecutor(at_once, thread_name_prefix="training")
        self._lock = Lock()
        self._jobs: dict[Path, Future[None]] = {}
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}
        self._stopped: set[Path] = set()

    def start(self, folder: Path, done: Callable[[], None]) -> None:
        """Queue the job."""
        with self._lock:
            self._jobs[folder] = self._waiting.submit(self._work, folder, done)

    def stop(self, folder: Path) -> None:
        """Take the job out of the queue, or kill its process."""
        with self._lock:
            self._stopped.add(folder)
            job, process = self._jobs.pop(folder, None), self._processes.get(folder)
        if job:
            job.cancel()
        if process:
            process.kill()

    def close(self) -> None:
        """Kill all processes and wait until they have ended."""
        with self._lock:
            folders = list(self._jobs)
        for folder in folders:
            self.stop(folder)
        self._waiting.shutdown()

    def _work(self, folder: Path, done: Callable[[], None]) -> None:
        with self._lock:
            if folder in self._stopped:
                return
            process = self._processes[folder] = _start(folder)
        with process:
            code = process.wait()
        with self._lock:
            self._jobs.pop(folder, None)
            del self._processes[folder]
            if folder in self._stopped:
                return
        if Outcome.read(folder) is None:
            last = (folder / "errors.txt").read_text(errors="replace").strip().splitlines()[-1:]
            Outcome(failure=f"Internal error: the training ended with code {code}: {''.join(last)}").write(folder)
        done()


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "errors.txt").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", training_job.__name__, str(folder)],
            stdin=subprocess.PIPE,  # its end tells the training that this process died
            stderr=errors,
            start_new_session=True,  # an interrupt from the keyboard is for this process, which goes on later
        )
