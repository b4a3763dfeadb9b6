"""The Lambda function behind all custom resources of a stack, with its waiter and its permissions."""

from pathlib import Path

from aws_cdk import ArnFormat, Duration, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct

from custom_resources import kinds
from personalize_stack.findings import accept, accept_patterns

# The folder is kept inside the asset, so that a module has one dotted name in Lambda, in tests and in the type checker.
_ASSET_ROOT = Path(kinds.__file__).parent.parent
_ASSET_EXCLUDES = ["/*", "!/custom_resources", "__pycache__"]

_HASHED = "the names of what a deploy makes end in a hash, or are one, so that a pattern is the least that can be said"
_LOGGING = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


class PersonalizeProvider(Construct):
    """Serves every `Custom::Personalize…` resource of one stack; get it with `of`.

    The CDK's Provider framework answers CloudFormation; our function says what to do (`on_event`) and whether it is
    done (`is_complete`). CloudFormation gives a custom resource an hour; the total timeout stays below it, so that a
    resource which takes longer is reported by our message and not by CloudFormation's silence.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        log_group = self._log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Creates, updates and deletes the stack's Amazon Personalize resources",
        )
        log_group.grant_write(self.role)
        # Whether CloudFormation goes on with a deploy or has given it up is not in its events.
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[Stack.of(self).stack_id])
        )
        self._statements: dict[str, iam.PolicyStatement] = {}
        code = lambda_.Code.from_asset(str(_ASSET_ROOT), exclude=_ASSET_EXCLUDES, ignore_mode=IgnoreMode.GIT)
        on_event, is_complete = (
            lambda_.Function(
                self,
                construct_id,
                code=code,
                handler=f"custom_resources.handler.{handler}",
                runtime=lambda_.Runtime.PYTHON_3_14,
                memory_size=256,
                timeout=Duration.minutes(14),  # the framework's own functions give up after 15
                role=self.role,
                log_group=log_group,
                description=f"Amazon Personalize custom resources: {handler}",
            )
            for construct_id, handler in (("OnEvent", "on_event"), ("IsComplete", "is_complete"))
        )
        self._provider = cr.Provider(
            self,
            "Framework",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            query_interval=Duration.seconds(10),
            total_timeout=Duration.minutes(55),
            log_group=log_group,
            disable_waiter_state_machine_logging=True,  # the events hold pre-signed URLs
        )

        accept_patterns(
            self._provider,
            *(f"{function.function_arn}:*" for function in (on_event, is_complete, *_functions(self._provider))),
            reason="the CDK's Provider framework invokes every version of our two functions and of its own",
        )
        accept(
            self._provider,
            {
                f"IAM4[Policy::{_LOGGING}]": "the framework's functions may write logs, and nothing else by it",
                "L1": "the runtime of the framework's functions is the CDK's choice",
                "SF1": "the events of the framework hold pre-signed URLs, which do not belong into logs",
                "SF2": "a trace of the polling shows nothing that the functions' logs do not",
            },
        )

    @staticmethod
    def of(scope: Construct) -> "PersonalizeProvider":
        """Return the provider of the scope's stack, made on first use."""
        stack = Stack.of(scope)
        existing = stack.node.try_find_child("PersonalizeProvider")
        if existing is None:
            return PersonalizeProvider(stack, "PersonalizeProvider")
        assert isinstance(existing, PersonalizeProvider)
        return existing

    @property
    def service_token(self) -> str:
        """The ARN that CloudFormation calls."""
        return self._provider.service_token

    def allow(self, kind: kinds.Kind, name: str) -> None:
        """Let the function do what a kind of resource needs, on those whose names begin as this one's."""
        stack = Stack.of(self)
        own = f"arn:{stack.partition}:personalize:{stack.region}:{stack.account}:"
        # Names begin with the stack's, unless they are given; so one pattern does for most.
        stacks = kinds.beginning_of(stack.stack_name)
        beginning = stacks if name.startswith(stacks) else kinds.beginning_of(name)
        for action, pattern in (*kind.permissions(beginning), *kind.diagnostics):
            resource = pattern if pattern == kinds.ANYTHING else own + pattern
            if resource not in self._statements:
                self._statements[resource] = iam.PolicyStatement(resources=[resource])
                self.role.add_to_policy(self._statements[resource])
                accept_patterns(self.role, resource, reason=_HASHED)
            self._statements[resource].add_actions(action)

    def encrypt_logs(self, key: kms.IKey) -> None:
        """Let the logs be encrypted with a key, which must allow it for them alone."""
        stack = Stack.of(self)
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],  # the key itself
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                            service="logs",
                            resource="log-group",
                            resource_name=f"{stack.stack_name}-*",
                            arn_format=ArnFormat.COLON_RESOURCE_NAME,
                        )
                    }
                },
            )
        )
        log_group = self._log_group.node.default_child
        assert isinstance(log_group, logs.CfnLogGroup)
        log_group.kms_key_id = key.key_arn
        self._log_group.node.add_dependency(key)  # its policy too

    def allow_passing(self, role: iam.IRole) -> None:
        """Let the function hand the role to Amazon Personalize, and to no other service."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}},
            )
        )


def _functions(scope: Construct) -> list[lambda_.Function]:
    return [child for child in scope.node.find_all() if isinstance(child, lambda_.Function)]
