"""docs/local.md tells of every operation and quota, as the code has them."""

from dataclasses import fields
from pathlib import Path

from personalize_local.service import api
from personalize_local.service.quotas import Quotas
from personalize_local.service.reference import DIFFERENCES, reference, updated

PAGE = Path(__file__).parents[2] / "docs" / "local.md"


def test_the_page_is_as_the_code_is():
    page = PAGE.read_text(encoding="utf-8")
    assert page == updated(page), (
        "write it again: .venv/bin/python -m personalize_local.service.reference docs/local.md"
    )


def test_each_operation_and_each_quota_has_a_row_that_says_something():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in reference().splitlines() if "|" in line]
    told = {row[0].strip("`"): row[1] for row in rows}
    names = {name for service in api.SERVICES for name in api.service_model(service).operation_names}
    assert len(names) == 79
    assert names | {quota.name for quota in fields(Quotas)} == told.keys() - {"Operation", "Quota", "---"}
    assert all(told.values())
    assert DIFFERENCES.keys() <= names
