"""The end of a preparation: its files in place of those of the one before, or a report of why there are none.

What was made is gathered in one hidden folder, the manifest included, which counts from its last renaming on: a run
that is killed while files are put in their places is completed by the next one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from data_prep import holding, increments, manifest, schemas
from data_prep.errors import DataPrepError
from data_prep.manifest import Manifest
from data_prep.page import document
from data_prep.store import QUARANTINE
from data_prep.summary import model
from data_prep.summary.model import Summary

FAILED = "failed"  # the folder with the report of a preparation that failed
_FINISHED, _UNFINISHED = ".finished", ".partial-"
_REPORT = (model.FILE_NAME, document.FILE_NAME)


@contextmanager
def workspace(out: Path) -> Iterator[tuple[Path, Path]]:
    """Two folders on the disk of `out`, gone at the end: for what is made, and for what is needed meanwhile.

    What a killed run has left is completed or gone from the start.

    Raises:
        DataPrepError: another preparation has the folder.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        if (out / _FINISHED).exists():
            _put_in_place(out)
        for left in out.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        work = Path(mkdtemp(prefix=_UNFINISHED, dir=out))
        made, scratch = work / "made", work / "scratch"
        made.mkdir()
        scratch.mkdir()
        try:
            yield made, scratch
        finally:
            shutil.rmtree(work, ignore_errors=True)


def publish(finished: Manifest, made: Path) -> Manifest:
    """Put the files that were made in place of those of the earlier preparation, in the manifest's folder."""
    finished.write(made)
    made.replace(finished.folder / _FINISHED)
    _put_in_place(finished.folder)
    return finished


def fail(summary: Summary, out: Path) -> Path:
    """Leave the report of a preparation that failed, beside what is there; return its page."""
    folder = out / FAILED
    folder.mkdir(exist_ok=True)
    summary.write(folder)
    page = folder / document.FILE_NAME
    page.write_text(document.page(summary, "What was read and cannot be used"), "utf-8")
    return page


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other preparations out of a folder; the system gives it free when the process ends, however it does."""
    folder = os.open(out, os.O_RDONLY)
    try:
        _lock(folder, out)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, out: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataPrepError(f"another preparation is at work in {out}; wait until it has ended") from error
    except OSError:
        return  # some network file systems know no locks


def _put_in_place(out: Path) -> None:
    """Move what was made; begun again, it goes on where it ended."""
    finished = out / _FINISHED
    wanted = {*_REPORT, *(Path(file).parts[0] for file in Manifest.read(finished).files())}
    (out / manifest.FILE_NAME).unlink(missing_ok=True)
    for name in {*_known(), *wanted}:
        if name not in wanted or (finished / name).exists():
            shutil.rmtree(out / name) if (out / name).is_dir() else (out / name).unlink(missing_ok=True)
        if (finished / name).exists():
            (finished / name).replace(out / name)
    (finished / manifest.FILE_NAME).replace(out / manifest.FILE_NAME)
    shutil.rmtree(finished)


def _known() -> Iterator[str]:
    """The names that a preparation may give to its files and folders."""
    yield from (FAILED, QUARANTINE, holding.FOLDER, increments.FOLDER)
    for kind in schemas.DATASET_TYPES[None].values():
        yield from (kind.file_name, Path(kind.file_name).stem, kind.schema_file_name)
