"""The objects of an S3 that is reached over HTTP."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from personalize_local.adapters import roles
from personalize_local.service.objects import AccessDenied, NoSuchObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Objects:
    """The objects of one account.

    Args:
        endpoint: The URL of S3.
        account: Whose buckets these are; the local cloud takes the access key's account for the caller's.
    """

    def __init__(self, endpoint: str, account: str, region: str, role: roles.Credentials | None = None) -> None:
        self._endpoint, self._account, self._region, self._role = endpoint, account, region, role
        self._own = boto3.Session(account, "test", region_name=region)
        acting = boto3.Session(role.access_key, role.secret_key, role.token, region_name=region) if role else self._own
        self._s3 = acting.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))
        self._acting = acting

    def as_role(self, role_arn: str) -> "S3Objects":
        """The same objects with the permissions of a role, as its policies, the bucket's and the key's have it.

        Raises:
            AccessDenied: The service cannot assume the role.
        """
        assumed = roles.assume(role_arn, self._account, self._region)
        if isinstance(assumed, str):
            raise AccessDenied(assumed)
        return S3Objects(self._endpoint, self._account, self._region, assumed)

    def list(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with the prefix."""
        with _translated(f"s3:ListBucket on s3://{bucket}/{prefix}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's content, in a file of its own that the caller closes."""
        with ExitStack() as unless_all_is_well, _translated(f"s3:GetObject on s3://{bucket}/{key}"):
            content = unless_all_is_well.enter_context(TemporaryFile())
            self._use_key(self._key_for(bucket, key), "decrypt")
            self._s3.download_fileobj(bucket, key, content)
            content.seek(0)
            unless_all_is_well.pop_all()
        return content

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object."""
        with _translated(f"s3:PutObject on s3://{bucket}/{key}"):
            self._use_key(self._key_of(bucket), "encrypt")
            self._s3.put_object(Bucket=bucket, Key=key, Body=content)

    def _use_key(self, key_id: str | None, purpose: Literal["decrypt", "encrypt"]) -> None:
        """Do with a key what S3 does with it for the role; ministack's S3 itself does not ask KMS."""
        if not self._role or not key_id:
            return
        own, acting = (session.client("kms", endpoint_url=self._endpoint) for session in (self._own, self._acting))
        if purpose == "encrypt":
            acting.generate_data_key(KeyId=key_id, KeySpec="AES_256")
        else:
            data_key = own.generate_data_key(KeyId=key_id, KeySpec="AES_256")
            acting.decrypt(KeyId=key_id, CiphertextBlob=data_key["CiphertextBlob"])

    def _key_for(self, bucket: str, key: str) -> str | None:
        """The key that an object is encrypted with; ministack does not note it where the bucket chose it."""
        found = self._own_s3.head_object(Bucket=bucket, Key=key)
        if found.get("ServerSideEncryption") == "AES256":
            return None
        return found.get("SSEKMSKeyId") or self._key_of(bucket)

    def _key_of(self, bucket: str) -> str | None:
        """The key that a bucket encrypts with, if it is not S3's own."""
        try:
            rules = self._own_s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        except ClientError:
            return None
        return rules[0]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")

    @cached_property
    def _own_s3(self) -> "S3Client":
        """S3 as the account itself sees it."""
        return self._own.client("s3", endpoint_url=self._endpoint, config=Config(s3={"addressing_style": "path"}))


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Raise S3's errors as the service's."""
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        is_denied = status == 403 or error.response["Error"]["Code"] == "AccessDeniedException"  # S3's, and KMS's
        reason = NoSuchObject if status == 404 else AccessDenied if is_denied else None
        if reason is None:
            raise
        raise reason(f"{what}: {error.response['Error'].get('Message', '')}") from error
