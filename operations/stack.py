"""A deployed stack: what is in it, what of that outlives it, and what it gives an application."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from operations.aws import Aws, explained

_KEPT = {"Retain", "RetainExceptOnCreate"}
_BEGINNINGS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}
_CANCELLED = "cancelled"  # what was under way when something else failed


@dataclass(frozen=True)
class StackResource:
    """A resource of a stack.

    Args:
        type: As templates name it: "AWS::S3::Bucket".
        is_kept: Whether it outlives the stack.
    """

    type: str
    logical_id: str
    name: str
    is_kept: bool


class DeployedStack:
    """A stack by its name; it need not exist."""

    def __init__(self, aws: Aws, name: str) -> None:
        self.name = name
        self._cloudformation = aws.client("cloudformation")

    @property
    def exists(self) -> bool:
        """Whether it is there, in whatever state."""
        return self.description is not None

    @property
    def is_protected(self) -> bool:
        """Whether CloudFormation refuses to delete it."""
        return bool((self.description or {}).get("EnableTerminationProtection"))

    @property
    def outputs(self) -> Mapping[str, str]:
        """What it gives an application."""
        return {output["OutputKey"]: output["OutputValue"] for output in (self.description or {}).get("Outputs", [])}

    def resources(self) -> list[StackResource]:
        """What there is of it."""
        with explained(f"stack {self.name} cannot be looked at"):
            template = self._cloudformation.get_template(StackName=self.name)["TemplateBody"]
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
            summaries = list(pages.search("StackResourceSummaries[]"))
        declared: Mapping[str, Any] = template.get("Resources", {}) if isinstance(template, Mapping) else {}
        return [
            StackResource(
                summary["ResourceType"],
                summary["LogicalResourceId"],
                summary["PhysicalResourceId"],
                declared.get(summary["LogicalResourceId"], {}).get("DeletionPolicy") in _KEPT,
            )
            for summary in summaries
            if summary.get("PhysicalResourceId") and summary["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def failures(self) -> list[str]:
        """Why what CloudFormation did last has failed, each resource with its reason, the first one first."""
        found: list[str] = []
        with explained(f"the events of stack {self.name} cannot be looked at"):
            pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.name)
            for event in pages.search("StackEvents[]"):  # the newest first
                current, reason = event["ResourceStatus"], event.get("ResourceStatusReason") or ""
                if event["PhysicalResourceId"] == event["StackId"]:
                    if current in _BEGINNINGS:
                        break
                elif current.endswith("_FAILED") and not reason.lower().endswith(_CANCELLED):
                    line = reason.split("\n", 1)[0].removeprefix("Error: ")  # below it, the trace of the framework
                    found.insert(0, f"{event['LogicalResourceId']}: {line}")
        return found

    def lift_protection(self) -> None:
        """Let CloudFormation delete it."""
        with explained(f"the termination protection of {self.name} cannot be lifted"):
            self._cloudformation.update_termination_protection(StackName=self.name, EnableTerminationProtection=False)

    @cached_property
    def description(self) -> Mapping[str, Any] | None:
        """What CloudFormation says of it; None if it is not there."""
        with explained(f"stack {self.name} cannot be looked at"):
            try:
                description: Mapping[str, Any] = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
        return description
