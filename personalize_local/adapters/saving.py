"""Saves ministack's state while it runs, so that a killed server comes back with its stacks.

By itself ministack saves at an orderly end only, all but the contents of S3's objects. Here each service's file is
written again soon after its state changed; nothing changes for long without requests.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

from ministack import app
from ministack.core import persistence

Application = Callable[..., Awaitable[None]]

SECONDS_AFTER_A_REQUEST = 1.0

logger = logging.getLogger(__name__)


class Saver:
    """Saves the state of all services after requests, in a thread of its own."""

    def __init__(self) -> None:
        self._saved: dict[str, str] = {}
        self._requested = Event()
        self._ended = Event()
        self._thread = Thread(target=self._run, name="saving", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; ministack itself saves a last time."""
        self._ended.set()
        self._requested.set()
        self._thread.join()

    def following(self, application: Application) -> Application:
        """The application, whose requests are noted."""

        async def noted(*about: Any) -> None:
            self._requested.set()
            await application(*about)

        return noted

    def save(self) -> None:
        """Write the file of each service whose state is not what its file says."""
        for service, get_state in app._build_persistence_save_dict().items():
            try:
                state = get_state()
                text = json.dumps(_file(service, state), default=persistence._json_default)
            except RuntimeError:
                # It changed while it was read: it is saved the next time.
                continue
            if state is not None and self._saved.get(service) != text:
                _replace(Path(persistence.STATE_DIR) / f"{service}.json", text)
                self._saved[service] = text

    def _run(self) -> None:
        while self._requested.wait() and not self._ended.wait(SECONDS_AFTER_A_REQUEST):
            self._requested.clear()
            try:
                self.save()
            except Exception:
                logger.exception("the state could not be saved")


def _file(service: str, state: Any) -> Mapping[str, Any]:
    return {"__ministack_format__": persistence._state_format_version(service), "payload": state}


def _replace(path: Path, text: str) -> None:
    """Write a file so that at any moment the old or the new one is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
