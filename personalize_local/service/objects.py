"""Where jobs read and write: the objects of S3, by whatever keeps them."""

# ruff: noqa: N818 - named after what is wrong

from collections.abc import Sequence
from typing import BinaryIO, Protocol

DENIED = "Insufficient privileges for accessing data in Amazon S3."  # the service's words for it


class ObjectStoreError(Exception):
    """An object cannot be read or written."""


class NoSuchObject(ObjectStoreError):
    """There is no such bucket or object."""


class AccessDenied(ObjectStoreError):
    """The service may not read or write it."""


class ObjectStore(Protocol):
    """Objects in buckets.

    Raises:
        NoSuchObject: There is no such bucket or object.
        AccessDenied: The service may not read or write it.
    """

    def as_role(self, role_arn: str) -> "ObjectStore":
        """The same objects with the permissions of a role that the service was passed.

        Raises:
            AccessDenied: The service cannot assume the role.
        """

    def list(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with the prefix."""

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's content."""

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object."""
