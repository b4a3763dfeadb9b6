"""Schemas and datasets."""

import json

import pytest


def test_a_schema_that_is_no_json_is_refused(lab):
    code, message = lab.refusal("CreateSchema", name="broken", schema="{")
    assert code == "InvalidInputException"
    assert message.startswith("The schema is not valid JSON: ")


def test_a_schema_without_a_required_column_is_refused(lab):
    code, message = lab.refusal(
        "CreateSchema",
        name="short",
        schema=json.dumps(
            {
                "type": "record",
                "name": "Interactions",
                "namespace": "com.amazonaws.personalize.schema",
                "version": "1.0",
                "fields": [{"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"}],
            }
        ),
    )
    assert (code, message) == (
        "InvalidInputException",
        "Input is not a valid schema: interactions needs the columns ['TIMESTAMP'], got ['USER_ID', 'ITEM_ID'].",
    )


def test_a_dataset_has_its_type_in_capitals_and_not_its_name_in_its_arn(lab):
    schema = lab.schema("Items", {"ITEM_ID": "string", "YEAR": "int"})
    arn = lab("CreateDataset", name="mine", schemaArn=schema, datasetGroupArn=lab.group(), datasetType="items")
    assert arn == {"datasetArn": lab.arn("dataset/films/ITEMS")}
    dataset = lab("DescribeDataset", **arn)["dataset"]
    assert (dataset["name"], dataset["datasetType"]) == ("mine", "ITEMS")
    assert set(dataset) == {
        "name",
        "datasetArn",
        "datasetGroupArn",
        "datasetType",
        "schemaArn",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
    }


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            {"datasetType": "Songs"},
            "Dataset type Songs is not one of [Interactions, Items, Users, Actions, Action_Interactions].",
        ),
        ({"datasetType": "Users"}, "The schema of a dataset of type Users is named Users, got Items."),
    ],
)
def test_a_dataset_of_an_unknown_or_another_type_than_its_schema_is_refused(lab, more, problem):
    schema = lab.schema("Items", {"ITEM_ID": "string", "YEAR": "int"})
    request = {"name": "mine", "schemaArn": schema, "datasetGroupArn": lab.group(), **more}
    assert lab.refusal("CreateDataset", **request) == ("InvalidInputException", problem)


def test_a_domain_group_takes_only_schemas_of_its_domain(lab):
    schema = lab.schema("Users", {"USER_ID": "string", "AGE": "int"})
    group = lab.group(domain="ECOMMERCE")
    request = {"name": "mine", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Users"}
    assert lab.refusal("CreateDataset", **request) == (
        "InvalidInputException",
        "The schema's domain None is not the dataset group's domain ECOMMERCE.",
    )


def test_a_group_has_one_dataset_of_a_type(lab):
    group = lab.group()
    dataset = lab.dataset(group)
    schema = lab("DescribeDataset", datasetArn=dataset)["dataset"]["schemaArn"]
    request = {"name": "other", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "INTERACTIONS"}
    assert lab.refusal("CreateDataset", **request) == (
        "ResourceAlreadyExistsException",
        f"Another resource with Arn {dataset} already exists.",
    )


def test_a_new_schema_counts_once_the_update_is_active(lab):
    dataset = lab.dataset(lab.group(), "Items", {"ITEM_ID": "string", "YEAR": "int"})
    old = lab("DescribeDataset", datasetArn=dataset)["dataset"]["schemaArn"]
    new = lab.schema("Items", {"ITEM_ID": "string", "YEAR": "int", "LENGTH": ["int", "null"]}, "longer")
    asked = lab.clock.now()
    lab("UpdateDataset", datasetArn=dataset, schemaArn=new)
    shown = lab("DescribeDataset", datasetArn=dataset)["dataset"]
    assert (shown["status"], shown["schemaArn"]) == ("UPDATE PENDING", old)
    assert shown["latestDatasetUpdate"] == {
        "schemaArn": new,
        "status": "CREATE PENDING",
        "creationDateTime": asked,
        "lastUpdatedDateTime": asked,
    }
    lab.wait(120)
    shown = lab("DescribeDataset", datasetArn=dataset)["dataset"]
    assert (shown["status"], shown["schemaArn"]) == ("ACTIVE", new)
    assert shown["latestDatasetUpdate"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"ITEM_ID": "string", "YEAR": "long"}, "The new schema must keep the existing fields as they are: [YEAR]."),
        (
            {"ITEM_ID": "string", "LENGTH": ["int", "null"]},
            "The new schema must keep the existing fields as they are: [YEAR].",
        ),
        ({"ITEM_ID": "string", "YEAR": "int", "LENGTH": "int"}, "The new fields must allow null: [LENGTH]."),
    ],
)
def test_a_new_schema_only_adds_fields_that_may_be_missing(lab, fields, problem):
    dataset = lab.dataset(lab.group(), "Items", {"ITEM_ID": "string", "YEAR": "int"})
    new = lab.schema("Items", fields, "other")
    assert lab.refusal("UpdateDataset", datasetArn=dataset, schemaArn=new) == ("InvalidInputException", problem)


def test_the_schema_of_interactions_stays(lab):
    dataset = lab.dataset(lab.group())
    schema = lab("DescribeDataset", datasetArn=dataset)["dataset"]["schemaArn"]
    assert lab.refusal("UpdateDataset", datasetArn=dataset, schemaArn=schema) == (
        "InvalidInputException",
        "Only the schemas of Items and Users datasets can be updated.",
    )


def test_the_dataset_that_trackers_once_had_can_be_deleted_as_old_scripts_do(lab):
    lab.group()
    assert lab("DeleteDataset", datasetArn=lab.arn("dataset/films/EVENT_INTERACTIONS")) == {}
    other = lab.arn("dataset/books/EVENT_INTERACTIONS")
    assert lab.refusal("DeleteDataset", datasetArn=other)[0] == "ResourceNotFoundException"
