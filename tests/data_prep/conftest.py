import csv
from types import MappingProxyType

import pytest

from data_prep.spec import DatasetSpec

START = 1_600_000_000


class Project:
    """A folder with logs of which every row is good, to which a test adds its own."""

    columns = MappingProxyType(
        {"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when", "EVENT_TYPE": "kind", "EVENT_VALUE": "stars"}
    )
    header = "user,item,when,kind,stars\n"

    def __init__(self, root):
        self.root = root
        self.out = root / "prepared"

    def good_rows(self, count=1200):
        return [f"u{n % 60},i{n % 41},{START + 60 * n},{('view', 'buy')[n % 7 == 0]},{n % 5}.5" for n in range(count)]

    def write_log(self, *rows, good=1200, name="log.csv", encoding="utf-8"):
        text = self.header + "".join(f"{row}\n" for row in (*self.good_rows(good), *rows))
        (self.root / name).write_bytes(text.encode(encoding))

    def interactions(self, source="log.csv", **columns):
        return DatasetSpec.model_validate({"source": source, "columns": {**self.columns, **columns}})

    def quarantined(self, dataset="interactions"):
        """The rows of a dataset's quarantine: reason, file, line, row."""
        with (self.out / "quarantine" / f"{dataset}.csv").open(newline="") as file:
            return [tuple(row) for row in csv.reader(file)][1:]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)
