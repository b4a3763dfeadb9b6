"""The objects of an S3 that is reached over HTTP."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from personalize_local.service.objects import AccessDenied, NoSuchObject


class S3Objects:
    """The objects of one account.

    Args:
        endpoint: The URL of S3.
        account: Whose buckets these are; the local cloud takes the access key's account for the caller's.
    """

    def __init__(self, endpoint: str, account: str, region: str) -> None:
        self._s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    def as_role(self, role_arn: str) -> "S3Objects":
        """The same objects; the role's permissions are not looked at."""
        return self

    def list(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with the prefix."""
        with _translated(f"s3://{bucket}/{prefix}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's content, in a file of its own that the caller closes."""
        with ExitStack() as unless_all_is_well, _translated(f"s3://{bucket}/{key}"):
            content = unless_all_is_well.enter_context(TemporaryFile())
            self._s3.download_fileobj(bucket, key, content)
            content.seek(0)
            unless_all_is_well.pop_all()
        return content

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object."""
        with _translated(f"s3://{bucket}/{key}"):
            self._s3.put_object(Bucket=bucket, Key=key, Body=content)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Raise S3's errors as the service's."""
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        reason = NoSuchObject if status == 404 else AccessDenied if status == 403 else None
        if reason is None:
            raise
        raise reason(what) from error
