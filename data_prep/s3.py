"""Files in S3: finding them, and bringing them to this machine; `AWS_ENDPOINT_URL` is honoured."""

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from data_prep.errors import SourceError


def find(uri: str) -> list[str]:
    """The URIs of the objects at a URI, by key: one object, all of a prefix that ends in `/`, or those of a glob.

    Raises:
        SourceError: there are none, or the bucket cannot be read.
    """
    bucket, pattern = parts(uri)
    wild = min((pattern.find(mark) for mark in "*?[" if mark in pattern), default=len(pattern))
    with told(uri):
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=pattern[:wild])
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    chosen = sorted(key for key in keys if not key.endswith("/") and _is_meant(key, pattern))
    if not chosen:
        folder = f"; a folder is named with a slash at its end: {uri}/" if f"{pattern}/" in "".join(keys[:1]) else ""
        raise SourceError(f"no object {uri}; the bucket has {len(keys)} objects that begin so{folder}")
    return [f"s3://{bucket}/{key}" for key in chosen]


def download(uri: str, folder: Path) -> Path:
    """Bring an object into a folder, which is made, and return its file.

    Raises:
        SourceError: it cannot be read.
    """
    bucket, key = parts(uri)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / key.rpartition("/")[2]
    with told(uri):
        client().download_file(bucket, key, str(path))
    return path


def read(uri: str) -> str | None:
    """The text of an object; None where there is none.

    Raises:
        SourceError: it cannot be read.
    """
    bucket, key = parts(uri)
    with told(uri):
        found = client()
        try:
            return str(found.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8"))
        except found.exceptions.NoSuchKey:
            return None


def parts(uri: str) -> tuple[str, str]:
    """The bucket and the key of a URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def client() -> Any:
    """A client of S3."""
    import boto3  # noqa: PLC0415  a third of a second, which a preparation without S3 does not need

    return boto3.client("s3")


@contextmanager
def told(uri: str, done: str = "read") -> Iterator[None]:
    """Tell that a URI cannot be read, or whatever else is done.

    Raises:
        SourceError: S3 refuses, or cannot be reached.
    """
    from boto3.exceptions import Boto3Error  # noqa: PLC0415  as above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise SourceError(f"{uri} cannot be {done}: {error}") from error


def _is_meant(key: str, pattern: str) -> bool:
    return key.startswith(pattern) if pattern.endswith("/") or not pattern else fnmatchcase(key, pattern)
