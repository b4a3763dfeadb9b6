"""What the stack keeps in its data bucket: prepared files, and the emptying of the bucket before it is deleted."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig

from custom_resources.errors import StillGoing
from custom_resources.messages import duration
from custom_resources.request import Progress, Request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MEBIBYTE = 2**20
_SLICE_SECONDS = 300  # of emptying in one call, well below the time a Lambda function has


class DataObject:
    """`Custom::PersonalizeDataObject`: a copy of a prepared file, from the bucket of assets to the data bucket."""

    # S3 copies on its side; large parts, many at once, bring 100 GB within one call.
    _TRANSFER = TransferConfig(multipart_chunksize=256 * _MEBIBYTE, max_concurrency=20)

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def begin(self, request: Request) -> Progress:
        """Copy the file, or delete the copy."""
        if request.verb == "Delete":
            return self._delete(request.physical_id)
        bucket, key = request.text("Bucket"), request.text("Key")
        source = {"Bucket": request.text("SourceBucket"), "Key": request.text("SourceKey")}
        encryption = request.properties.get("Encryption")
        extra = {"ServerSideEncryption": encryption} if encryption else {}  # else the bucket's own
        self._client.copy(source, bucket, key, ExtraArgs=extra, Config=self._TRANSFER)  # type: ignore[arg-type]
        return _copied(f"s3://{bucket}/{key}")

    def go_on(self, request: Request) -> Progress:
        """Copying is done once `begin` returns; a delete may be tried again."""
        return self._delete(request.physical_id) if request.verb == "Delete" else _copied(request.physical_id)

    def give_up(self, request: Request, progress: Progress) -> Progress:
        """Say what could not be deleted.

        Raises:
            StillGoing: Always.
        """
        raise StillGoing(f"{progress.physical_id} could not be deleted: {progress.note}")

    def _delete(self, uri: str) -> Progress:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not key:
            return Progress(uri, "it was never copied", done=True)
        try:
            self._client.delete_object(Bucket=bucket, Key=key)
        except self._client.exceptions.NoSuchBucket:
            return Progress(uri, "its bucket is gone", done=True)
        return Progress(uri, "deleted", done=True)


class BucketContents:
    """`Custom::PersonalizeBucketContents`: whatever a bucket holds, deleted with the stack, old versions included.

    Args:
        now: Tells the time, in epoch seconds.
    """

    def __init__(self, client: "S3Client", now: Callable[[], float]) -> None:
        self._client = client
        self._now = now

    def begin(self, request: Request) -> Progress:
        """Empty the bucket if this is a delete; else there is nothing to do."""
        if request.verb == "Delete":
            return self._empty(request.physical_id)
        return Progress(request.text("Bucket"), "its contents are deleted with the stack", done=True)

    def go_on(self, request: Request) -> Progress:
        """Go on emptying."""
        if request.verb == "Delete":
            return self._empty(request.physical_id)
        return Progress(request.physical_id, "its contents are deleted with the stack", done=True)

    def give_up(self, request: Request, progress: Progress) -> Progress:
        """Say that the bucket is not empty yet.

        Raises:
            StillGoing: Always.
        """
        waited = duration(request.waited_seconds(self._now()))
        raise StillGoing(f"bucket {progress.physical_id} is not empty after {waited}: {progress.note}; delete again")

    def _empty(self, bucket: str) -> Progress:
        deleted, ends_at = 0, self._now() + _SLICE_SECONDS
        try:
            while self._now() < ends_at:
                page = self._client.list_object_versions(Bucket=bucket)
                versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                if not versions:
                    return Progress(bucket, f"empty, {deleted} deleted", done=True)
                answer = self._client.delete_objects(
                    Bucket=bucket,
                    Delete={
                        "Objects": [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions],
                        "Quiet": True,
                    },
                )
                if errors := answer.get("Errors"):
                    return Progress(bucket, f"{errors[0]['Key']} stays: {errors[0]['Code']}: {errors[0]['Message']}")
                deleted += len(versions)
        except self._client.exceptions.NoSuchBucket:
            return Progress(bucket, "the bucket is gone", done=True)
        return Progress(bucket, f"{deleted} versions deleted, more to come")


def _copied(uri: str) -> Progress:
    return Progress(uri, "copied", done=True, data={"Uri": uri})
