"""`personalize teardown --env`: what is shown, refused and lifted before the CDK command line destroys a stack."""

import io
import json

import boto3
import pytest

from operations.cli.main import run
from operations.errors import OperationError
from operations.teardown import actions

CONFIG = """
project: films
datasets: {interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
environments:
  dev: {}
  prod: {production: true}
"""
LOGS = "films-dev-Logs"
RESOURCES = (
    ("AWS::S3::Bucket", "films-data", "Retain"),
    ("AWS::KMS::Key", "1234-5678", "Delete"),
    ("Custom::PersonalizeCampaign", "arn:aws:personalize:eu-west-1:123456789012:campaign/films-next", None),
    ("Custom::PersonalizeWait", "arn:aws:personalize:eu-west-1:123456789012:solution/films-next/1", None),
    ("AWS::IAM::Role", "films-role-1", None),
    ("AWS::IAM::Role", "films-role-2", None),
    ("AWS::Logs::LogGroup", LOGS, "Delete"),
)


@pytest.fixture
def destroy(app, console, cloud, cloudformation):
    """Destroys an environment; returns what was told."""
    app.declare(CONFIG)

    def run(environment="dev", *, ask=False, force=False):
        actions.destroy(app.file, environment, console, ask=ask, force=force)
        return console.file.getvalue()

    return run


def test_it_shows_what_goes_and_what_stays(destroy, cloudformation, app):
    cloudformation.add("films-dev", RESOURCES)
    told = destroy().splitlines()
    assert told[0] == "stack films-dev, account 123456789012, eu-west-1:"
    assert [line.split(maxsplit=1) for line in told[1:-1]] == [
        ["AWS::KMS::Key", "1234-5678"],
        ["Campaign", "campaign/films-next"],
        ["AWS::IAM::Role", "2"],
        ["AWS::Logs::LogGroup", "1"],
        ["Custom::PersonalizeWait", "1"],
        ["AWS::S3::Bucket", "films-data stays"],
    ]
    assert told[-1] == "films-dev is destroyed; `personalize teardown --check` looks whether anything is left"
    (call,) = app.calls()
    output = app.file.parent / "build/films-dev-destroy"
    assert call == f"destroy --force --output {output} --context config={app.file} --context env=dev"


def test_for_programs_it_answers_what_is_gone_and_nothing_else_on_its_stream(app, cloud, cloudformation, capsys):
    app.declare(CONFIG)
    cloudformation.add("films-dev", RESOURCES)
    assert run(["teardown", "--env", "dev", "--yes", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"gone": ["films-dev"]}
    assert "films-dev is destroyed" in printed.err


def test_a_stack_that_is_not_there_is_said_and_no_error(destroy, app):
    assert destroy().startswith("there is no stack films-dev in account 123456789012, eu-west-1; ")
    assert app.calls() == []


def test_a_production_environment_is_refused(destroy, cloudformation, app):
    cloudformation.add("films-prod", RESOURCES)
    with pytest.raises(OperationError, match=r"^films-prod is a production environment; give --force to destroy it"):
        destroy("prod")
    assert app.calls() == []


def test_a_protected_stack_is_refused_whatever_the_configuration_says(destroy, cloudformation, app):
    cloudformation.add("films-dev", RESOURCES, EnableTerminationProtection=True)
    with pytest.raises(OperationError, match=r"^films-dev has termination protection; give --force to destroy it"):
        destroy()
    assert app.calls() == []


def test_with_force_the_protection_is_lifted_first(destroy, cloudformation, app):
    cloudformation.add("films-prod", RESOURCES, EnableTerminationProtection=True)
    assert "films-data stays\nits termination protection is lifted\n" in destroy("prod", force=True)
    assert cloudformation.stacks["films-prod"]["EnableTerminationProtection"] is False
    assert len(app.calls()) == 1


def test_nothing_is_lifted_unless_somebody_agrees(destroy, cloudformation, app, monkeypatch):
    cloudformation.add("films-prod", RESOURCES, EnableTerminationProtection=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(OperationError, match="the input is no terminal; give --yes to go on unasked"):
        destroy("prod", force=True, ask=True)
    assert cloudformation.stacks["films-prod"]["EnableTerminationProtection"] is True
    assert app.calls() == []


def test_a_log_group_that_late_lines_made_anew_goes_too(destroy, cloudformation):
    cloudformation.add("films-dev", RESOURCES)
    boto3.client("logs").create_log_group(logGroupName=LOGS)
    destroy()
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []


def test_a_failed_destroy_says_which_resources_and_why(destroy, cloudformation, app):
    cloudformation.add("films-dev", RESOURCES)
    app.program(
        "console.log('films-dev | 9:05:53 PM | DELETE_FAILED | Custom::PersonalizeSchema | Schema (A1) in use');"
        "process.exit(1)"
    )
    with pytest.raises(OperationError, match=r"`cdk destroy` failed .*\n  Schema: in use"):
        destroy()
