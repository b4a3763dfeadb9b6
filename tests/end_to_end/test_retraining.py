"""A deployed recommender is retrained, judged, promoted and rolled back, and things go wrong, on the local cloud."""

import json

import boto3
import pytest

from operations.cli.main import run

from .conftest import until

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]

RETRAINED = "{recipe: popularity-count, retraining: {schedule: rate(7 days), on_new_data: true, gate: {coverage: 0.2}}}"


class Operated:
    """A deployed project and what one does with it."""

    def __init__(self, project, capsys):
        self.project, self._capsys = project, capsys
        self.personalize, self.states = boto3.client("personalize"), boto3.client("stepfunctions")
        self.outputs = project.outputs()
        self.machine = self.outputs["NextRetrainingArn"]
        self.campaign = self.outputs["CampaignNextArn"]
        send = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": send})
        queue = boto3.client("sqs").create_queue(QueueName="told", Attributes={"Policy": policy})
        self._queue = queue["QueueUrl"]
        attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        boto3.client("sns").subscribe(
            TopicArn=self.outputs["NotificationsTopicArn"],
            Protocol="sqs",
            Endpoint=attributes["Attributes"]["QueueArn"],
        )

    def command(self, *arguments):
        """The exit code of a command, what it printed, and its errors."""
        self._capsys.readouterr()
        code = run([arguments[0], "-f", str(self.project.file), *arguments[1:]])
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err

    def answer(self, *arguments):
        """The exit code of a command, and what it answers as JSON."""
        code, text, errors = self.command(*arguments, "--json")
        assert text, errors
        return code, json.loads(text)

    def start(self, trigger="schedule"):
        given = json.dumps({"trigger": trigger})
        return self.states.start_execution(stateMachineArn=self.machine, input=given)["executionArn"]

    def ended(self, execution):
        """How an execution ended, once it has."""
        return until(
            lambda: self.states.describe_execution(executionArn=execution), lambda found: found["status"] != "RUNNING"
        )

    def entered(self, execution):
        events = self.states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return [found["stateEnteredEventDetails"]["name"] for found in events if "stateEnteredEventDetails" in found]

    def runs(self):
        return {
            found["executionArn"] for found in self.states.list_executions(stateMachineArn=self.machine)["executions"]
        }

    def rest(self):
        until(
            lambda: self.states.list_executions(stateMachineArn=self.machine, statusFilter="RUNNING")["executions"],
            lambda found: not found,
        )

    @property
    def serving(self):
        return self.personalize.describe_campaign(campaignArn=self.campaign)["campaign"]["solutionVersionArn"]

    @property
    def versions(self):
        listed = self.personalize.list_solution_versions(solutionArn=self.outputs["NextSolutionArn"])[
            "solutionVersions"
        ]
        return [version["solutionVersionArn"] for version in listed]

    def told(self):
        """The next message that the topic sent."""
        sqs = boto3.client("sqs")
        (message,) = until(lambda: sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=1).get("Messages", []))
        sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])["Message"].strip('"')

    def upload(self, name, first):
        """Let a file come of which nothing can be learnt: every event has an item of its own."""
        rows = [
            f"n{user},x{first + 20 * user + step},{1_710_000_000 + step},watch,1"
            for user in range(60)
            for step in range(20)
        ]
        header = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE"
        boto3.client("s3").put_object(
            Bucket=self.outputs["DataBucketName"],
            Key=f"incoming/interactions/{name}",
            Body="\n".join([header, *rows]).encode(),
        )


def test_a_recommender_is_kept_fresh_and_never_gets_worse(local_cloud, make_project, capsys):
    project = make_project("again", RETRAINED)
    project.cdk().deploy()
    shop = Operated(project, capsys)
    first = shop.serving

    # By hand; a deploy that changes something else leaves the new version.
    code, ended = shop.answer("retrain")
    assert (code, ended["outcome"]) == (0, "promoted")
    second = shop.serving
    assert second == ended["version"] != first
    project.file.write_text(
        project.file.read_text().replace("next: {solution: next}", "next: {solution: next, min_provisioned_tps: 2}")
    )
    project.cdk().deploy()
    changed = shop.personalize.describe_campaign(campaignArn=shop.campaign)["campaign"]
    assert (changed["solutionVersionArn"], changed["minProvisionedTPS"]) == (second, 2)

    # Back, forward, and all of it in the record.
    code, answer = shop.answer("rollback", "--campaign", "next")
    assert (code, answer["version"], shop.serving) == (0, first, first)
    code, text, _ = shop.command("promote", "--campaign", "next")
    assert (code, shop.serving) == (0, second)
    assert text.endswith(f"{second} serves, in place of {first.rpartition('/')[2]}\n")
    code, solutions = shop.answer("metrics")
    (found,) = (solution for solution in solutions if solution["solution"] == "next")
    assert [(version["arn"], list(version["serves"])) for version in found["versions"]] == [
        (first, []),
        (second, ["next"]),
    ]
    assert found["versions"][1]["verdicts"] == {"next": "promoted"}
    assert len(found["versions"][1]["imports"]) == 1

    # On schedule, a week later, and two at once.
    before = shop.runs()
    local_cloud.ask("POST", "clock", {"advance": 7 * 24 * 3600})
    (scheduled,) = until(lambda: shop.runs() - before)
    assert json.loads(shop.ended(scheduled)["input"]) == {"trigger": "schedule"}
    assert json.loads(shop.ended(scheduled)["output"])["outcome"] == "promoted"
    both = [shop.start(), shop.start()]
    outcomes = sorted(json.loads(shop.ended(one)["output"])["outcome"] for one in both)
    assert outcomes == ["left to another run", "promoted"]

    # A training that fails is told, and leaves who serves; so does a run that is stopped, and the next one goes on.
    serving, trained = shop.serving, len(shop.versions)
    local_cloud.ask(
        "POST", "faults", {"operation": "CreateSolutionVersion", "effect": "fail", "reason": "no capacity", "times": 1}
    )
    code, _, errors = shop.command("retrain")
    assert code == 1
    assert "ended as FAILED: TrainingFailed: arn:aws:personalize:" in errors
    message = shop.told()
    assert f"TrainingFailed: {shop.versions[-1]}: no capacity. Each campaign goes on with what it serves." in message
    stopped = shop.start()
    until(lambda: "WaitForTheTraining" in shop.entered(stopped))
    shop.states.stop_execution(executionArn=stopped, cause="maintenance")
    assert "ABORTED" in shop.told()
    assert (shop.serving, len(shop.versions)) == (serving, trained + 2)
    code, ended = shop.answer("retrain")
    assert (code, ended["outcome"], len(shop.versions)) == (0, "promoted", trained + 2)

    # New data begins a run by itself; what it makes worse is refused, kept and told, unless somebody promotes it.
    serving, before = shop.serving, shop.runs()
    shop.upload("a.csv", 1000)
    shop.upload("b.csv", 9000)
    arrived = until(lambda: shop.runs() - before, lambda found: len(found) == 2)
    ended = [shop.ended(one) for one in arrived]
    assert {one["status"] for one in ended} == {"SUCCEEDED"}, ended
    outcomes = [json.loads(one["output"])["outcome"] for one in ended]
    assert "refused" in outcomes
    assert set(outcomes) <= {"refused", "left to another run", "nothing new"}
    assert shop.serving == serving
    _, found = shop.answer("status")
    (refused,) = (one for one in found if one["arn"] == shop.versions[-1])
    assert (refused["told"], refused["next"].split()[1]) == ("refused by the gate", "promote")
    message = shop.told()
    assert message.startswith(f"again-dev: Version refused: {shop.versions[-1]} is not good enough: next goes on with")
    assert "coverage" in message
    code, text, _ = shop.command("retrain", "--solution", "next")
    assert code == 4
    assert "next: " in text
    assert "  coverage: 0." in text
    assert shop.command("promote", "--campaign", "next")[0] == 0
    assert shop.serving == shop.versions[-1] != serving

    assert run(["teardown", "-f", str(project.file), "--env", "dev", "--yes"]) == 0
    capsys.readouterr()
    assert run(["teardown", "-f", str(project.file), "--check", "--env", "dev"]) == 0, capsys.readouterr().out
