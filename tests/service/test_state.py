"""The files of a service: one service at a time, layouts of other versions, damage."""

import os
import sqlite3

import pytest

from personalize_local.service.errors import UnusableState
from personalize_local.service.store import open_database

from .conftest import small_log


@pytest.fixture
def kept(make_lab, tmp_path):
    """A service that has stopped, with two campaigns on one dataset group; and how it is started again."""
    lab = make_lab(state=tmp_path)
    group = lab.filled_group()
    for name in ("first", "second"):
        lab.campaign(lab.version(lab.solution(group, name=name)), name)
    lab.tracking_id = lab.tracker(group)
    lab.service.close()

    def start():
        again = make_lab(state=tmp_path, clock=lab.clock, objects=lab.objects)
        again.tracking_id = lab.tracking_id
        return again

    return start


def put(lab):
    event = {"eventType": "watch", "itemId": "i1", "sentAt": 1_700_000_000}
    return lab("PutEvents", trackingId=lab.tracking_id, userId="u1", sessionId="s", eventList=[event])


def overwrite(path, start=0):
    """Spoil a file from some place on."""
    os.truncate(path, start)
    with path.open("ab") as file:
        file.write(b"spoilt" * 1000)


def test_two_services_on_one_folder_are_refused(make_lab, tmp_path):
    first = make_lab(state=tmp_path)
    with pytest.raises(UnusableState, match=f"{tmp_path} is in use by another service; stop that first"):
        make_lab(state=tmp_path)
    first.service.close()
    make_lab(state=tmp_path)


def test_a_folder_that_cannot_be_used_is_let_go_of(make_lab, tmp_path):
    (tmp_path / "faults.json").write_text("[{")
    with pytest.raises(UnusableState, match=r"faults\.json is damaged: .*; delete it to go on without faults"):
        make_lab(state=tmp_path)
    (tmp_path / "faults.json").unlink()
    make_lab(state=tmp_path)


@pytest.mark.parametrize("start", [0, 5000])
def test_damaged_resources_are_said_at_the_start(kept, tmp_path, start):
    overwrite(tmp_path / "resources.sqlite", start)
    with pytest.raises(UnusableState, match=r"resources\.sqlite is damaged"):
        kept()


def test_files_of_a_newer_version_are_refused(kept, tmp_path):
    with sqlite3.connect(tmp_path / "resources.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UnusableState, match=r"resources\.sqlite was written by a newer version \(layout 99, known"):
        kept()


def test_files_from_before_layouts_had_versions_are_taken_over(kept, tmp_path):
    for path in (tmp_path / "resources.sqlite", *tmp_path.glob("datasets/*/rows.sqlite")):
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 0")
        database.close()
    again = kept()
    assert len(again("ListCampaigns")["campaigns"]) == 2
    assert put(again) == {}


def test_a_database_is_brought_from_its_version_to_the_newest(tmp_path):
    first = "CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ann')"
    second = "ALTER TABLE users ADD COLUMN age INT; UPDATE users SET age = 30"
    open_database(tmp_path / "db", [first], durable=True).close()
    for _ in range(2):
        database = open_database(tmp_path / "db", [first, second], durable=True)
        assert database.execute("SELECT * FROM users").fetchall() == [("ann", 30)]
        database.close()


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path):
    first = "CREATE TABLE users (name TEXT)"
    wrong = "ALTER TABLE users ADD COLUMN age INT; INSERT INTO nowhere VALUES (1)"
    open_database(tmp_path / "db", [first], durable=True).close()
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        open_database(tmp_path / "db", [first, wrong], durable=True)
    database = open_database(tmp_path / "db", [first], durable=True)
    assert database.execute("SELECT name FROM pragma_table_info('users')").fetchall() == [("name",)]
    database.close()


@pytest.mark.parametrize("start", [0, 5000, 50_000])
def test_damaged_rows_are_said_at_the_start_and_by_requests_and_can_be_made_anew(kept, tmp_path, start):
    (rows,) = tmp_path.glob("datasets/*/rows.sqlite")
    overwrite(rows, start)
    again = kept()
    (problem,) = again.service.problems
    dataset = again.arn("dataset/films/INTERACTIONS")
    assert problem.startswith(f"{rows} is damaged: ")
    assert problem.endswith(f"; delete {dataset} and import its data again")
    code, message = again.refusal(
        "PutEvents",
        trackingId=again.tracking_id,
        sessionId="s",
        eventList=[{"eventType": "watch", "itemId": "i1", "sentAt": 1}],
    )
    assert code == "InternalFailure"
    assert message.startswith(f"{rows} is damaged: ")
    assert len(again("ListCampaigns")["campaigns"]) == 2
    again("DeleteDataset", datasetArn=dataset)
    again.wait()
    schema = again("ListSchemas")["schemas"][0]["schemaArn"]
    new = {"schemaArn": schema, "datasetGroupArn": again.arn("dataset-group/films"), "datasetType": "Interactions"}
    again("CreateDataset", name="anew", **new)
    again.wait()
    assert again.import_file(dataset, again.upload(small_log()), "anew")["status"] == "ACTIVE"
    assert put(again) == {}


def test_missing_rows_are_said_at_the_start(kept, tmp_path):
    (rows,) = tmp_path.glob("datasets/*/rows.sqlite")
    rows.unlink()
    (problem,) = kept().service.problems
    assert problem.startswith(f"{rows} is missing; delete arn:")


@pytest.mark.parametrize("name", ["model.arrays", "model.json"])
def test_a_damaged_model_is_said_at_the_start_and_by_its_campaign(kept, tmp_path, name):
    (model,) = tmp_path.glob(f"models/first/*/model/{name}")
    overwrite(model, model.stat().st_size // 2)
    again = kept()
    (problem,) = again.service.problems
    assert problem.startswith(again.arn("solution/first/"))
    assert f"the model in {model.parent} is damaged" in problem
    code, message = again.refusal("GetRecommendations", campaignArn=again.arn("campaign/first"), userId="u1")
    assert code == "InternalFailure"
    assert f"the model in {model.parent} is damaged" in message
    assert again.recommended(again.arn("campaign/second"), userId="u1")


def test_a_training_whose_outcome_was_half_written_is_done_again(make_lab, tmp_path):
    class Killed:
        """Trains, and is killed while it writes down what came of it."""

        def start(self, folder, done):
            (folder / "outcome.json").write_text('{"failure": nu')

        def stop(self, folder):
            pass

        close = staticmethod(lambda: None)

    lab = make_lab(state=tmp_path, trainer=Killed())
    version = lab.version(lab.solution(lab.filled_group()))
    lab.service.close()
    again = make_lab(state=tmp_path, clock=lab.clock)
    again.wait()
    assert again("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]["status"] == "ACTIVE"
