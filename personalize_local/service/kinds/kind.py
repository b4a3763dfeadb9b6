"""What differs between the kinds of resources, as data and small functions; the names follow from the stem."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, OperationModel, StructureShape

from personalize_local.service import api
from personalize_local.service.resource import Members, Resource

if TYPE_CHECKING:
    from personalize_local.service.region import Region

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """Another resource that a Create or Update request names and that must be ACTIVE for it."""

    member: str  # of the request: "schemaArn"
    kind: str  # "Schema"


@dataclass(frozen=True)
class Hold:
    """Resources that keep one from being deleted: those of a kind that agree with it in a member.

    Args:
        unfinished: Only those whose work is still going.
    """

    kind: str
    member: str
    unfinished: bool = False


@dataclass(frozen=True)
class Quota:
    """How many of a kind there may be.

    Args:
        name: Which of the region's `Quotas` says it.
        per: The member in which they agree; None counts the whole region.
        unfinished: Count only those whose creation is still going.
    """

    name: str
    per: str | None = None
    unfinished: bool = False


def no_members(region: "Region", resource: Resource) -> Members:
    """Nothing more to show."""
    return {}


def nothing(region: "Region", resource: Resource) -> None:
    """Nothing to remove."""


@dataclass(frozen=True)
class Kind:
    """A kind of resource, by the stem that its operations share: "DatasetGroup".

    Args:
        admit: Turns a valid request into the members of the new resource, or refuses it. None: no Create here.
        path: The end of the ARN. Default: the kind's slug and the name, `dataset-group/NAME`.
        twin: A resource whose existence rules the new one out. Default: the one with the same ARN.
        begin: Starts the work behind a new resource, which then becomes ACTIVE by its outcome and not by itself.
        change: Turns a valid Update request into the members that change. None: no Update here.
        more: Members of the description that only other resources know.
        needs, holds, quota: What must be ACTIVE to create one, what keeps one from being deleted, how many
            there may be.
        takes: Kinds that go with it: those that agree with it in its ARN.
        forget: Removes what belongs to it outside the store, once it is gone.
        immediate: It is there, or gone, at once: no states.
        updates_show: While it is being updated, its own state says so, not only that of the update.
        states: What its states are called, where they have other names than elsewhere.
    """

    stem: str
    admit: Callable[["Region", Request], Members] | None = None
    path: Callable[[Members], str] | None = None
    twin: Callable[["Region", Members], Resource | None] | None = None
    begin: Callable[["Region", Resource], None] | None = None
    change: Callable[["Region", Resource, Request], Members] | None = None
    more: Callable[["Region", Resource], Members] = no_members
    needs: tuple[Need, ...] = ()
    holds: tuple[Hold, ...] = ()
    quota: Quota | None = None
    takes: tuple[str, ...] = ()
    forget: Callable[["Region", Resource], None] = nothing
    immediate: bool = False
    updates_show: bool = False
    states: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def words(self) -> str:
        """As prose names it: "dataset group"."""
        return re.sub(r"(?<!^)([A-Z])", r" \1", self.stem).lower()

    @property
    def slug(self) -> str:
        """As ARNs name it: "dataset-group"."""
        return self.words.replace(" ", "-")

    @property
    def key(self) -> str:
        """As Describe's answer names it: "datasetGroup"."""
        return self.stem[0].lower() + self.stem[1:]

    @property
    def arn_key(self) -> str:
        """As members name its ARN: "datasetGroupArn"."""
        return f"{self.key}Arn"

    @property
    def update_key(self) -> str:
        """As Describe shows its latest update: "latestCampaignUpdate"."""
        return f"latest{self.stem}Update"

    @property
    def name_key(self) -> str:
        """The member with its name: jobs have a "jobName"."""
        return "jobName" if self.stem.endswith("Job") else "name"

    @property
    def description(self) -> StructureShape:
        """The structure that Describe answers with."""
        return _structure(_output(api.operation(f"Describe{self.stem}")).members[self.key])

    @property
    def list_operation(self) -> str:
        """The operation that lists them."""
        return f"List{self.stem}s"

    @property
    def list_key(self) -> str:
        """The member of the list's answer that holds the summaries: "campaigns", but "Filters"."""
        return next(name for name in _output(api.operation(self.list_operation)).members if name != "nextToken")

    @property
    def summary(self) -> StructureShape:
        """The structure of one entry of the list."""
        summaries = _output(api.operation(self.list_operation)).members[self.list_key]
        assert isinstance(summaries, ListShape)
        return _structure(summaries.member)


def _output(operation: OperationModel) -> StructureShape:
    return _structure(operation.output_shape)


def _structure(shape: object) -> StructureShape:
    assert isinstance(shape, StructureShape)
    return shape
