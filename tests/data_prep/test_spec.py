import pytest
from pydantic import ValidationError

from data_prep.schemas import DATASET_TYPES, Field
from data_prep.spec import ColumnSpec, DatasetSpec, fingerprint

INTERACTIONS, ITEMS = DATASET_TYPES[None]["interactions"], DATASET_TYPES[None]["items"]


def test_bare_texts_are_short_for_a_column_and_a_source():
    short = DatasetSpec.model_validate({"source": "log.csv", "columns": {"USER_ID": "user"}})
    long = DatasetSpec.model_validate({"source": ["log.csv"], "columns": {"USER_ID": {"column": "user"}}})

    assert short == long


def test_reserved_columns_have_their_type_and_others_are_texts():
    spec = DatasetSpec.model_validate(
        {
            "source": "log.csv",
            "columns": {
                "TIMESTAMP": "when",
                "EVENT_VALUE": "rating",
                "DEVICE": {"column": "d", "categorical": True, "nullable": True},
            },
        }
    )

    assert spec.fields(INTERACTIONS) == (
        Field("TIMESTAMP", "long"),
        Field("EVENT_VALUE", "float", nullable=True),
        Field("DEVICE", categorical=True, nullable=True),
    )


def test_a_declaration_goes_before_the_default():
    assert ColumnSpec(column="rating", nullable=False).field("EVENT_VALUE", INTERACTIONS) == Field(
        "EVENT_VALUE", "float"
    )
    assert ColumnSpec(column="price", type="double").field("PRICE", ITEMS) == Field("PRICE", "double")


@pytest.mark.parametrize("given", [{}, {"column": "a", "value": 1}, {"column": "a", "colunm": "b"}, {"column": ""}])
def test_a_column_has_one_origin_and_known_keys(given):
    with pytest.raises(ValidationError):
        ColumnSpec.model_validate(given)


def test_the_json_schema_allows_the_short_forms():
    properties = DatasetSpec.model_json_schema(mode="validation")["properties"]

    assert {"type": "string"} in properties["source"]["anyOf"]
    assert {"type": "string"} in properties["columns"]["additionalProperties"]["anyOf"]


def test_a_fingerprint_is_equal_for_what_means_the_same():
    short = DatasetSpec.model_validate({"source": "log.csv", "columns": {"USER_ID": "user"}})
    long = DatasetSpec.model_validate(
        {"source": ["log.csv"], "columns": {"USER_ID": {"column": "user", "missing": []}}}
    )

    assert (
        fingerprint({"interactions": short})
        == fingerprint({"interactions": long})
        == {"interactions": {"source": ["log.csv"], "columns": {"USER_ID": {"column": "user"}}}}
    )
