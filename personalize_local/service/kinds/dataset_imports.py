"""Dataset import jobs: files of S3 into a dataset."""

from personalize_local.service import attribution, imports, jobs
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.kind import Kind, Need, Quota, Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource


def admit(region: Region, request: Request) -> Members:
    """Refuse a job that cannot begin: nothing at its location, or nothing to add to."""
    location = request["dataSource"].get("dataLocation")
    if not location or "roleArn" not in request:
        raise InvalidInput("dataSource.dataLocation and roleArn are required.")
    dataset = region.find("Dataset", request["datasetArn"])
    mode = request.get("importMode", "FULL")
    if mode == "INCREMENTAL" and not _has_imports(region, dataset):
        raise InvalidInput("The first import into a dataset must have importMode FULL.")
    jobs.sources(region, request["roleArn"], location)
    return {
        "importMode": mode,
        "publishAttributionMetricsToS3": request.get("publishAttributionMetricsToS3", False),
        "datasetGroupArn": dataset.members["datasetGroupArn"],
    }


def run(region: Region, job: Resource) -> str | None:
    """Bring the rows in and report on them; tells why they were refused."""
    failure = imports.run(region, job)
    if not failure and job.members["publishAttributionMetricsToS3"]:
        attribution.publish_import(region, job)
    return failure


def _has_imports(region: Region, dataset: Resource) -> bool:
    now = region.clock.now()
    return any(job.is_active(now) for job in region.members("DatasetImportJob", datasetArn=dataset.arn))


DATASET_IMPORT_JOB = Kind(
    "DatasetImportJob",
    admit=admit,
    begin=jobs.in_background(run),
    needs=(Need("datasetArn", "Dataset"),),
    quota=Quota("import_jobs", unfinished=True),
)
