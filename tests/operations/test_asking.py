"""Asking what is deployed, and sending it events: through the service with the durations of AWS."""

import json

import boto3
import pytest

from data_prep.manifest import Manifest, Part, PreparedDataset, sha256
from operations.errors import OperationError
from operations.events import Event, replay, send
from operations.recommend import Question, recommend
from personalize_local.service.errors import ServiceError
from personalize_stack.config.load import load

CONFIG = """\
project: films
region: eu-west-1
datasets: {interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
"""


def prepared(folder, **files):
    """A dataset with files, of which the first is a full output and the others are added to it."""
    parts = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text)
        parts.append(Part(path.name, path.stat().st_size, sha256(path)))
    full, *more = parts
    common = {"schema_file": "x.avsc", "rows_read": 0, "rows_written": 0, "rejected": {}, "columns": ()}
    if more:
        return PreparedDataset(parts=tuple(more), baseline=(full,), mode="INCREMENTAL", **common)
    return PreparedDataset(parts=(full,), **common)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "personalize.yaml").write_text(CONFIG)
    folder = tmp_path / "prepared"
    folder.mkdir()
    header = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n"
    rows = [f"u{n % 3},i{n % 5},{1_700_000_000 + n * 60},Watch\n" for n in range(40)]
    items = prepared(folder, ITEMS='ITEM_ID,TITLE\n"i1","Am\u00e9lie"\n"i2","\\"Brazil\\""\n')
    log = prepared(folder, INTERACTIONS=header + "".join(rows[:36]), NEW=header + "".join(rows[36:]))
    Manifest({"interactions": log, "items": items}, {}, folder).write()
    return load(tmp_path / "personalize.yaml")


def publish(path, value):
    boto3.client("ssm").put_parameter(Name=f"/personalize/films-dev/{path}", Value=value, Type="String")


@pytest.fixture
def deployed(bench, cloudformation):
    """A campaign, a filter and a tracker, as far as these commands look."""
    group = bench.group()
    version = bench.version(bench.solution(group.arn))
    publish("campaigns/popular/arn", bench.campaign(version))
    personalize = boto3.client("personalize")
    unseen = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Watch")'
    made = personalize.create_filter(name="unseen", datasetGroupArn=group.arn, filterExpression=unseen)
    publish("filters/unseen/arn", made["filterArn"])
    publish("tracking-id", personalize.create_event_tracker(name="t", datasetGroupArn=group.arn)["trackingId"])
    bench.wait()
    return group


@pytest.fixture
def asked(project, console):
    def run(question, **options):
        recommend(project, question, console, **options)
        text = console.file.getvalue()
        console.file.truncate(0)
        console.file.seek(0)
        return json.loads(text) if options.get("as_json") else text

    return run


def test_recommendations_have_names_and_a_basis(deployed, asked):
    told = asked(Question("u1", None, count=3), explain=True, as_json=True)
    assert len(told["items"]) == 3
    assert told["model"].startswith("aws-popularity-count, version ")
    assert told["last in the prepared log"] == ["i0", "i3", "i1 (Amélie)", "i4", 'i2 ("Brazil")']
    known = {item["item"]: item["interactions"] for item in told["items"]}
    assert known == {item: 8 if item in ("i0", "i1", "i2", "i3", "i4") else 0 for item in known}
    assert "why, says the service" in asked(Question("u1", None), explain=True)


def test_a_new_user_is_told_as_such(deployed, asked):
    told = asked(Question("nobody", None, count=1), explain=True)
    assert "nothing: the user is new to it, so recommendations are as for anybody" in told


def test_a_filter_is_named_as_in_the_configuration(deployed, asked):
    all_items = {item["item"] for item in asked(Question("u1", None, count=200), as_json=True)["items"]}
    unseen = {item["item"] for item in asked(Question("u1", None, filter="unseen", count=200), as_json=True)["items"]}
    assert unseen < all_items
    with pytest.raises(OperationError, match="there is no filter 'unsene'; allowed: unseen; did you mean unseen"):
        asked(Question("u1", None, filter="unsene"))


def test_what_the_service_refuses_is_told(deployed, asked):
    with pytest.raises(OperationError, match=r"campaigns\.popular does not answer: "):
        asked(Question("u1", None, count=501))
    with pytest.raises(OperationError, match=r"The Interactions dataset has no columns \[DEVICE\] for the context"):
        asked(Question("u1", None, context={"DEVICE": "tv"}))


def test_an_event_is_sent(deployed, project, console, clock):
    send(project, Event("u1", "i1", "Watch", clock.now()), console, None)
    assert console.file.getvalue().startswith("sent: u1 Watch i1, in session u1-")


def test_a_log_is_replayed_in_its_own_rhythm(deployed, project, console, clock):
    file = project.root / "prepared" / "INTERACTIONS.csv"
    began = clock.now()
    replay(project, file, console, clock, speed=60, limit=31, as_json=True)
    assert json.loads(console.file.getvalue()) == {"sent": 31}
    assert clock.now() - began == pytest.approx(30, abs=1)  # 30 minutes of the log


def test_what_else_is_known_of_events_goes_with_them(deployed, tmp_path, console, clock, cloud):
    dispatch, taken = cloud.service.dispatch, []

    def noted(operation, request):
        if operation == "PutEvents":
            taken.extend(json.loads(event.get("properties", "{}")) for event in request["eventList"])
        return dispatch(operation, request)

    cloud.service.dispatch = noted
    more = "DEVICE_TYPE: {column: d, categorical: true}, HOUR: {column: h, type: int, nullable: true}"
    (tmp_path / "personalize.yaml").write_text(CONFIG.replace("TIMESTAMP: t", f"TIMESTAMP: t, {more}"))
    project = load(tmp_path / "personalize.yaml")
    log = tmp_path / "log.csv"
    log.write_text("USER_ID,ITEM_ID,TIMESTAMP,DEVICE_TYPE,HOUR,OTHER\nu1,i1,1,tv,20,x\nu1,i2,2,phone,,x\n")
    replay(project, log, console, clock)
    send(project, Event("u1", "i1", "Watch", clock.now(), metadata={"HOUR": "7"}), console, None)
    assert taken == [{"deviceType": "tv", "hour": 20}, {"deviceType": "phone"}, {"hour": 7}]
    for metadata, told in (
        ({"DEVICE": "tv"}, "no column 'DEVICE' .* did you mean DEVICE_TYPE"),
        ({"HOUR": "x"}, "'x'"),
    ):
        with pytest.raises(OperationError, match=told):
            send(project, Event("u1", "i1", "Watch", clock.now(), metadata=metadata), console, None)


def test_an_interrupted_replay_tells_how_to_go_on(deployed, project, console, clock, cloud):
    file = project.root / "prepared" / "INTERACTIONS.csv"
    dispatch, taken = cloud.service.dispatch, []

    def fail_later(operation, request):
        if operation == "PutEvents":
            taken.append(request)
            if len(taken) > 7:
                raise ServiceError("the network is gone")
        return dispatch(operation, request)

    cloud.service.dispatch = fail_later
    with pytest.raises(OperationError, match=r"was not taken: .*; 7 were sent; to go on: --skip 12$"):
        replay(project, file, console, clock, skip=5)


def test_a_file_that_holds_no_events_is_refused_with_its_line(deployed, project, console, clock, tmp_path):
    (tmp_path / "wrong.csv").write_text("USER_ID,ITEM_ID,TIMESTAMP\nu1,i1,yesterday\n")
    with pytest.raises(OperationError, match=r"wrong.csv, line 2: no event: could not convert .* 'yesterday'"):
        replay(project, tmp_path / "wrong.csv", console, clock)
    with pytest.raises(OperationError, match="cannot be read"):
        replay(project, tmp_path / "none.csv", console, clock)


def test_without_a_tracker_it_says_what_to_declare(project, cloud, cloudformation, console, clock):
    with pytest.raises(OperationError, match="films-dev has no event tracker; say `event_tracker: true` and deploy"):
        send(project, Event("u1", "i1", "Watch", clock.now()), console, None)
