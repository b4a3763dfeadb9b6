"""Pipeline: the roles by which GitHub Actions of one repository deploy an environment, without a stored key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from custom_resources import kinds
from personalize_stack.findings import accept_patterns

ISSUER = "token.actions.githubusercontent.com"
QUALIFIER = "hnb659fds"  # of the CDK's bootstrap
_STATUS = "the status lists everything of the service, and describes what has the stack's name"


@dataclass(frozen=True)
class Preparation:
    """The stack of the job that prepares data.

    Args:
        tags: Those of its key.
    """

    stack_name: str
    tags: Mapping[str, str]


class Pipeline(Construct):
    """Two roles: one deploys, from jobs in a GitHub environment; one shows differences in pull requests.

    GitHub vouches for a job by OpenID Connect; the account has to know GitHub's provider, once for all stacks (IAM,
    "identity providers"). What deploys are the roles of the CDK's bootstrap; these two may take them, look at the
    stack, and no more. Whoever may approve jobs of the GitHub environment is who may deploy.

    Args:
        repository: "owner/name" on GitHub.
        environment: The GitHub environment, which has its reviewers.
        preparation: The stack whose job prepares the data; the deploying role may look at it, and run its job. Default:
            the pipeline's own job prepares the data.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        repository: str,
        environment: str,
        preparation: Preparation | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        deploys = self._role("Deploy", f"repo:{repository}:environment:{environment}", f"Deploys {environment}")
        self._take(deploys, "deploy-role", "file-publishing-role", "lookup-role")
        self._follow(deploys)
        if preparation:
            self._prepare(deploys, preparation)
        shows = self._role("Diff", f"repo:{repository}:pull_request", "Shows differences in pull requests")
        self._take(shows, "lookup-role")
        self.deploy_role, self.diff_role = deploys, shows

    def _role(self, construct_id: str, subject: str, description: str) -> iam.Role:
        stack = Stack.of(self)
        conditions: Mapping[str, Mapping[str, str]] = {
            "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
        }
        provider = f"arn:{stack.partition}:iam::{stack.account}:oidc-provider/{ISSUER}"
        principal = iam.WebIdentityPrincipal(provider, dict(conditions))
        return iam.Role(self, construct_id, assumed_by=principal, description=f"{description} from GitHub Actions")

    def _take(self, role: iam.Role, *names: str) -> None:
        """Let a role take roles of the CDK's bootstrap."""
        stack = Stack.of(self)
        prefix = f"arn:{stack.partition}:iam::{stack.account}:role/cdk-{QUALIFIER}"
        self._allow(role, ["sts:AssumeRole"], *(f"{prefix}-{name}-{stack.account}-{stack.region}" for name in names))

    def _follow(self, role: iam.Role) -> None:
        """Let a role start what it has prepared, and see what becomes of it."""
        stack = Stack.of(self)
        own = f"arn:{stack.partition}:%s:{stack.region}:{stack.account}:%s"
        self._allow(
            role,
            [
                *("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"),
                *("cloudformation:ListChangeSets", "cloudformation:ExecuteChangeSet"),
            ],
            stack.stack_id,
        )
        bootstrap = own % ("ssm", f"parameter/cdk-bootstrap/{QUALIFIER}/version")
        self._allow(role, ["ssm:GetParameter"], bootstrap)
        records = own % ("ssm", f"parameter/personalize/{stack.stack_name}/*")
        self._allow(role, ["ssm:GetParametersByPath", "ssm:GetParameterHistory"], records, records.removesuffix("/*"))
        beginning = kinds.beginning_of(stack.stack_name)
        listing = [f"personalize:List{kind.pascal}s" for kind in kinds.KINDS.values()]
        self._allow(role, listing, "*")
        described: dict[str, list[str]] = {}
        for kind in kinds.KINDS.values():
            pattern = own % ("personalize", kind.arn_pattern(beginning))
            described.setdefault(pattern, []).append(f"personalize:Describe{kind.pascal}")
        for pattern, actions in described.items():
            self._allow(role, actions, pattern)
        accept_patterns(role, "*", records, *described, reason=_STATUS)

    def _prepare(self, role: iam.Role, preparation: Preparation) -> None:
        """Let a role look at the stack that prepares data, order its job, and bring what that makes."""
        stack, stack_name = Stack.of(self), preparation.stack_name
        place = f"{stack.region}:{stack.account}"
        prepares = f"arn:{stack.partition}:cloudformation:{place}:stack/{stack_name}/*"
        job = f"arn:{stack.partition}:glue:{place}:job/{stack_name}"
        bucket = f"arn:{stack.partition}:s3:::{stack_name.lower()}-bucket*"
        keys = f"arn:{stack.partition}:kms:{place}:key/*"
        self._allow(role, ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"], prepares)
        self._allow(role, ["glue:StartJobRun", "glue:GetJobRun"], job)
        self._allow(role, ["s3:ListBucket"], bucket)
        self._allow(role, ["s3:PutObject", "s3:GetObject"], f"{bucket}/runs/*")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[keys],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": f"s3.{stack.region}.amazonaws.com",
                        **{f"aws:ResourceTag/{tag}": value for tag, value in preparation.tags.items()},
                    }
                },
            )
        )
        reason = "the stack is deployed by itself, so that the names that CloudFormation gives there are not known here"
        accept_patterns(role, prepares, bucket, f"{bucket}/runs/*", keys, reason=reason)

    @staticmethod
    def _allow(role: iam.Role, actions: Sequence[str], *resources: str) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))
