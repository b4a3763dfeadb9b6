"""What a check of the stack finds and shall let pass, each with its reason at the construct that it concerns.

The IDs are those of cdk-nag's AwsSolutions rules; acknowledging is the CDK's own, so nothing of ours needs cdk-nag.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def accept(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Acknowledge findings at a construct and below it, by their IDs, `AwsSolutions-` left out."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding, reason in reasons.items())
    )


def accept_patterns(construct: IConstruct, *resources: str, reason: str) -> None:
    """Acknowledge that policies below a construct name resources by these patterns, and by no others."""
    stack = Stack.of(construct)
    accept(construct, {f"IAM5[Resource::{_shown(stack.resolve(resource))}]": reason for resource in resources})


def _shown(resolved: Any) -> str:
    """A resource as findings show it: references in angle brackets."""
    match resolved:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_shown, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "<").replace("}", ">")
        case _:
            return str(resolved)
