"""Prepared files as the engine reads them."""

import numpy as np
import pytest

from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
from personalize_local.evaluation.data import read_catalogue, read_log

LOG = {"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": "t"}


@pytest.fixture
def prepared(tmp_path):
    """Prepares a log and items with some more columns."""

    def run(log_columns, item_columns):
        rows = [
            f"u{n % 40},i{n % 10},{1_600_000_000 + n},{'tv' if n % 2 else 'phone'},{n % 24 or ''}" for n in range(1200)
        ]
        (tmp_path / "log.csv").write_text("\n".join(["u,i,t,device,hour", *rows]))
        items = [f"i{n},name {n},{'0' if n % 2 else '1'},{n}" for n in range(10)]
        (tmp_path / "items.csv").write_text("\n".join(["i,name,kind,price", *items]))
        specs = {
            "interactions": DatasetSpec.model_validate({"source": "log.csv", "columns": LOG | log_columns}),
            "items": DatasetSpec.model_validate({"source": "items.csv", "columns": {"ITEM_ID": "i"} | item_columns}),
        }
        return prepare(specs, tmp_path, tmp_path / "prepared")

    return run


def test_categories_and_numbers_of_interactions_are_their_contexts(prepared):
    """Also where a column is called as a word of SQL."""
    columns = {
        "GROUP": {"column": "device", "categorical": True},
        "HOUR": {"column": "hour", "type": "int", "nullable": True},
    }
    log = read_log(prepared(columns | {"NOTE": "device"}, {"NAME": "name"}))
    assert sorted(log.contexts) == ["GROUP", "HOUR"]
    place = int(np.flatnonzero(log.timestamps == 1_600_000_025)[0])
    assert (log.contexts["GROUP"][place], log.contexts["HOUR"][place]) == ("tv", 1.0)
    assert np.isnan(log.contexts["HOUR"]).sum() == 50


def test_of_items_categories_numbers_and_their_texts_are_learned_from(prepared):
    columns = {
        "NAME": {"column": "name", "item_name": True},
        "KIND": {"column": "kind", "categorical": True},
        "PRICE": {"column": "price", "type": "float"},
        "NOTE": "name",
    }
    catalogue = read_catalogue(prepared({}, columns))
    assert {name: values[3] for name, values in catalogue.columns.items()} == {
        "NAME": "name 3",
        "KIND": "0",
        "PRICE": 3.0,
    }
    assert list(catalogue.texts) == ["NAME"]
