"""Dataset import jobs: files of S3 into a dataset."""

from functools import partial

from personalize_local.service import imports
from personalize_local.service.errors import InvalidInput, NotSimulated
from personalize_local.service.kinds.datasets import ROW_TYPES
from personalize_local.service.kinds.kind import Kind, Need, Quota, Request
from personalize_local.service.objects import AccessDenied, NoSuchObject
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource


def admit(region: Region, request: Request) -> Members:
    """Refuse a job that cannot begin: nothing at its location, or nothing to add to."""
    location = request["dataSource"].get("dataLocation")
    if not location or "roleArn" not in request:
        raise InvalidInput("dataSource.dataLocation and roleArn are required.")
    dataset = region.find("Dataset", request["datasetArn"])
    if dataset.members["datasetType"] not in ROW_TYPES:
        raise NotSimulated(f"imports into a dataset of type {dataset.members['datasetType']} are not simulated")
    mode = request.get("importMode", "FULL")
    if mode == "INCREMENTAL" and not _has_imports(region, dataset):
        raise InvalidInput("The first import into a dataset must have importMode FULL.")
    try:
        imports.files(region.objects, location)
    except NoSuchObject as error:
        raise InvalidInput("Invalid Data location.") from error
    except AccessDenied as error:
        raise InvalidInput("Insufficient privileges for accessing data in Amazon S3.") from error
    if request.get("publishAttributionMetricsToS3"):
        raise NotSimulated("publishAttributionMetricsToS3 is not simulated")
    return {
        "importMode": mode,
        "publishAttributionMetricsToS3": False,
        "datasetGroupArn": dataset.members["datasetGroupArn"],
    }


def begin(region: Region, job: Resource) -> None:
    """Import in the background."""
    region.background.submit(partial(imports.run, region, job))


def _has_imports(region: Region, dataset: Resource) -> bool:
    now = region.clock.now()
    return any(job.is_active(now) for job in region.members("DatasetImportJob", datasetArn=dataset.arn))


DATASET_IMPORT_JOB = Kind(
    "DatasetImportJob",
    admit=admit,
    begin=begin,
    needs=(Need("datasetArn", "Dataset"),),
    quota=Quota(5, unfinished=True),
)
