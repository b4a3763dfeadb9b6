"""By what a resource shows that it belongs to an environment: its tags, or its name."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from custom_resources.request import OWNER_TAG
from operations.aws import Aws
from personalize_stack.config.model import Project

STACK_TAG = "aws:cloudformation:stack-name"


@dataclass(frozen=True)
class Environment:
    """One environment of a project, and what its resources carry.

    Args:
        stack: The name of its stack, with which the names in it begin.
        tags: The tags that tell its resources from all others.
        keeps_data: Whether its data buckets and their key outlive the stack.
    """

    stack: str
    tags: Mapping[str, str] = field(default_factory=dict)
    keeps_data: bool = False

    @classmethod
    def of(cls, project: Project) -> "Environment":
        """The environment that a configuration was loaded for."""
        tags = {"project": project.project, "environment": project.environment}
        own = {} if tags.keys() & project.tags.keys() else tags  # what the project's own tags replace tells nothing
        return cls(project.stack_name, own, project.retains_data)

    @property
    def marks(self) -> tuple[Mapping[str, str], ...]:
        """Tags of which each set is enough."""
        return tuple(tags for tags in (self.tags, {STACK_TAG: self.stack}) if tags)


@dataclass(frozen=True)
class Listed:
    """A resource, as a list of all of its type shows it.

    Args:
        tags: Its tags. Default: the list does not show them.
        note: What a reader should know of it.
        counts: Whether it is something to get rid of.
    """

    name: str
    arn: str
    tags: Mapping[str, str] | None = None
    note: str = ""
    counts: bool = True


class Marks:
    """Tells which of these environments a resource belongs to.

    Args:
        stacks: The names of all stacks there are, since one's name may begin with another's.
        tagged: What carries an environment's tags, by ARN.
    """

    def __init__(
        self,
        environments: Collection[Environment],
        stacks: Collection[str] = (),
        tagged: Mapping[str, tuple[Environment, str]] | None = None,
    ) -> None:
        self._environments = {environment.stack: environment for environment in environments}
        self._stacks = sorted({*self._environments, *stacks}, key=len, reverse=True)
        self._tagged = tagged or {}

    def owner(self, listed: Listed) -> tuple[Environment, str] | None:
        """The environment that a resource belongs to, and by what it shows; None if to none of these."""
        tags = listed.tags or {}
        stack = tags.get(OWNER_TAG, "").partition("/")[0]
        if stack:
            return (self._environments[stack], f"tag {OWNER_TAG}") if stack in self._environments else None
        for environment in self._environments.values():
            if why := _tagged_by(environment, tags):
                return environment, why
        return self._tagged.get(listed.arn) or self._owner_by_name(listed.name)

    def _owner_by_name(self, name: str) -> tuple[Environment, str] | None:
        for stack in self._stacks:  # the longest first
            if any(_begins_with(part, stack) for part in name.split("/")):
                return (self._environments[stack], "name") if stack in self._environments else None
        return None


def tagged(aws: Aws, environments: Collection[Environment]) -> Iterator[tuple[str, tuple[Environment, str]]]:
    """Yield the ARN of whatever carries the tags of an environment, as far as the tagging API sees it."""
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for environment in environments:
        for tags in environment.marks:
            filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
            for arn in pages.paginate(TagFilters=filters).search("ResourceTagMappingList[].ResourceARN"):
                yield arn, (environment, _as_text(tags))


def _tagged_by(environment: Environment, tags: Mapping[str, str]) -> str | None:
    for expected in environment.marks:
        if expected.items() <= tags.items():
            return _as_text(expected)
    return None


def _as_text(tags: Mapping[str, str]) -> str:
    return f"tag{'s' if len(tags) > 1 else ''} {', '.join(tags)}"


def _begins_with(part: str, stack: str) -> bool:
    return part == stack or part.startswith((f"{stack}-", f"{stack}:"))
