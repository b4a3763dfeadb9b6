"""Actions and what users do with them, and the datasets of domains: prepared as the service takes them."""

import json

import pytest

from data_prep.checks import check_csv
from data_prep.errors import UnusableDataError
from data_prep.manifest import Manifest
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec

ACTION_COLUMNS = {
    "ACTION_ID": "id",
    "VALUE": "worth",
    "REPEAT_FREQUENCY": "days",
    "EXPIRATION_TIMESTAMP": "until",
    "KIND": {"column": "kind", "categorical": True},
}
DEED_COLUMNS = {"USER_ID": "user", "ACTION_ID": "action", "EVENT_TYPE": "what", "TIMESTAMP": "at"}


def spec(source, columns):
    return DatasetSpec.model_validate({"source": source, "columns": columns})


@pytest.fixture
def prepared(project):
    """Prepare two actions of four and three deeds of five."""
    (project.root / "actions.csv").write_text(
        "id,worth,days,until,kind\njoin,10,30,2030-01-01,club\nrate,,,,app\nsell,11,,,club\ncall,1,31,,club\n"
    )
    (project.root / "deeds.csv").write_text(
        "user,action,what,at\nu1,join,TAKEN,1600000001\nu1,join,Viewed,1600000000\nu2,rate,not_taken,1600000002\n"
        "u2,rate,hovered,1600000003\nu1,join,TAKEN,1600000001\n"
    )
    specs = {
        "actions": spec("actions.csv", ACTION_COLUMNS),
        "action_interactions": spec("deeds.csv", DEED_COLUMNS),
    }
    return prepare(specs, project.root, project.out).datasets


def test_actions_are_prepared_and_out_of_range_ones_kept_aside(project, prepared):
    assert prepared["actions"].rejected == {"repeat_frequency_out_of_range": 1, "value_out_of_range": 1}
    assert (project.out / "ACTIONS.csv").read_text().splitlines() == [
        "ACTION_ID,VALUE,REPEAT_FREQUENCY,EXPIRATION_TIMESTAMP,KIND",
        '"join",10,30,1893456000,"club"',
        '"rate",,,,"app"',
    ]


def test_what_users_do_with_actions_is_one_of_three_things(project, prepared):
    assert prepared["action_interactions"].rejected == {"duplicate": 1, "unknown_event_type": 1}
    assert (project.out / "ACTION_INTERACTIONS.csv").read_text().splitlines()[1:] == [
        '"u1","join","TAKEN",1600000001',
        '"u1","join","Viewed",1600000000',
        '"u2","rate","not_taken",1600000002',
    ]


@pytest.mark.parametrize("name", ["actions", "action_interactions"])
def test_an_import_of_the_prepared_file_is_taken(project, prepared, name):
    schema = json.loads((project.out / prepared[name].schema_file).read_text())
    with (project.out / prepared[name].location).open(newline="") as lines:
        assert check_csv(lines, schema).problems == ()


def test_an_import_with_other_values_is_refused(project, prepared):
    schema = json.loads((project.out / prepared["action_interactions"].schema_file).read_text())
    (problem,) = check_csv(["USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP", "u,a,hovered,1600000000"], schema).problems
    assert str(problem) == "line 2: EVENT_TYPE: 'hovered' is not one of Taken, Not Taken, Viewed"
    schema = json.loads((project.out / prepared["actions"].schema_file).read_text())
    header = "ACTION_ID,VALUE,REPEAT_FREQUENCY,EXPIRATION_TIMESTAMP,KIND"
    (problem,) = check_csv([header, "a,11,,,club"], schema).problems
    assert str(problem) == "line 2: VALUE: 11 is not from 1 to 10"


def test_the_items_of_a_domain_have_its_columns(project):
    (project.root / "films.csv").write_text("id,genres,added\n1,Drama|War,1600000000\n")
    films = spec("films.csv", {"ITEM_ID": "id", "GENRES": "genres", "CREATION_TIMESTAMP": "added"})

    manifest = prepare({"items": films}, project.root, project.out, "VIDEO_ON_DEMAND")

    fields = json.loads((project.out / "items.avsc").read_text())["fields"]
    assert fields == [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRES", "type": "string", "categorical": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ]
    assert Manifest.read(project.out).domain == manifest.domain == "VIDEO_ON_DEMAND"


@pytest.mark.parametrize(
    ("domain", "columns", "problem"),
    [
        ("VIDEO_ON_DEMAND", {"ITEM_ID": "id"}, "items needs the columns ['GENRES', 'CREATION_TIMESTAMP']"),
        ("ECOMMERCE", {"ITEM_ID": "id"}, "items needs the columns ['PRICE', 'CATEGORY_L1']"),
    ],
)
def test_items_that_the_domain_refuses_are_refused(project, domain, columns, problem):
    (project.root / "films.csv").write_text("id\n1\n")
    with pytest.raises(UnusableDataError, match=r"^datasets.items.columns: ") as refused:
        prepare({"items": spec("films.csv", columns)}, project.root, project.out, domain)
    assert problem in str(refused.value)


def test_a_domain_has_no_actions(project):
    (project.root / "actions.csv").write_text("id\n1\n")
    with pytest.raises(UnusableDataError, match="no such dataset; allowed: interactions, items, users"):
        prepare({"actions": spec("actions.csv", {"ACTION_ID": "id"})}, project.root, project.out, "ECOMMERCE")


def test_the_manifest_counts_the_event_types(project):
    project.write_log()
    manifest = prepare({"interactions": project.interactions()}, project.root, project.out)
    assert manifest.datasets["interactions"].event_types == {"view": 1028, "buy": 172}
    assert Manifest.read(project.out) == manifest
