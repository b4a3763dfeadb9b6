"""The work behind a data deletion job: users and all that they did, out of every dataset of a group."""

import csv
import io

from personalize_local.service import imports
from personalize_local.service.errors import InvalidInput
from personalize_local.service.imports import Files
from personalize_local.service.kinds.datasets import rows_of
from personalize_local.service.objects import DENIED, AccessDenied, NoSuchObject, ObjectStore
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource

COLUMN = "USER_ID"


def run(region: Region, job: Resource) -> str | None:
    """Delete the users that the files name, and count those that there were."""
    objects = region.objects.as_role(job.members["roleArn"])
    users: set[str] = set()
    size = 0
    for bucket, key in _files(objects, job.members["dataSource"]["dataLocation"]):
        with imports.text(objects, bucket, key) as lines:
            reader = csv.DictReader(lines)
            if COLUMN not in (reader.fieldnames or ()):
                return f"Input CSV is missing the following columns:[{COLUMN}]"
            users |= {row[COLUMN] for row in reader if row[COLUMN]}
            size += lines.seek(0, io.SEEK_END)
    if size > region.quotas.deletion_bytes:
        return f"The input can have at most {region.quotas.deletion_bytes} bytes, got {size}."
    with region.lock:
        rows = [
            rows_of(region, dataset)
            for dataset in region.members("Dataset", datasetGroupArn=job.members["datasetGroupArn"])
        ]
    deleted = set[str]().union(*(file.forget_users(users) for file in rows))
    with region.lock:
        job.members |= {"numDeleted": len(deleted)}
    return None


def sources(objects: ObjectStore, role_arn: str, location: str) -> Files:
    """The files that name users, as the role sees them.

    Raises:
        InvalidInput: There are none, or the role may not look.
    """
    try:
        return _files(objects.as_role(role_arn), location)
    except NoSuchObject as error:
        raise InvalidInput("Invalid Data location.") from error
    except AccessDenied as error:
        raise InvalidInput(f"{DENIED} {error}") from error


def _files(objects: ObjectStore, location: str) -> Files:
    """All CSV files at a location and below it, unlike those of an import."""
    scheme, _, path = location.partition("://")
    bucket, _, prefix = path.partition("/")
    keys = objects.list(bucket, prefix) if scheme == "s3" else []
    found = [(bucket, key) for key in keys if key.endswith(".csv")]
    if not found:
        raise NoSuchObject(location)
    return found
