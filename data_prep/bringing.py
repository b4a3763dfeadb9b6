"""A source's file to this machine, as text that can be read: from S3, and from other encodings to UTF-8."""

import gzip
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_prep import s3
from data_prep.dataset import File
from data_prep.errors import SourceError
from data_prep.manifest import SourceFile


def bring(file: File, folder: Path) -> tuple[File, SourceFile]:
    """Return a file with the path that it can be read from, and what it was like before it was read.

    Args:
        folder: where copies go, if there must be any; it is made then.

    Raises:
        SourceError: the file cannot be brought here, or is not encoded as declared.
    """
    path = s3.download(file.name, folder) if file.is_remote else file.path
    # Before reading: a source that changes meanwhile is seen to have changed since.
    described = SourceFile.of(path, file.name)
    if not _is_utf8(file.spec.encoding):
        path = _as_utf8(path, file.spec.encoding, folder / "utf-8")
    return replace(file, path=path), described


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def _as_utf8(path: Path, encoding: str, folder: Path) -> Path:
    """A copy of a text file in UTF-8."""
    if path.suffix.lower() == ".zst":
        raise SourceError(f"{path}: only UTF-8 can be read from .zst; use .gz for {encoding}")
    folder.mkdir(parents=True)
    copy = folder / path.name
    opening: Any = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with (
            opening(path, "rt", encoding=encoding, newline="") as text,
            opening(copy, "wt", encoding="utf-8", newline="") as out,
        ):
            shutil.copyfileobj(text, out)
    except (UnicodeError, LookupError) as error:
        raise SourceError(f"{path} cannot be read as {encoding}: {error}") from error
    return copy
