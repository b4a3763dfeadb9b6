"""Retraining: the state machine of one solution, what starts it, what it may do, and who is told when it fails."""

from collections.abc import Mapping, Sequence
from typing import Literal

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from custom_resources.kinds import KINDS, MAX_NAME, beginning_of
from personalize_stack.campaign import CampaignBase
from personalize_stack.dataset_group import DatasetBase
from personalize_stack.findings import accept_patterns
from personalize_stack.notifications import Notifications
from personalize_stack.retraining.machine import Plan, machine
from personalize_stack.solution import SolutionBase
from personalize_stack.storage import Storage

INCOMING = "incoming"
"""The folder of the data bucket that new files come into, below it one for each dataset."""
_ROOM_FOR_HASH = len("-0123456789abcdef")
_MORE_HOURS = 24  # for promotions, and for waiting until what is in use is free


class Retraining(Construct):
    """Trains a solution again on new files, and lets what is good enough take over its campaigns.

    Args:
        solution: What to train.
        solution_name: Its name for people; the machine's is `<stack>-retrain-<solution_name>`.
        datasets: By name, what new files are imported into, from `incoming/NAME/` of the storage's bucket.
        campaigns: By name, what serves it, with the parameter that tells who serves.
        storage: Where new files come.
        notifications: Who is told.
        schedule: When it begins by itself. Default: never.
        on_new_data: Whether it also begins when files come. Default: False.
        import_mode: What the files are: all data, or more of it. Default: more of it.
        keep: How long files are kept that were added. Default: 30 days.
        training_mode: FULL, or UPDATE: add new items to the version that was trained in full before. Default: FULL.
        gate: By metric, how much worse than what serves a new version may be, as a share. Default: all pass.
        max_duration: How long imports and the training may take. Default: 8 hours.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        solution: SolutionBase,
        solution_name: str,
        datasets: Mapping[str, DatasetBase],
        campaigns: Mapping[str, tuple[CampaignBase, ssm.IParameter]],
        storage: Storage,
        notifications: Notifications,
        schedule: str | None = None,
        on_new_data: bool = False,
        import_mode: Literal["FULL", "INCREMENTAL"] = "INCREMENTAL",
        keep: Duration | None = None,
        training_mode: Literal["FULL", "UPDATE"] = "FULL",
        gate: Mapping[str, float] | None = None,
        max_duration: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self._own = f"arn:{stack.partition}:personalize:{stack.region}:{stack.account}:"
        self._name = f"{stack.stack_name}-retrain-{solution_name}"
        self.record = ssm.StringParameter(
            self,
            "Record",
            parameter_name=f"/personalize/{stack.stack_name}/solutions/{solution_name}/judged",
            description="The version that retraining judged last; its history has the earlier ones",
            string_value='{"version": ""}',  # what runs write over it stays, since this does not change
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"Retrains {solution_name}",
        )
        plan = Plan(
            stack=stack.stack_name,
            solution=solution_name,
            solution_arn=solution.solution_arn,
            datasets=[
                {
                    "dataset": name,
                    "datasetArn": dataset.dataset_arn,
                    "prefix": f"{INCOMING}/{name}/",
                    "job": f"{stack.stack_name}-{name}"[: MAX_NAME - _ROOM_FOR_HASH],
                }
                for name, dataset in datasets.items()
            ],
            campaigns=[
                {"campaign": name, "campaignArn": campaign.campaign_arn, "parameter": parameter.parameter_name}
                for name, (campaign, parameter) in campaigns.items()
            ],
            bucket=storage.bucket.bucket_name,
            role_arn=storage.role.role_arn,
            job_arn_prefix=f"{self._own}dataset-import-job/",
            import_mode=import_mode,
            training_mode=training_mode,
            gate=gate or {},
            record=self.record.parameter_name,
            bus=notifications.bus.event_bus_name,
            max_seconds=int((max_duration or Duration.hours(8)).to_seconds()) + _MORE_HOURS * 3600,
        )
        self._allow(solution, [campaign for campaign, _ in campaigns.values()], storage)
        self._allow_records([self.record, *(parameter for _, parameter in campaigns.values())])
        notifications.grant_tell(self.role)
        self.machine = self._machine(plan)
        storage.expect(INCOMING, kept=None if import_mode == "FULL" else keep or Duration.days(30))
        self._begin(schedule, [dataset["prefix"] for dataset in plan.datasets] if on_new_data else [], storage)
        self._tell_failures(notifications)

    @property
    def state_machine_arn(self) -> str:
        """The machine's ARN."""
        return self.machine.state_machine_arn

    def _machine(self, plan: Plan) -> sfn.StateMachine:
        made = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self._name,  # so that it can be allowed to list its own runs
            definition_body=sfn.DefinitionBody.from_string(Stack.of(self).to_json_string(machine(plan))),
            role=self.role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
                ),
                level=sfn.LogLevel.ALL,
            ),
        )
        accept_patterns(self.role, "*", reason="traces and the delivery of logs know no resource")
        return made

    def _allow(self, solution: SolutionBase, campaigns: Sequence[CampaignBase], storage: Storage) -> None:
        stack = Stack.of(self)
        beginning = beginning_of(stack.stack_name)
        jobs = self._own + KINDS["DatasetImportJob"].arn_pattern(beginning)
        versions = f"{self._own}solution/{beginning}*"  # a campaign may serve one of another solution of the stack
        campaign_arns = [campaign.campaign_arn for campaign in campaigns]
        bucket = storage.bucket.bucket_arn
        machine_arn = f"arn:{stack.partition}:states:{stack.region}:{stack.account}:stateMachine:{self._name}"
        for operations, resources in (
            (["DescribeDatasetImportJob", "CreateDatasetImportJob"], [jobs]),
            (["DescribeSolution", "CreateSolutionVersion"], [solution.solution_arn]),
            (["DescribeSolutionVersion", "GetSolutionMetrics"], [versions]),
            (["DescribeCampaign", "UpdateCampaign"], campaign_arns),
        ):
            actions = [f"personalize:{operation}" for operation in operations]
            self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        self.role.add_to_policy(iam.PolicyStatement(actions=["states:ListExecutions"], resources=[machine_arn]))
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket],
                conditions={"StringLike": {"s3:prefix": f"{INCOMING}/*"}},
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[storage.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}},
            )
        )
        accept_patterns(self.role, jobs, versions, reason="imports and trainings have names that end in a hash")

    def _allow_records(self, written: Sequence[ssm.IParameter]) -> None:
        for actions, parameters in ((["ssm:GetParameter"], [self.record]), (["ssm:PutParameter"], written)):
            resources = [parameter.parameter_arn for parameter in parameters]
            self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))

    def _begin(self, schedule: str | None, prefixes: Sequence[str], storage: Storage) -> None:
        if schedule:
            scheduler.Schedule(
                self,
                "Schedule",
                schedule=scheduler.ScheduleExpression.expression(schedule),
                description=f"Begins {self._name}",
                target=scheduler_targets.StepFunctionsStartExecution(
                    self.machine, input=scheduler.ScheduleTargetInput.from_object({"trigger": "schedule"})
                ),
            )
        if prefixes:
            storage.announce()
            events.Rule(
                self,
                "NewData",
                event_pattern=events.EventPattern(
                    source=["aws.s3"],
                    detail_type=["Object Created"],
                    detail={
                        "bucket": {"name": [storage.bucket.bucket_name]},
                        "object": {"key": [{"prefix": prefix} for prefix in prefixes]},
                    },
                ),
                targets=[
                    targets.SfnStateMachine(self.machine, input=events.RuleTargetInput.from_object({"trigger": "data"}))
                ],
            )

    def _tell_failures(self, notifications: Notifications) -> None:
        """Whatever ends a run too early; of what failed, Step Functions tells the reason, which names the ARN."""
        run, status, error, cause = (
            events.EventField.from_path(f"$.detail.{member}") for member in ("executionArn", "status", "error", "cause")
        )
        more = f"Each campaign goes on with what it serves. Run: {run}; personalize retrain goes on where it ended."
        for construct_id, statuses, message in (
            ("Failures", ["FAILED"], f"{self._name}: {error}: {cause}. {more}"),
            ("Ends", ["TIMED_OUT", "ABORTED"], f"{self._name}: {status}. {more}"),
        ):
            events.Rule(
                self,
                construct_id,
                event_pattern=events.EventPattern(
                    source=["aws.states"],
                    detail_type=["Step Functions Execution Status Change"],
                    detail={"stateMachineArn": [self.machine.state_machine_arn], "status": statuses},
                ),
                targets=[targets.SnsTopic(notifications.topic, message=events.RuleTargetInput.from_text(message))],
            )
