"""What a running local cloud writes down in its state folder, and the lock that tells whether it still runs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from personalize_local.service.lock import locked


@dataclass(frozen=True)
class Record:
    """A running local cloud."""

    pid: int
    url: str
    profile: str

    @property
    def port(self) -> int:
        """The port of the URL."""
        return int(self.url.rpartition(":")[2])

    def write(self, state: Path) -> None:
        """Leave it in the state folder."""
        new = _path(state).with_suffix(".new")
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(_path(state))

    @classmethod
    def read(cls, state: Path) -> "Record | None":
        """The record in the state folder, if one is there: after a crash, of a local cloud that is gone."""
        try:
            return cls(**json.loads(_path(state).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    @staticmethod
    def remove(state: Path) -> None:
        """Take it away, if one is there."""
        _path(state).unlink(missing_ok=True)


@contextmanager
def lock(state: Path) -> Iterator[int | None]:
    """Lock the state folder, or answer None if a local cloud holds the lock.

    The lock belongs to the open file, whose descriptor this yields: a child process that inherits it keeps the folder
    locked until it ends, killed or not.
    """
    descriptor = locked(state)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _path(state: Path) -> Path:
    return state / "server.json"
