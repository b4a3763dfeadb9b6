"""What all Personalize constructs share: an ARN, and behind it one custom resource, named, tagged and owned."""

from collections.abc import Mapping
from typing import Any

import jsii
from aws_cdk import CustomResource, ITaggableV2, Stack, TagManager, TagType
from aws_cdk import aws_iam as iam
from constructs import Construct

from custom_resources.kinds import KINDS
from personalize_stack.provider import PersonalizeProvider


class Reference(Construct):
    """A resource of Amazon Personalize by its ARN, wherever it was made.

    Args:
        arn: Its ARN; a resource that is made here knows its own.
    """

    def __init__(self, scope: Construct, construct_id: str, *, arn: str = "") -> None:
        super().__init__(scope, construct_id)
        self._arn = arn

    @property
    def arn(self) -> str:
        """The resource's ARN, known at deploy time."""
        return self._arn

    def _grant(self, grantee: iam.IGrantable, *operations: str) -> iam.Grant:
        """Let the grantee call operations on this resource."""
        actions = [f"personalize:{operation}" for operation in operations]
        return iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=[self.arn])


@jsii.implements(ITaggableV2)
class PersonalizeResource(Reference):
    """One resource of Amazon Personalize, made by the stack's provider.

    The physical name is `<name>-<hash of what cannot change>`, so that a replacement stands beside what it replaces
    and a repeated create finds its own resource. `Tags.of(…)` works as on any construct where the kind has tags.

    Args:
        kind: The key in `custom_resources.kinds.KINDS`, e.g. "Campaign".
        parameters: The create operation's own parameters, in the API's spelling; None values and structures that hold
            nothing are left out.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
        generation: Whatever else makes this a new resource when it changes; None values do not count. Default: nothing.
        properties: Further properties of the custom resource. Default: none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        kind: str,
        parameters: Mapping[str, Any],
        name: str | None = None,
        generation: tuple[str | None, ...] = (),
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        provider = PersonalizeProvider.of(self)
        self._tags = TagManager(TagType.MAP, f"Custom::Personalize{kind}")
        name = name or f"{Stack.of(self).stack_name}-{construct_id}"
        mark = " ".join(part for part in generation if part)
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type=f"Custom::Personalize{kind}",
            service_token=provider.service_token,
            properties={
                "Name": name,
                "Owner": self.node.path,
                "Parameters": _given(parameters),
                **({"Generation": mark} if mark else {}),
                **({"Tags": self._tags.rendered_tags} if KINDS[kind].taggable else {}),
                **(properties or {}),
            },
        )
        provider.allow(KINDS[kind], name)
        self._arn = self.resource.get_att_string("Arn")

    @property
    def cdk_tag_manager(self) -> TagManager:
        """Where `Tags.of(…)` puts the tags."""
        return self._tags


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of a structure, at every depth."""
    inner = {key: _given(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    return {key: value for key, value in inner.items() if value is not None and value != {}}
