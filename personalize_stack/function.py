"""A Lambda function of operations, with a log and a role of its own that may nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import Duration, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from personalize_stack.findings import accept_patterns

_ASSET_ROOT = Path(__file__).parent.parent
# The folder is kept inside the asset, so that a module has one dotted name in Lambda, in tests and in the type checker.
_ASSET_EXCLUDES = [
    *("/*", "!/operations", "/operations/*", "!/operations/__init__.py", "!/operations/functions"),
    "__pycache__",
]


class OperationsFunction(Construct):
    """A function of `operations/functions`.

    Args:
        handler: Module and function: "scaling.handler".
        description: What it does.
        environment: Its variables, besides STACK, the stack's name. Default: none.
        timeout: How long one run may take. Default: 5 minutes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str,
        description: str,
        environment: Mapping[str, str] | None = None,
        timeout: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=description
        )
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Resource",
            code=lambda_.Code.from_asset(str(_ASSET_ROOT), exclude=_ASSET_EXCLUDES, ignore_mode=IgnoreMode.GIT),
            handler=f"operations.functions.{handler}",
            runtime=lambda_.Runtime.PYTHON_3_14,
            memory_size=256,
            timeout=timeout or Duration.minutes(5),
            role=self.role,
            log_group=log_group,
            environment={"STACK": Stack.of(self).stack_name, **(environment or {})},
            description=description,
        )

    def run_every(self, interval: Duration, event: Mapping[str, Any]) -> None:
        """Let EventBridge Scheduler run it again and again; a run that fails is not repeated, the next one comes.

        Args:
            event: What it is given.
        """
        stack = Stack.of(self)
        role = iam.Role(
            self,
            "ScheduleRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
            description="Runs one function on a schedule",
        )
        accept_patterns(
            role, f"{self.function.function_arn}:*", reason="the CDK lets whoever may run a function run its versions"
        )
        target = targets.LambdaInvoke(
            self.function,
            role=role,
            input=scheduler.ScheduleTargetInput.from_object(dict(event)),
            retry_attempts=0,
            max_event_age=Duration.minutes(5),
        )
        scheduler.Schedule(self, "Schedule", schedule=scheduler.ScheduleExpression.rate(interval), target=target)

    def read_metrics(self) -> None:
        """Let it read metrics; the action knows no resource."""
        self._allow_on_everything("cloudwatch:GetMetricData")

    def put_metrics(self, namespace: str) -> None:
        """Let it put metrics into a namespace; the action knows no resource, the condition bounds it."""
        self._allow_on_everything("cloudwatch:PutMetricData", {"StringEquals": {"cloudwatch:namespace": namespace}})

    def _allow_on_everything(self, action: str, conditions: Mapping[str, Any] | None = None) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=[action], resources=["*"], conditions=conditions))
        accept_patterns(self.role, "*", reason="metrics of CloudWatch know no resource")
