"""`personalize deploy`: checks, bootstrap, approval, outputs; a small program stands in for the CDK command line."""

import io
import json

import boto3
import pytest

from operations.deploy import deploy
from operations.errors import OperationError

CONFIG = """
project: films
datasets: {interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
environments:
  dev: {}
  prod: {production: true}
"""
WIDENS = """
    if (process.argv.includes('broadening')) {
        console.log('IAM Statement Changes\\n┌──┐\\n│ + Allow everything │\\n└──┘')
        console.log('Stack includes security-sensitive updates, but terminal (TTY) is not attached so we cannot ask')
        process.exit(1)
    }
"""


@pytest.fixture
def run(app, console, cloud, cloudformation):
    app.declare(CONFIG)
    for name in ("films-dev", "films-prod"):
        outputs = [{"OutputKey": "CampaignNextArn", "OutputValue": "arn:next"}]
        cloudformation.add(name, Outputs=outputs)

    def call(environment="dev", **more):
        deploy(app.file, environment, console, **more)
        return console.file.getvalue()

    return call


@pytest.fixture
def bootstrapped(cloud):
    boto3.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="29", Type="String")


def commands(app):
    return [call.split()[0] for call in app.calls()]


def test_it_tells_what_an_application_needs(run, app, bootstrapped):
    assert run() == (
        "films-dev to account 123456789012, eu-west-1\nfilms-dev is deployed:\nCampaignNextArn  arn:next\n"
    )
    assert commands(app) == ["synth", "deploy"]


def test_an_account_without_bootstrap_gets_one_and_is_told(run, app):
    assert "bootstrapping 123456789012 in eu-west-1 for the CDK, once and for all stacks\n" in run()
    assert commands(app) == ["synth", "bootstrap", "deploy"]


def test_what_cannot_be_synthesized_changes_nothing(run, app):
    app.program("console.log('[Error at /films-dev] the data is not prepared'); process.exit(1)")
    with pytest.raises(OperationError, match=r"the data is not prepared"):
        run()
    assert commands(app) == ["synth"]


def test_warnings_of_the_app_are_told(run, app, bootstrapped):
    app.program("if (process.argv[2] == 'synth') console.log('[Warning at /films-dev] hrnn is retired')")
    assert "[Warning at /films-dev] hrnn is retired\n" in run()


def test_wider_permissions_are_nothing_to_ask_for_outside_production(run, app, bootstrapped):
    app.program(WIDENS)
    run()
    assert "--require-approval never" in app.calls()[-1]


def test_wider_permissions_in_production_are_shown_and_asked_for(run, app, bootstrapped, monkeypatch):
    app.program(WIDENS)
    monkeypatch.setattr("sys.stdin", Terminal("films-prod\n"))
    assert "│ + Allow everything │\n└──┘\nthe deploy changes permissions as above\n" in run("prod")
    assert [call.split()[2] for call in app.calls() if call.startswith("deploy")] == ["broadening", "never"]


def test_where_nobody_can_be_asked_wider_permissions_are_refused(run, app, bootstrapped, monkeypatch):
    app.program(WIDENS)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(OperationError, match=r"no terminal; give --require-approval never to go on unasked"):
        run("prod")
    run("prod", require_approval="never")


def test_a_production_deploy_that_widens_nothing_asks_nothing(run, app, bootstrapped):
    run("prod")
    assert commands(app) == ["synth", "deploy"]


def test_without_an_app_it_says_where_it_looked(run, app):
    (app.file.parent / "cdk.json").unlink()
    with pytest.raises(OperationError, match=r"there is no cdk\.json in .* or above it"):
        run()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_waiting_a_change_set_is_begun_and_the_command_says_how_to_follow_it(
    run, app, bootstrapped, cloudformation, monkeypatch
):
    monkeypatch.setattr("operations.deploy.time.time", lambda: 1_790_000_000.5)
    cloudformation.change_sets.append("personalize-1790000000")
    told = run(wait=False)
    assert told.endswith("is on its way; to follow it, from anywhere: personalize status --watch --env dev\n")
    assert cloudformation.executed == [("films-dev", "personalize-1790000000")]
    (deploying,) = [call for call in app.calls() if call.startswith("deploy")]
    assert "--method prepare-change-set --change-set-name personalize-1790000000" in deploying


def test_without_waiting_where_nothing_changes_nothing_is_begun(run, bootstrapped, cloudformation):
    assert run(wait=False).endswith("films-dev is as it should be already\n")
    assert cloudformation.executed == []


def test_the_same_as_json_has_nothing_else_on_its_stream(run, bootstrapped):
    assert json.loads(run(as_json=True)) == {"stack": "films-dev", "outputs": {"CampaignNextArn": "arn:next"}}
