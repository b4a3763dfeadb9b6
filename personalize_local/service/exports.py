"""The work behind a dataset export job: the rows of a dataset as a CSV file in S3."""

import csv
import io

from personalize_local.service.jobs import Folder
from personalize_local.service.kinds.datasets import columns_of, rows_of
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource


def run(region: Region, job: Resource) -> str | None:
    """Write the rows, columns in the order of the schema."""
    with region.lock:
        dataset = region.find("Dataset", job.members["datasetArn"])
        names = [field.name for field in columns_of(region, dataset)]
        rows = rows_of(region, dataset)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows.rows(job.members["ingestionMode"]):
        writer.writerow(["" if row.get(name) is None else row[name] for name in names])
    output = Folder(
        region.objects.as_role(job.members["roleArn"]), job.members["jobOutput"]["s3DataDestination"]["path"]
    )
    output.write(f"{job.members['jobName']}.csv", text.getvalue().encode())
    return None
