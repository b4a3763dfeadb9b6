"""Runs a retraining machine as it is deployed, in this process: hours pass in no time.

The states are interpreted by the local cloud's own interpreter; what they ask AWS for is answered by the simulated
service with the durations of AWS, and by dictionaries.
"""

import hashlib
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

from ministack.services import stepfunctions

from personalize_local.service.errors import ServiceError
from personalize_stack.retraining.machine import Plan, machine

BUCKET = "bucket"
PREFIX = "incoming/interactions/"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:films-dev-retrain-popular"


class Failed(Exception):  # noqa: N818 - named after what has happened
    """A run that failed: the error's name, and the cause."""

    def __init__(self, error, cause):
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


class Interpreter:
    """Runs the retraining of one solution on a lab.

    Attributes:
        visited: The names of all states that were entered, of all runs.
        told: The events that were put.
        running: What ListExecutions answers, besides the run itself.
        at: What happens when a state is entered, by its name, once each: functions.
        broken: The name of the state, if any, in which AWS refuses whatever is asked.
    """

    def __init__(self, lab, dataset, solution, campaigns, **more):
        self.lab = lab
        self.parameters = {"judged": json.dumps({"version": ""})}
        self.visited, self.told, self.running, self.at, self.calls = [], [], [], {}, []
        self.broken = None
        plan = {
            "stack": "films-dev",
            "solution": "popular",
            "solution_arn": solution,
            "datasets": [
                {"dataset": "interactions", "datasetArn": dataset, "prefix": PREFIX, "job": "films-dev-interactions"}
            ],
            "campaigns": [
                {"campaign": name, "campaignArn": arn, "parameter": f"serving-{name}"}
                for name, arn in campaigns.items()
            ],
            "bucket": BUCKET,
            "role_arn": lab.role,
            "job_arn_prefix": lab.arn("dataset-import-job/"),
            "import_mode": "INCREMENTAL",
            "training_mode": "FULL",
            "gate": {},
            "record": "judged",
            "bus": "bus",
            "max_seconds": 100_000,
        }
        self.definition = machine(Plan(**plan | more))
        self._runs = 0

    def run(self, trigger="hand"):
        """Run to the end and return the output; raises `Failed`."""
        self._runs += 1
        name = f"run-{self._runs}"
        started = datetime.fromtimestamp(self.lab.clock.now(), UTC).isoformat()
        execution = {"executionArn": f"{MACHINE.replace('stateMachine', 'execution')}:{name}", "events": []}
        context = {
            "QueryLanguage": "JSONata",
            "Execution": {"Id": execution["executionArn"], "Name": name, "StartTime": started},
            "StateMachine": {"Id": MACHINE, "Name": "films-dev-retrain-popular"},
            "variables": {},
        }
        states = _Watched(self.definition["States"], self)
        with self._world():
            try:
                start = self.definition["StartAt"]
                return stepfunctions._run_sub_machine(states, start, {"trigger": trigger}, execution, context)
            except stepfunctions._ExecutionError as error:
                raise Failed(error.error, error.cause) from error

    def path(self, *interesting):
        """Those of the states that were entered, in order, since the last call; then they are forgotten."""
        entered, self.calls = self.calls, []
        return [name for name in entered if name in interesting]

    def enter(self, name):
        self.visited.append(name)
        self.calls.append(name)
        if name in self.at:
            self.at.pop(name)()

    @contextmanager
    def _world(self):
        run = stepfunctions._run_sub_machine

        def sub(states, start, item, execution, context):
            return run(_Watched(states, self), start, item, execution, context)

        with (
            patch.object(stepfunctions, "_scaled_sleep", self.lab.clock.advance),
            patch.object(stepfunctions, "_invoke_resource", self._answer),
            patch.object(stepfunctions, "_run_sub_machine", sub),
        ):
            yield

    def _answer(self, resource, arguments):
        *_, service, operation = resource.split(":")
        if self.visited[-1] == self.broken:
            raise stepfunctions._ExecutionError(f"{service}.AccessDeniedException", "not allowed")
        answer = getattr(self, f"_{service}")
        return answer(operation[0].upper() + operation[1:], arguments)

    def _personalize(self, operation, arguments):
        try:
            request = stepfunctions._sdk_json_params({}, "personalize", operation, arguments)
            answer = self.lab(operation, **request)
        except ServiceError as error:
            raise stepfunctions._ExecutionError(f"Personalize.{error.code}", error.message) from error
        return stepfunctions._sdk_json_result("personalize", operation, answer)

    def _s3(self, operation, arguments):
        assert operation == "ListObjectsV2", operation
        keys = self.lab.objects.list(arguments["Bucket"], arguments["Prefix"])
        contents = [
            {"Key": key, "ETag": hashlib.md5(data).hexdigest(), "Size": len(data)}
            for key in keys[: arguments["MaxKeys"]]
            for data in (self.lab.objects[arguments["Bucket"], key],)
        ]
        return {"IsTruncated": len(keys) > len(contents), **({"Contents": contents} if contents else {})}

    def _ssm(self, operation, arguments):
        if operation == "GetParameter":
            return {"Parameter": {"Value": self.parameters[arguments["Name"]]}}
        assert arguments["Overwrite"] is True
        assert len(arguments["Value"]) <= 4096
        self.parameters[arguments["Name"]] = arguments["Value"]
        return {"Version": 2}

    def _sfn(self, operation, arguments):
        assert (operation, arguments["StatusFilter"]) == ("ListExecutions", "RUNNING")
        page = int(arguments.get("NextToken", 0))
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.running) else {}
        return {"Executions": self.running[page : page + 1], **more}

    def _events(self, operation, arguments):
        assert operation == "PutEvents"
        self.told += arguments["Entries"]
        return {"FailedEntryCount": 0}


class _Watched(dict):
    """States that tell the interpreter when one is entered, which is when it is looked up."""

    def __init__(self, states, interpreter):
        super().__init__(states)
        self._interpreter = interpreter

    def get(self, name, default=None):
        if name in self:
            self._interpreter.enter(name)
        return super().get(name, default)
