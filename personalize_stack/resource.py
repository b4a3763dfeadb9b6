"""What all Personalize constructs share: one custom resource, named, tagged and owned."""

from collections.abc import Mapping
from typing import Any

import jsii
from aws_cdk import CustomResource, ITaggableV2, Stack, TagManager, TagType
from constructs import Construct

from custom_resources.kinds import KINDS
from personalize_stack.provider import PersonalizeProvider


@jsii.implements(ITaggableV2)
class PersonalizeResource(Construct):
    """One resource of Amazon Personalize, made by the stack's provider.

    The physical name is `<name>-<hash of what cannot change>`, so that a replacement stands beside what it replaces
    and a repeated create finds its own resource. `Tags.of(…)` works as on any construct where the kind has tags.

    Args:
        kind: The key in `custom_resources.kinds.KINDS`, e.g. "Campaign".
        parameters: The create operation's own parameters, in the API's spelling; None values are left out.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
        generation: Whatever else makes this a new resource when it changes. Default: nothing.
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
        generation: str | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self._tags = TagManager(TagType.MAP, f"Custom::Personalize{kind}")
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type=f"Custom::Personalize{kind}",
            service_token=PersonalizeProvider.of(self).service_token,
            properties={
                "Name": name or f"{stack.stack_name}-{construct_id}",
                "Owner": self.node.path,
                "Parameters": {key: value for key, value in parameters.items() if value is not None},
                **({"Generation": generation} if generation else {}),
                **({"Tags": self._tags.rendered_tags} if KINDS[kind].taggable else {}),
                **(properties or {}),
            },
        )

    @property
    def cdk_tag_manager(self) -> TagManager:
        """Where `Tags.of(…)` puts the tags."""
        return self._tags

    @property
    def arn(self) -> str:
        """The resource's ARN, known at deploy time."""
        return self.resource.get_att_string("Arn")
