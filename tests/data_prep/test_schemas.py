import pytest

from data_prep.schemas import DATASET_TYPES, Field, avro, check_fields, dataset_type_of, fields_of, validate

CUSTOM = DATASET_TYPES[None]
LOG = (Field("USER_ID"), Field("ITEM_ID"), Field("TIMESTAMP", "long"))
SCHEMA = avro("interactions", LOG)


def test_an_avro_schema_is_what_create_schema_takes():
    fields = (*LOG, Field("EVENT_VALUE", "float", nullable=True), Field("DEVICE", categorical=True))

    assert avro("interactions", fields) == {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [
            {"name": "USER_ID", "type": "string"},
            {"name": "ITEM_ID", "type": "string"},
            {"name": "TIMESTAMP", "type": "long"},
            {"name": "EVENT_VALUE", "type": ["float", "null"]},
            {"name": "DEVICE", "type": "string", "categorical": True},
        ],
        "version": "1.0",
    }


def test_a_schema_is_read_back_as_the_fields_it_was_made_of():
    fields = (Field("ITEM_ID"), Field("ABOUT", nullable=True, textual=True), Field("TITLE", item_name=True))
    schema = avro("items", fields)

    assert fields_of(schema) == fields
    assert dataset_type_of(schema) is CUSTOM["items"]
    assert validate(schema) == []


def test_null_may_come_first_in_a_union():
    schema = {**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "EVENT_VALUE", "type": ["null", "float"]}]}

    assert validate(schema) == []
    assert fields_of(schema)[-1].nullable


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ([], "the schema must be a JSON object"),
        ({**SCHEMA, "type": "array"}, "type must be record, got 'array'"),
        ({**SCHEMA, "namespace": "x"}, "namespace must be com.amazonaws.personalize.schema, got 'x'"),
        ({**SCHEMA, "version": 1}, "version must be '1.0', got 1"),
        (
            {**SCHEMA, "name": "Logs"},
            "name must be one of Interactions, Items, Users, Actions, ActionInteractions, got 'Logs'",
        ),
        ({**SCHEMA, "fields": []}, "fields must be a list of at least one field"),
        ({**SCHEMA, "fields": ["USER_ID"]}, "a field is an object with name and type, got 'USER_ID'"),
        (
            {**SCHEMA, "fields": [{"name": "A", "type": {"type": "map"}}]},
            "A: type is one of string, int, long, float, double, boolean, or a union of it with null, "
            "got {'type': 'map'}",
        ),
    ],
)
def test_a_malformed_schema_is_told_what_is_wrong(schema, problem):
    assert validate(schema) == [problem]


@pytest.mark.parametrize(
    ("dataset", "fields", "problem"),
    [
        ("interactions", LOG[:2], "interactions needs the columns ['TIMESTAMP'], got ['USER_ID', 'ITEM_ID']"),
        ("interactions", (*LOG, Field("A-B")), "A-B: a name has letters, digits and underscores only"),
        (
            "interactions",
            (*LOG, Field("A", "uuid")),
            "A: type 'uuid' is not one of string, int, long, float, double, boolean",
        ),
        (
            "interactions",
            (*LOG, Field("A", "int", categorical=True)),
            "A: only a string can be categorical, textual or itemName, got int",
        ),
        ("interactions", (*LOG, Field("A", textual=True)), "A: only items may have a textual column, not interactions"),
        (
            "interactions",
            (*LOG, Field("A_1"), Field("A1")),
            "A1: collides with A_1; names must differ in their letters and digits",
        ),
        (
            "interactions",
            (*LOG, Field("EVENT_VALUE", "int")),
            "EVENT_VALUE: the type of this reserved column is float, got int",
        ),
        ("interactions", (*LOG, Field("EVENT_TYPE", nullable=True)), "EVENT_TYPE: this column cannot be null"),
        (
            "interactions",
            (*LOG, Field("EVENT_TYPE", categorical=True)),
            "EVENT_TYPE: this reserved column must not be categorical",
        ),
        (
            "interactions",
            (*LOG, *(Field(f"M{n}") for n in range(6))),
            "interactions may have 5 columns of metadata, got 6: ['M0', 'M1', 'M2', 'M3', 'M4', 'M5']",
        ),
        ("items", (Field("ITEM_ID"),), "items needs at least one column besides ['ITEM_ID']"),
        (
            "items",
            (Field("ITEM_ID"), Field("A", textual=True), Field("B", textual=True)),
            "items may have one textual column, got ['A', 'B']",
        ),
        (
            "items",
            (Field("ITEM_ID"), Field("A", categorical=True, textual=True)),
            "A: a column is categorical or textual, not both",
        ),
    ],
)
def test_columns_that_the_service_refuses_are_refused(dataset, fields, problem):
    assert check_fields(CUSTOM[dataset], fields) == [problem]


def test_a_domain_has_its_own_required_columns():
    assert check_fields(DATASET_TYPES["ECOMMERCE"]["interactions"], LOG) == [
        "interactions needs the columns ['EVENT_TYPE'], got ['USER_ID', 'ITEM_ID', 'TIMESTAMP']"
    ]
    assert check_fields(
        DATASET_TYPES["VIDEO_ON_DEMAND"]["items"],
        (Field("ITEM_ID"), Field("GENRES"), Field("CREATION_TIMESTAMP", "long")),
    ) == ["GENRES: this reserved column must be categorical"]


def test_an_id_may_be_shorter_than_other_texts():
    limits = {
        field.name: field.max_characters
        for field in (Field("ITEM_ID"), Field("TITLE"), Field("ABOUT", textual=True), Field("PRICE", "float"))
    }

    assert limits == {"ITEM_ID": 256, "TITLE": 1000, "ABOUT": None, "PRICE": None}
