"""Where import jobs read from: the objects of S3, by whatever keeps them."""

# ruff: noqa: N818 - named after what is wrong

from collections.abc import Sequence
from typing import BinaryIO, Protocol


class ObjectStoreError(Exception):
    """An object cannot be read."""


class NoSuchObject(ObjectStoreError):
    """There is no such bucket or object."""


class AccessDenied(ObjectStoreError):
    """The service may not read it."""


class ObjectStore(Protocol):
    """Objects in buckets.

    Raises:
        NoSuchObject: There is no such bucket or object.
        AccessDenied: The service may not read it.
    """

    def list(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with the prefix."""

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's content."""
