"""Every type of resource that a project may leave behind, and how to list all of that type in an account and region."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from custom_resources.api import Api, is_busy
from custom_resources.kinds import KINDS, Kind
from operations.aws import Aws
from operations.teardown.marks import Listed

Look = Callable[[Aws, Collection[str]], Iterable[Listed]]

_GONE = {"ResourceNotFoundException", "NotFoundException", "NoSuchEntity"}
_RECORD = "a record of the past, which the service has no operation to delete"
# CloudFormation shortens a stack's name in the names that it makes; this much it always leaves.
_NAME_LEFT = 20


@dataclass(frozen=True)
class Listing:
    """One type of resource.

    Args:
        service: As its ARNs name it.
        look: Lists all of the type; is told the names of the stacks that are looked for.
        holds_data: Whether an environment that keeps its data keeps these.
    """

    type: str
    service: str
    look: Look
    holds_data: bool = False


def _pages(service: str, operation: str, path: str, name: str, arn: str, **parameters: Any) -> Look:
    """Lists by a paginated operation: where the resources are in its answer, and two members of each."""

    def look(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
        for found in aws.client(service).get_paginator(operation).paginate(**parameters).search(f"{path}[]"):
            tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]} if "Tags" in found else None
            yield Listed(found[name], found[arn], tags)

    return look


def personalize(kind: Kind) -> Look:
    """Lists a kind of Amazon Personalize's, tags included."""

    def look(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
        api = Api(kind, aws.client("personalize"))
        for found, tags in _asked(api.list(kind), lambda found: api.tags(found[kind.arn_key]) if kind.taggable else {}):
            arn = found[kind.arn_key]
            is_record = not kind.deletable and not is_busy(found)
            name = found.get(kind.name_key) or arn.split("/", 1)[1]
            yield Listed(name, arn, tags, note=_RECORD if is_record else "", counts=not is_record)

    return look


def _asked(resources: Iterable[Any], ask: Callable[[Any], Any]) -> Iterator[tuple[Any, Any]]:
    """Ask for more about each resource: yields both, None for what is refused, which is raised at the end.

    What is gone since it was listed is left out.
    """
    refusal = None
    for resource in resources:
        try:
            answer = ask(resource)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                continue
            refusal, answer = error, None
        yield resource, answer
    if refusal:
        raise refusal


def _buckets(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
    for bucket in aws.client("s3").list_buckets()["Buckets"]:
        yield Listed(bucket["Name"], f"arn:{aws.partition}:s3:::{bucket['Name']}")


def _keys(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
    """Keys have no names, but descriptions. One whose deletion is pending is as good as gone."""
    kms = aws.client("kms")
    keys = kms.get_paginator("list_keys").paginate().search("Keys[]")
    for key, answer in _asked(keys, lambda key: kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]):
        if answer is None:
            yield Listed("", key["KeyArn"])
        elif answer["KeyManager"] == "CUSTOMER" and answer["KeyState"] != "PendingDeletion":
            yield Listed(answer.get("Description", ""), key["KeyArn"])


def _roles(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
    """The tagging API does not know roles, so those with a fitting name are asked for their tags."""
    iam = aws.client("iam")
    beginnings = tuple(stack[:_NAME_LEFT] for stack in stacks)

    def tags(role: Any) -> dict[str, str] | None:
        if not role["RoleName"].startswith(beginnings):
            return None
        return {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}

    for role, found in _asked(iam.get_paginator("list_roles").paginate().search("Roles[]"), tags):
        yield Listed(role["RoleName"], role["Arn"], found)


def _log_groups(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
    for group in aws.client("logs").get_paginator("describe_log_groups").paginate().search("logGroups[]"):
        yield Listed(group["logGroupName"], group["arn"].removesuffix(":*"))


def _topics(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
    for arn in aws.client("sns").get_paginator("list_topics").paginate().search("Topics[].TopicArn"):
        yield Listed(arn.rpartition(":")[2], arn)


def _parameters(aws: Aws, stacks: Collection[str]) -> Iterator[Listed]:
    ours = [{"Key": "Name", "Option": "BeginsWith", "Values": ["/personalize/"]}]
    pages = aws.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=ours)
    for name in pages.search("Parameters[].Name"):
        yield Listed(name, f"arn:{aws.partition}:ssm:{aws.region}:{aws.account}:parameter{name}")


STACKS = Listing(
    "stack", "cloudformation", _pages("cloudformation", "describe_stacks", "Stacks", "StackName", "StackId")
)

LISTINGS = (
    STACKS,
    *(Listing(kind.words, "personalize", personalize(kind)) for kind in KINDS.values()),
    Listing("bucket", "s3", _buckets, holds_data=True),
    Listing("KMS key", "kms", _keys, holds_data=True),
    Listing("KMS alias", "kms", _pages("kms", "list_aliases", "Aliases", "AliasName", "AliasArn")),
    Listing("role", "iam", _roles),
    Listing("policy", "iam", _pages("iam", "list_policies", "Policies", "PolicyName", "Arn", Scope="Local")),
    Listing(
        "Lambda function", "lambda", _pages("lambda", "list_functions", "Functions", "FunctionName", "FunctionArn")
    ),
    Listing("log group", "logs", _log_groups),
    Listing(
        "state machine",
        "states",
        _pages("stepfunctions", "list_state_machines", "stateMachines", "name", "stateMachineArn"),
    ),
    Listing("parameter", "ssm", _parameters),
    Listing("alarm", "cloudwatch", _pages("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", "AlarmArn")),
    Listing(
        "composite alarm",
        "cloudwatch",
        _pages(
            "cloudwatch",
            "describe_alarms",
            "CompositeAlarms",
            "AlarmName",
            "AlarmArn",
            AlarmTypes=["CompositeAlarm"],
        ),
    ),
    Listing(
        "dashboard",
        "cloudwatch",
        _pages("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", "DashboardArn"),
    ),
    Listing("event rule", "events", _pages("events", "list_rules", "Rules", "Name", "Arn")),
    Listing("schedule", "scheduler", _pages("scheduler", "list_schedules", "Schedules", "Name", "Arn")),
    Listing("topic", "sns", _topics),
)
