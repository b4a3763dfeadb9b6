"""Filters: which items an answer may hold."""

from data_prep.schemas import DATASET_TYPES
from personalize_local.service.errors import InvalidInput, LimitExceeded
from personalize_local.service.filters.check import check
from personalize_local.service.filters.expression import parse
from personalize_local.service.kinds.datasets import fields_of
from personalize_local.service.kinds.kind import Hold, Kind, Need, Quota, Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Members


def admit(region: Region, request: Request) -> Members:
    """Refuse an expression that cannot be read, or not with the schemas of the dataset group."""
    group = request["datasetGroupArn"]
    expression = parse(request["filterExpression"])
    columns = {known.api_name: fields_of(region, group, known.name.upper()) for known in DATASET_TYPES[None].values()}
    schemas = {name: [field.avro() for field in fields] for name, fields in columns.items() if fields}
    problems = check(expression, schemas)
    if problems:
        raise InvalidInput(f"Invalid Expression: {'; '.join(problems)}.")
    most, most_of_group = region.quotas.filter_fields, region.quotas.filter_fields_of_group
    if len(expression.fields) > most:
        raise InvalidInput(f"A filter can have at most {most} fields, got {len(expression.fields)}.")
    used = expression.fields.union(
        *(parse(other.members["filterExpression"]).fields for other in region.members("Filter", datasetGroupArn=group))
    )
    if len(used) > most_of_group:
        raise LimitExceeded(f"The filters of a dataset group can have at most {most_of_group} distinct fields.")
    return {}


FILTER = Kind(
    "Filter",
    admit=admit,
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
    holds=(Hold("BatchInferenceJob", "filterArn", unfinished=True),),
    quota=Quota("filters", per="datasetGroupArn"),
)
