"""Sources in S3, brought to this machine; `AWS_ENDPOINT_URL` is honoured, as by every AWS tool."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from data_prep.errors import SourceError


def download(uri: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Bring the objects at a URI into a folder: one object, all of a prefix that ends in `/`, or those of a glob.

    Yields:
        The URI and the local file of each, by key.

    Raises:
        SourceError: there are none, or they cannot be read.
    """
    bucket, _, pattern = uri.removeprefix("s3://").partition("/")
    wild = min((pattern.find(mark) for mark in "*?[" if mark in pattern), default=len(pattern))
    try:
        client = boto3.client("s3")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=pattern[:wild])
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        chosen = sorted(key for key in keys if not key.endswith("/") and _is_meant(key, pattern))
        if not chosen:
            raise SourceError(f"no object {uri}; the bucket has {len(keys)} objects that begin so")
        for number, key in enumerate(chosen):
            place = folder / str(number)
            place.mkdir(parents=True)
            path = place / key.rpartition("/")[2]
            client.download_file(bucket, key, str(path))
            yield f"s3://{bucket}/{key}", path
    except (BotoCoreError, ClientError) as error:
        raise SourceError(f"{uri} cannot be read: {error}") from error


def _is_meant(key: str, pattern: str) -> bool:
    return key.startswith(pattern) if pattern.endswith("/") or not pattern else fnmatchcase(key, pattern)
