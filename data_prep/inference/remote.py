"""Logs in S3: some megabytes of each object, so that what is there can be told without bringing all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep import s3
from data_prep.errors import SourceError
from data_prep.sources import Format, format_of

_HEAD_BYTES, _BLOCK_BYTES = 2_000_000, 500_000  # together no more than a sample reads of a file


@dataclass(frozen=True)
class Remote:
    """An object in S3.

    Attributes:
        pattern: by which it was found.
        beside: all objects that were found so, this one included.
    """

    uri: str
    pattern: str
    beside: tuple[str, ...]


def find(patterns: Sequence[str]) -> list[Remote]:
    """The objects that URIs, prefixes and globs name.

    Raises:
        SourceError: one names none, or a bucket cannot be read.
    """
    found: dict[str, Remote] = {}
    for pattern in patterns:
        uris = tuple(s3.find(pattern))
        for uri in uris:
            found.setdefault(uri, Remote(uri, pattern, uris))
    return list(found.values())


def bring_some(remote: Remote, folder: Path) -> Path:
    """Bring an object into a folder, or of a large one that is read line by line its beginning, middle and end.

    Raises:
        SourceError: it cannot be read.
    """
    bucket, key = s3.parts(remote.uri)
    path = folder / key.rpartition("/")[2]
    client = s3.client()
    with s3.told(remote.uri):
        size = client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    if size <= _HEAD_BYTES + 2 * _BLOCK_BYTES or _is_whole_only(path):
        return s3.download(remote.uri, folder)

    def read(start: int, length: int) -> bytes:
        with s3.told(remote.uri):
            asked = f"bytes={start}-{start + length - 1}"
            return bytes(client.get_object(Bucket=bucket, Key=key, Range=asked)["Body"].read())

    folder.mkdir(parents=True, exist_ok=True)
    head = read(0, _HEAD_BYTES)
    if path.suffix.lower() == ".gz" or b"\0" in head:  # no place but the beginning can be read from
        path.write_bytes(head)
        return path
    blocks = [head]
    for start in ((_HEAD_BYTES + size) // 2 - _BLOCK_BYTES, size - _BLOCK_BYTES):
        blocks.append(read(start, _BLOCK_BYTES).partition(b"\n")[2])
    path.write_bytes(b"".join(block[: block.rfind(b"\n") + 1] for block in blocks))
    return path


def _is_whole_only(path: Path) -> bool:
    """Whether nothing can be told from a part of a file."""
    try:
        return path.suffix.lower() == ".zst" or format_of(path) is Format.PARQUET
    except SourceError:
        return False
