"""What all jobs share: the work is done in the background, and whatever comes of it ends the job."""

from collections.abc import Callable

from personalize_local.service import lifecycle
from personalize_local.service.errors import InvalidInput, ServiceError
from personalize_local.service.imports import Files, files
from personalize_local.service.objects import DENIED, AccessDenied, NoSuchObject, ObjectStore
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource

Work = Callable[[Region, Resource], str | None]
"""Does a job; tells why it failed, if it did."""


def in_background(work: Work, *, missing: str = "Invalid Data location.") -> Callable[[Region, Resource], None]:
    """What begins a job of this kind.

    Args:
        missing: What the job says of a location with nothing in it.
    """

    def run(region: Region, job: Resource) -> None:
        try:
            failure = work(region, job)
        except NoSuchObject:
            failure = missing
        except AccessDenied as error:
            failure = f"{DENIED} {error}"
        except ServiceError as error:
            failure = error.message
        except UnicodeDecodeError as error:
            failure = f"The data is not encoded in UTF-8: {error}"
        except Exception as error:  # the end of a thread: whatever it is, the job must not stay in progress
            failure = f"Internal error: {error!r}"
        with region.lock:
            lifecycle.finish(region, job, failure)

    def begin(region: Region, job: Resource) -> None:
        region.background.submit(run, region, job)

    return begin


def sources(region: Region, role_arn: str, location: str, *, missing: str = "Invalid Data location.") -> Files:
    """The files at a location, as the role sees them.

    Raises:
        InvalidInput: There are none, or the role may not look.
    """
    try:
        return files(region.objects.as_role(role_arn), location)
    except NoSuchObject as error:
        raise InvalidInput(missing) from error
    except AccessDenied as error:
        raise InvalidInput(f"{DENIED} {error}") from error


class Folder:
    """A folder of S3 that a job writes to as its role.

    Args:
        path: `s3://bucket/folder/`.

    Raises:
        InvalidInput: It is no folder of S3.
    """

    def __init__(self, objects: ObjectStore, path: str) -> None:
        scheme, _, rest = path.partition("://")
        self._bucket, _, key = rest.partition("/")
        if scheme != "s3" or not self._bucket:
            raise InvalidInput(f"Invalid S3 output path: {path}.")
        self._prefix = f"{key.rstrip('/')}/" if key else ""
        self._objects = objects

    def write(self, name: str, content: bytes) -> None:
        """Write a file into it."""
        self._objects.put(self._bucket, self._prefix + name, content)
