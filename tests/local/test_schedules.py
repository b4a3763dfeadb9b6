"""The Scheduler lives by the local cloud's clock, which can be moved on and stays so."""

import json

import pytest

from operations.cli.main import run
from personalize_local.cloud import LocalCloud

MACHINE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


@pytest.fixture
def lone(tmp_path):
    """A local cloud whose clock nobody else lives by."""
    cloud = LocalCloud(tmp_path, profile="instant")
    cloud.up()
    yield cloud
    cloud.down()


def test_a_schedule_begins_once_when_its_time_has_come(lone, clients, until, tmp_path, capsys):
    states, scheduler = (clients(lone)(service) for service in ("stepfunctions", "scheduler"))
    role = clients(lone)("iam").create_role(RoleName="all", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    machine = states.create_state_machine(name="weekly", definition=json.dumps(MACHINE), roleArn=role)
    arn = machine["stateMachineArn"]

    def runs():
        return clients(lone)("stepfunctions").list_executions(stateMachineArn=arn)["executions"]

    for name, every in (("weekly", "rate(7 days)"), ("monthly", "rate(30 days)")):
        scheduler.create_schedule(
            Name=name,
            ScheduleExpression=every,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": json.dumps({"every": every})},
        )
    assert run(["local", "advance", "6d", "--state", str(tmp_path)]) == 0
    assert runs() == []
    assert run(["local", "advance", "25h", "--state", str(tmp_path)]) == 0
    (first,) = until(runs)
    described = states.describe_execution(executionArn=first["executionArn"])
    assert json.loads(described["input"]) == {"every": "rate(7 days)"}

    lone.down()
    lone.up()  # on the same clock, and nothing begins that was due before
    assert run(["local", "advance", "24d", "--state", str(tmp_path)]) == 0
    new = until(runs, lambda found: len(found) >= 3)
    assert len(new) == 3  # the week's once, though it was due three times, and the month's
    assert capsys.readouterr().out.count("in the local cloud it is now 20") == 3


def test_how_much_time_passes_is_said_with_its_unit(capsys):
    with pytest.raises(SystemExit) as ended:
        run(["local", "advance", "7"])
    assert ended.value.code == 2
    assert "should be like 90s, 20m, 12h or 7d; not '7'" in capsys.readouterr().err
