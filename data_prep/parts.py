"""A dataset's rows as CSV files of a bounded size, each with the header: what an engine writes is cut at line ends.

An engine writes into a pipe, so that rows are hashed and cut on their way to the disk and need not be read again.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from data_prep.dataset import Dataset
from data_prep.manifest import Part

MAX_BYTES = 1_000_000_000  # of one file, as many as a job that adds to a dataset takes
_AT_A_TIME = 1 << 20


def header(dataset: Dataset) -> str:
    """The first line of each file of a dataset."""
    return ",".join(field.name for field in dataset.fields)


def write(
    produce: Callable[[Path], None], header: str, folder: Path, name: str, max_bytes: int = MAX_BYTES
) -> tuple[Part, ...]:
    """Write what an engine produces into one file, or into a folder of several where one would be too large.

    Args:
        produce: writes lines into the pipe at a path.
        header: the first line of each file.
        folder: where to.
        name: of the file, as `INTERACTIONS.csv`; several are `INTERACTIONS/part-00001.csv` and so on.
        max_bytes: of one file; a line is never cut, so one that is longer makes a longer file.

    Raises:
        OSError: the files cannot be written.
    """
    reading, writing = os.pipe()
    cutter = _Cutter(header.encode() + b"\n", folder, name, max_bytes)
    failures: list[OSError] = []

    def follow() -> None:
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            try:
                while some := pipe.read(_AT_A_TIME):
                    cutter.take(some)
                cutter.end()
            except OSError as error:
                failures.append(error)  # and the pipe is closed, which ends the engine's writing

    follower = Thread(target=follow)
    follower.start()
    try:
        produce(Path(f"/dev/fd/{writing}"))
    finally:
        os.close(writing)
        follower.join()
        if failures:
            raise failures[0]  # in place of the engine's, whose pipe was closed for that
    return tuple(cutter.parts)


class _Cutter:
    """Takes bytes and writes files of whole lines."""

    def __init__(self, header: bytes, folder: Path, name: str, max_bytes: int) -> None:
        self.parts: list[Part] = []
        self._header, self._folder, self._name, self._max_bytes = header, folder, name, max_bytes
        self._begun = b""  # of a line whose end has not come yet
        self._begin()

    def take(self, some: bytes) -> None:
        """Write the lines that are whole; keep the rest until more comes."""
        end = some.rfind(b"\n") + 1
        if not end:
            self._begun += some
            return
        lines = memoryview(self._begun + some[:end])
        self._begun = some[end:]
        while self._bytes + len(lines) > self._max_bytes:
            room = bytes(lines[: max(0, self._max_bytes - self._bytes)]).rfind(b"\n") + 1
            if not room and self._bytes == len(self._header):
                room = bytes(lines).index(b"\n") + 1
            self._write(lines[:room])
            lines = lines[room:]
            if not lines:
                return
            self._close()
            self._begin()
        self._write(lines)

    def end(self) -> None:
        """Write what is left."""
        self._write(memoryview(self._begun))
        self._close()

    def _begin(self) -> None:
        if len(self.parts) == 1:  # there are to be several: the first goes into the folder too
            (first,) = self.parts
            (self._folder / self._stem).mkdir()
            self.parts = [Part(self._numbered(1), first.bytes, first.sha256)]
            (self._folder / first.file).rename(self._folder / self.parts[0].file)
        self._current = self._numbered(len(self.parts) + 1) if self.parts else self._name
        self._file: BinaryIO = (self._folder / self._current).open("wb")
        self._bytes, self._digest = 0, hashlib.sha256()
        self._write(memoryview(self._header))

    def _close(self) -> None:
        self._file.close()
        self.parts.append(Part(self._current, self._bytes, self._digest.hexdigest()))

    def _write(self, some: memoryview) -> None:
        self._file.write(some)
        self._digest.update(some)
        self._bytes += len(some)

    @property
    def _stem(self) -> str:
        return Path(self._name).stem

    def _numbered(self, number: int) -> str:
        return f"{self._stem}/part-{number:05}.csv"
