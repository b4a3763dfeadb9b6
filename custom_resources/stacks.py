"""What CloudFormation is doing with a stack, which the events of custom resources do not tell."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_DEPLOYING = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})


class Stacks:
    """Tells a deploy from its rollback (API reference, DescribeStacks)."""

    def __init__(self, client: "CloudFormationClient") -> None:
        self._client = client

    def is_deploying(self, stack_id: str) -> bool:
        """Whether CloudFormation still wants what it asked for in a create or an update."""
        return self._status(stack_id) in _DEPLOYING

    def is_rolling_back_update(self, stack_id: str) -> bool:
        """Whether it brings back what was there before an update, or cleans up after that."""
        return self._status(stack_id).startswith("UPDATE_ROLLBACK")

    def _status(self, stack_id: str) -> str:
        return str(self._client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])
