"""What is in a dataset group: everything that has to go with it, and the schemas that it leaves unused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from custom_resources.api import Api, Description, is_busy
from custom_resources.kinds import KINDS, Kind
from custom_resources.request import OWNER_TAG
from operations.aws import Aws, explained
from operations.errors import OperationError
from operations.stack import DeployedStack

GROUP, SCHEMA, DATASET = KINDS["DatasetGroup"], KINDS["Schema"], KINDS["Dataset"]
# Tags of the group that name its schemas, so that a run that goes on after the datasets are gone knows them.
NOTE_TAG = "personalize-stack:schema-"


@dataclass(frozen=True)
class Item:
    """A resource that goes, or a job that has to end first.

    Args:
        parent: The ARN of what it belongs to.
        owner: Our tag of that name, as far as it has one.
    """

    kind: Kind
    arn: str
    name: str
    status: str
    parent: str = ""
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.kind.words} {self.name}"


@dataclass(frozen=True)
class Contents:
    """A dataset group and what is in it.

    Args:
        items: What goes, the group last; jobs as far as they still run.
        records: How many jobs and versions there are that ended, and go with what they belong to.
        schemas: Those that no dataset will use any more.
        shared: Schemas of the group that stay, each with a dataset elsewhere that uses it.
        notes: The tags that name the schemas.
    """

    group: Item
    items: tuple[Item, ...]
    records: int
    schemas: tuple[Item, ...]
    shared: Mapping[str, str]
    notes: Mapping[str, str]

    @property
    def all_items(self) -> tuple[Item, ...]:
        """What goes, in the order in which it should."""
        return (*self.items, *self.schemas, self.group)


class GroupReader:
    """Reads what is in dataset groups."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._client = aws.client("personalize")

    def read(self, name: str) -> Contents:
        """Read the contents of a group.

        Args:
            name: Its name, or its ARN.

        Raises:
            OperationError: There is no such group, or it cannot be read.
        """
        place = f"arn:{self._aws.partition}:personalize:{self._aws.region}:{self._aws.account}"
        arn = name if name.startswith("arn:") else f"{place}:dataset-group/{name}"
        with explained(f"the dataset group {name} cannot be looked at"):
            found = Api(GROUP, self._client).describe(arn)
            if found is None:
                there = self._client.get_paginator("list_dataset_groups").paginate().search("datasetGroups[].name")
                names = ", ".join(sorted(there)) or "none"
                raise OperationError(f"there is no dataset group {name!r} in {self._aws.place}; there are: {names}")
            return self._contents(found)

    def live_owners(self, contents: Contents) -> dict[str, Item]:
        """The stacks that exist and made something in the group, each with one of those things."""
        owners: dict[str, Item] = {}
        for item in contents.all_items:
            if item.owner:
                owners.setdefault(item.owner.partition("/")[0], item)
        return {stack: item for stack, item in owners.items() if DeployedStack(self._aws, stack).exists}

    def user_of(self, schema_arn: str) -> str | None:
        """A dataset that uses a schema."""
        return next((str(found["datasetArn"]) for found in Api(SCHEMA, self._client).naming(DATASET, schema_arn)), None)

    def _contents(self, found: Description) -> Contents:
        group = self._item(found, parent="")
        below = list(self._below(GROUP, found.arn))
        going = [item for item in below if isinstance(item, Item)]
        tags = Api(GROUP, self._client).tags(found.arn)
        noted = {arn for key, arn in tags.items() if key.startswith(NOTE_TAG)}
        everywhere = list(self._all_datasets())
        here = {dataset.arn for dataset in everywhere if dataset.values["datasetGroupArn"] == found.arn}
        wanted = noted | {str(dataset.values["schemaArn"]) for dataset in everywhere if dataset.arn in here}
        users = {
            str(dataset.values["schemaArn"]): dataset.arn
            for dataset in everywhere
            if dataset.values["schemaArn"] in wanted and dataset.arn not in here
        }
        schemas = [
            self._item(schema, parent="")
            for arn in sorted(wanted - users.keys())
            if (schema := Api(SCHEMA, self._client).describe(arn))
        ]
        notes = {f"{NOTE_TAG}{number}": schema.arn for number, schema in enumerate(schemas, 1)}
        return Contents(group, tuple(going), len(below) - len(going), tuple(schemas), users, notes)

    def _below(self, kind: Kind, arn: str) -> Iterator[Item | None]:
        """What belongs to a resource, the deepest first; None for what ended and cannot be deleted."""
        api = Api(kind, self._client)
        for child in kind.children:
            for summary in api.list(child, arn):
                yield from self._below(child, summary[child.arn_key])
                if not child.deletable and not is_busy(summary):
                    yield None
                elif found := Api(child, self._client).describe(summary[child.arn_key]):
                    yield self._item(found, parent=arn)

    def _item(self, found: Description, parent: str) -> Item:
        owner = Api(found.kind, self._client).tags(found.arn).get(OWNER_TAG, "") if found.kind.taggable else ""
        return Item(found.kind, found.arn, found.name or found.arn.split("/", 1)[1], found.status, parent, owner)

    def _all_datasets(self) -> Iterator[Description]:
        """The datasets of all groups."""
        api = Api(DATASET, self._client)
        for summary in api.list(DATASET):
            if dataset := api.describe(summary[DATASET.arn_key]):
                yield dataset


def note_schemas(aws: Aws, contents: Contents) -> None:
    """Write on the group which schemas go with it, so that an interrupted removal can be taken up anywhere."""
    if contents.notes:
        with explained(f"{contents.group.arn} cannot be tagged with its schemas, so nothing was removed"):
            tags: list[dict[str, Any]] = [{"tagKey": key, "tagValue": arn} for key, arn in contents.notes.items()]
            aws.client("personalize").tag_resource(resourceArn=contents.group.arn, tags=tags)
