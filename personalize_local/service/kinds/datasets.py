"""Schemas and datasets."""

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from data_prep.schemas import DATASET_TYPES, Field, validate
from data_prep.schemas import fields_of as parse_fields
from personalize_local.service import lifecycle
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.kind import Hold, Kind, Need, Quota, Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource
from personalize_local.service.rows import InteractionRows, RecordRows, RowFile, RowType

# How the rows of each type are kept.
ROW_TYPES: Mapping[str, RowType] = {
    "INTERACTIONS": InteractionRows,
    "ITEMS": partial(RecordRows, id_column="ITEM_ID"),
    "USERS": partial(RecordRows, id_column="USER_ID"),
    "ACTIONS": partial(RecordRows, id_column="ACTION_ID"),
    "ACTION_INTERACTIONS": partial(InteractionRows, item_column="ACTION_ID"),
}


def admit_schema(region: Region, request: Request) -> Members:
    """Refuse what is not the Avro schema of a dataset."""
    try:
        schema = json.loads(request["schema"])
    except json.JSONDecodeError as error:
        raise InvalidInput(f"The schema is not valid JSON: {error}.") from error
    problems = validate(schema, request.get("domain"))
    if problems:
        raise InvalidInput(f"Input is not a valid schema: {'; '.join(problems)}.")
    return {}


def admit_dataset(region: Region, request: Request) -> Members:
    """Refuse a type that there is not, or not in the group's domain, and a schema that is not for this type."""
    group = region.find("DatasetGroup", request["datasetGroupArn"])
    schema = region.find("Schema", request["schemaArn"])
    domain = group.members.get("domain")
    dataset_type = DATASET_TYPES[domain].get(request["datasetType"].lower())
    if dataset_type is None:
        allowed = ", ".join(known.api_name for known in DATASET_TYPES[domain].values())
        raise InvalidInput(f"Dataset type {request['datasetType']} is not one of [{allowed}].")
    if schema.members.get("domain") != domain:
        raise InvalidInput(
            f"The schema's domain {schema.members.get('domain')} is not the dataset group's domain {domain}."
        )
    record = schema_of(schema)["name"]
    if record != dataset_type.record:
        raise InvalidInput(
            f"The schema of a dataset of type {dataset_type.api_name} is named {dataset_type.record}, got {record}."
        )
    return {
        "datasetType": dataset_type.name.upper(),
        "datasetGroupName": group.members["name"],
        "folder": uuid4().hex,
        # What PutActionInteractions names; other events have a tracker.
        **({"trackingId": str(uuid4())} if dataset_type.name == "action_interactions" else {}),
    }


def change_dataset(region: Region, dataset: Resource, request: Request) -> Members:
    """Take a schema that keeps every field and whose new ones allow null; Items and Users only."""
    if dataset.members["datasetType"] not in {"ITEMS", "USERS"}:
        raise InvalidInput("Only the schemas of Items and Users datasets can be updated.")
    now = region.clock.now()
    old = _fields(region.find("Schema", dataset.current(now)["schemaArn"]))
    new = _fields(region.find("Schema", request["schemaArn"]))
    changed = [name for name, field in old.items() if new.get(name) != field]
    if changed:
        raise InvalidInput(f"The new schema must keep the existing fields as they are: [{', '.join(changed)}].")
    required = [name for name, field in new.items() if name not in old and "null" not in field["type"]]
    if required:
        raise InvalidInput(f"The new fields must allow null: [{', '.join(required)}].")
    return {"schemaArn": request["schemaArn"]}


def delete_dataset(region: Region, request: Request) -> dict[str, Any]:
    """DeleteDataset; also of the dataset for events that groups once had, which old scripts still delete."""
    group, _, dataset_type = request["datasetArn"].rpartition("/")
    if dataset_type == "EVENT_INTERACTIONS":
        region.find("DatasetGroup", group.replace(":dataset/", ":dataset-group/"))
        return {}
    return lifecycle.delete(DATASET, region, request)


def schema_of(schema: Resource) -> dict[str, Any]:
    """The Avro record of a schema."""
    record: dict[str, Any] = json.loads(schema.members["schema"])
    return record


def dataset_of(region: Region, group_arn: str, dataset_type: str) -> Resource | None:
    """The group's dataset of a type."""
    return next(iter(region.members("Dataset", datasetGroupArn=group_arn, datasetType=dataset_type)), None)


def fields_of(region: Region, group_arn: str, dataset_type: str) -> Sequence[Field]:
    """The columns of the group's dataset of a type; none without such a dataset."""
    dataset = dataset_of(region, group_arn, dataset_type)
    return columns_of(region, dataset) if dataset else ()


def columns_of(region: Region, dataset: Resource) -> Sequence[Field]:
    """The columns of a dataset."""
    return _columns(region.find("Schema", dataset.current(region.clock.now())["schemaArn"]).members["schema"])


def check_training_columns(region: Region, group_arn: str, config: Mapping[str, Any]) -> None:
    """Refuse a trainingDataConfig that names columns which the datasets do not have, or which trainings need.

    Raises:
        InvalidInput: With all of them.
    """
    if len(config) > 1:
        raise InvalidInput("Only one of excludedDatasetColumns and includedDatasetColumns can be given.")
    for columns in config.values():
        for dataset_type, names in columns.items():
            known = {field.name for field in fields_of(region, group_arn, dataset_type.upper())}
            if unknown := [name for name in names if name not in known]:
                raise InvalidInput(f"The {dataset_type} dataset has no columns [{', '.join(unknown)}].")
    if "EVENT_TYPE" in config.get("excludedDatasetColumns", {}).get("INTERACTIONS", ()):
        raise InvalidInput("The column EVENT_TYPE cannot be excluded from training.")


def folder_of(region: Region, dataset: Resource) -> Path:
    """Where the dataset's rows are."""
    return region.folder / "datasets" / str(dataset.members["folder"])


def interactions_of(region: Region, group_arn: str, dataset_type: str = "INTERACTIONS") -> InteractionRows | None:
    """The rows of the group's Interactions, or Action_Interactions, dataset."""
    dataset = dataset_of(region, group_arn, dataset_type)
    rows = rows_of(region, dataset) if dataset else None
    assert rows is None or isinstance(rows, InteractionRows)
    return rows


def records_of(region: Region, group_arn: str, dataset_type: str) -> RecordRows | None:
    """The rows of the group's Items, Users or Actions dataset."""
    dataset = dataset_of(region, group_arn, dataset_type)
    rows = rows_of(region, dataset) if dataset else None
    assert rows is None or isinstance(rows, RecordRows)
    return rows


def rows_of(region: Region, dataset: Resource) -> RowFile:
    """The dataset's rows."""
    return region.rows(folder_of(region, dataset), ROW_TYPES[dataset.members["datasetType"]])


def forget_rows(region: Region, dataset: Resource) -> None:
    """Remove the dataset's rows."""
    region.close_rows(folder_of(region, dataset))
    shutil.rmtree(folder_of(region, dataset), ignore_errors=True)


@lru_cache(maxsize=256)
def _columns(schema: str) -> Sequence[Field]:
    """The columns of a schema's text, parsed once: every request looks at them."""
    return parse_fields(json.loads(schema))


def _fields(schema: Resource) -> dict[str, Any]:
    return {field["name"]: field for field in schema_of(schema)["fields"]}


SCHEMA = Kind(
    "Schema", admit=admit_schema, holds=(Hold("Dataset", "schemaArn"),), quota=Quota("schemas"), immediate=True
)

DATASET = Kind(
    "Dataset",
    admit=admit_dataset,
    path=lambda members: f"dataset/{members['datasetGroupName']}/{members['datasetType']}",
    change=change_dataset,
    needs=(Need("datasetGroupArn", "DatasetGroup"), Need("schemaArn", "Schema")),
    holds=(
        Hold("DatasetImportJob", "datasetGroupArn", unfinished=True),
        Hold("SolutionVersion", "datasetGroupArn", unfinished=True),
        Hold("Recommender", "datasetGroupArn", unfinished=True),
    ),
    takes=("DatasetImportJob", "DatasetExportJob"),
    forget=forget_rows,
    updates_show=True,
)
