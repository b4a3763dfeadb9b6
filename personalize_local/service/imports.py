"""The work behind a dataset import job: read the files, check every value, bring the rows in."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from data_prep import checks, schemas
from personalize_local.service.kinds.datasets import rows_of, schema_of
from personalize_local.service.objects import NoSuchObject, ObjectStore
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.rows import Row

SHOWN_PROBLEMS = 10  # in a failure reason

READ: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "int": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda text: text.lower() == "true",
}

Files = Sequence[tuple[str, str]]  # buckets and keys


def files(objects: ObjectStore, location: str) -> Files:
    """The objects at a location: the one with this key, or those directly in this folder.

    Raises:
        NoSuchObject: There are none.
        AccessDenied: The service may not look.
    """
    scheme, _, path = location.partition("://")
    bucket, _, key = path.partition("/")
    keys = objects.list(bucket, key) if scheme == "s3" else []
    folder = f"{key.rstrip('/')}/" if key else ""
    if key in keys and key != folder:
        return [(bucket, key)]
    found = [(bucket, other) for other in keys if other != folder and other.rpartition("/")[0] == folder.rstrip("/")]
    if not found:
        raise NoSuchObject(location)
    return found


def run(region: Region, job: Resource) -> str | None:
    """Bring the rows in; tells why they were refused."""
    objects, sources, schema = _source(region, job)
    problems, size = _problems(objects, sources, schema)
    full = job.members["importMode"] == "FULL"
    most = region.quotas.full_import_bytes if full else region.quotas.incremental_import_bytes
    if size > most:
        return f"An import with importMode {job.members['importMode']} can have at most {most} bytes, got {size}."
    if problems:
        more = f"; and {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
        return "; ".join(problems[:SHOWN_PROBLEMS]) + more
    with region.lock:
        job.members["bytes"] = size
        found = rows_of(region, region.find("Dataset", job.members["datasetArn"]))
    found.load(job.members["jobName"], _rows(objects, sources, schemas.fields_of(schema)), full=full)
    return None


def rows(region: Region, job: Resource) -> Iterator[Row]:
    """The rows in the files of a job whose files were checked."""
    objects, sources, schema = _source(region, job)
    return _rows(objects, sources, schemas.fields_of(schema))


def _source(region: Region, job: Resource) -> tuple[ObjectStore, Files, Mapping[str, Any]]:
    """Where a job reads from, as its role, and what it must find there."""
    with region.lock:
        dataset = region.find("Dataset", job.members["datasetArn"])
        schema = schema_of(region.find("Schema", dataset.current(region.clock.now())["schemaArn"]))
    objects = region.objects.as_role(job.members["roleArn"])
    return objects, files(objects, job.members["dataSource"]["dataLocation"]), schema


def _problems(objects: ObjectStore, sources: Files, schema: Mapping[str, Any]) -> tuple[list[str], int]:
    """What the service refuses in the files, with the file's name where there are several; the bytes of all files."""
    problems, total, size = [], 0, 0
    for bucket, key in sources:
        with text(objects, bucket, key) as lines:
            checked = checks.check_csv(lines, schema)
            size += lines.seek(0, io.SEEK_END)
        place = f"{key}: " if len(sources) > 1 else ""
        problems += [f"{place}{problem}" for problem in checked.problems]
        total += checked.rows
    amount = [] if problems else checks.check_amount(schemas.dataset_type_of(schema), total)
    return problems + [str(problem) for problem in amount], size


def _rows(objects: ObjectStore, sources: Files, fields: Iterable[schemas.Field]) -> Iterator[Row]:
    """The rows of files that were checked, as values of the columns' types."""
    for bucket, key in sources:
        with text(objects, bucket, key) as lines:
            records = checks.read_csv(lines)
            header = next(records)
            columns = [(field.name, header.index(field.name), READ[field.type]) for field in fields]
            for record in records:
                yield {name: read(record[place]) if record[place] else None for name, place, read in columns}


@contextmanager
def text(objects: ObjectStore, bucket: str, key: str) -> Iterator[TextIO]:
    """An object's text, closed in the end."""
    with objects.open(bucket, key) as content, io.TextIOWrapper(content, encoding="utf-8", newline="") as text:
        yield text
