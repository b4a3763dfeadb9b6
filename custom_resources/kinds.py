"""The kinds of Amazon Personalize resources, as data: what differs between them over one lifecycle.

The API is regular: from a stem follow the operations, the key of the ARN and the key of what Describe answers. Only
what cannot be derived stands in the table. The CDK stack reads it too, for permissions and tags.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]  # of the create operation, as the API spells them
Permission = tuple[str, str]  # an action, and the end of the ARNs that it is allowed on

ANYTHING = "*"  # of the List operations, which know no resource [Service Authorization Reference]

MAX_NAME = 63  # characters, of every resource and job [Name]
ROOM_FOR_SUFFIX = len("-12345678-99")

_TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")


def _pascal(stem: str) -> str:
    return "".join(word.capitalize() for word in stem.split("_"))


@dataclass(frozen=True)
class Quota:
    """How many of a kind there may be (developer guide, "quotas").

    Args:
        name: As the guide and Service Quotas name it.
        frees_itself: Whether what counts ends by itself, so that waiting helps.
    """

    name: str
    frees_itself: bool = False


@dataclass(frozen=True)
class Entries:
    """A list of which the update operation adds and removes entries, and which an operation of its own lists.

    Args:
        key: What an entry is known by: the service keeps it in upper case.
    """

    listed_by: str
    add: str
    remove: str
    key: str


@dataclass(frozen=True)
class Kind:
    """A kind of resource, by the stem that its API operations share.

    Args:
        stem: "solution_version", as in create_solution_version.
        parent: The list operation's parameter for what it belongs to. Default: it stands by itself.
        name_key: The create operation's parameter for the name.
        mutable: What the update operation can change: from the create operation's parameter to the update
            operation's, members of a structure after a dot. Default: there is no update operation.
        is_mutable: Whether that holds for a resource with these parameters. Default: always.
        entries: The mutable parameters that are lists of entries, each added and removed by itself.
        singleton: Whether its parent has room for one only, whatever the name.
        hashed: Whether its ARN ends in a hash of the service's, so that it is found by listing.
        deletable: Whether there is a delete operation.
        stoppable: Whether there is an operation to stop its creation.
        switchable: Whether it can be stopped and started once it is there; what is stopped is INACTIVE.
        taggable: Whether it has tags; what has none is ours if its content is what we would create.
        lasting: Whether its creation may take longer than CloudFormation waits, so that a relay waits for it.
        overwrites: Whether one with these parameters undoes the earlier ones of its parent, so that those no longer
            count. Default: never.
        attributes: What CloudFormation may ask for besides Arn and Name: from `Fn::GetAtt` to Describe's member.
        named_by: Kinds whose descriptions may name one of these, beside those that belong to it; they keep it from
            being deleted.
        quota: What its number is bounded by. Default: nothing that is documented.
        resource: The end of its ARN, where it is not made of stem and name.
        widens: The mutable parameter that names a resource of another kind and whose change may be one that the
            service does not take back.
        plural: The key of the list operation's answer, where it is not made of the stem.
    """

    stem: str
    parent: str | None = None
    name_key: str = "name"
    mutable: Mapping[str, str] = field(default_factory=dict)
    is_mutable: Callable[[Parameters], bool] = lambda parameters: True
    entries: Mapping[str, Entries] = field(default_factory=dict)
    singleton: bool = False
    hashed: bool = False
    deletable: bool = True
    stoppable: bool = False
    switchable: bool = False
    taggable: bool = True
    lasting: bool = False
    overwrites: Callable[[Parameters], bool] | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    named_by: tuple[str, ...] = ()
    quota: Quota | None = None
    resource: Callable[[str, Parameters], str] | None = None
    widens: str | None = None
    plural: str | None = None

    @property
    def words(self) -> str:
        """Its name in a sentence: "solution version"."""
        return self.stem.replace("_", " ")

    @property
    def pascal(self) -> str:
        """Its name in operations and resource types: "SolutionVersion"."""
        return _pascal(self.stem)

    @property
    def slug(self) -> str:
        """Its name in ARNs: "solution-version", though that one's own begin with "solution"."""
        return self.stem.replace("_", "-")

    @property
    def is_found_by_listing(self) -> bool:
        """Whether its ARN does not follow from what we know: a hash of the service's, or the name of another."""
        return self.hashed or (self.singleton and self.resource is None)

    @property
    def describe_key(self) -> str:
        """The key of what Describe answers: "solutionVersion"."""
        return self.pascal[0].lower() + self.pascal[1:]

    @property
    def list_key(self) -> str:
        """The key of what List answers: "solutionVersions"."""
        return self.plural or f"{self.describe_key}s"

    @property
    def arn_key(self) -> str:
        """Its ARN as parameters and answers name it: "solutionVersionArn"."""
        return f"{self.describe_key}Arn"

    @property
    def update_key(self) -> str:
        """Where Describe shows the latest update: "latestCampaignUpdate"."""
        return f"latest{self.pascal}Update"

    def permissions(self, name_begins: str) -> Iterator[Permission]:
        """What the Lambda function must be allowed to do for this kind; passing roles comes on top.

        Args:
            name_begins: What the names of the resources begin with.
        """
        for operation in (
            f"Create{self.pascal}",
            f"Describe{self.pascal}",
            *([f"Update{self.pascal}"] if self.mutable else []),
            *([f"Delete{self.pascal}"] if self.deletable else []),
            *([f"Stop{self.pascal}Creation"] if self.stoppable else []),
            *([f"Start{self.pascal}", f"Stop{self.pascal}"] if self.switchable else []),
            *(_TAGGING if self.taggable else []),
        ):
            yield f"personalize:{operation}", self.arn_pattern(name_begins)
        for entries in self.entries.values():
            yield f"personalize:{_pascal(entries.listed_by)}", ANYTHING
        if self.is_found_by_listing or self.overwrites:
            yield f"personalize:List{self.pascal}s", ANYTHING
        for child in self.children:
            if child.stoppable:  # the service begins some by itself, and they keep this one from being deleted
                yield f"personalize:List{child.pascal}s", ANYTHING
                yield f"personalize:Stop{child.pascal}Creation", child.arn_pattern("")

    @property
    def diagnostics(self) -> Iterator[Permission]:
        """What it may be allowed to do besides, to name whatever keeps one from being deleted."""
        for child in self.children:
            yield f"personalize:List{child.pascal}s", ANYTHING
        for name in self.named_by:
            yield f"personalize:List{name}s", ANYTHING
            yield f"personalize:Describe{name}", KINDS[name].arn_pattern("")

    def arn_suffix(self, name: str, parameters: Parameters) -> str:
        """The end of the ARN, after the account."""
        return self.resource(name, parameters) if self.resource else f"{self.slug}/{name}"

    def arn_pattern(self, name_begins: str) -> str:
        """The end of all ARNs that operations on this kind are checked on, for policies.

        Names say nothing about hashes, nor about what stands in another's ARN: a dataset in its group's, a solution
        version in its solution's.
        """
        if self.stem == "solution_version":
            return "solution/*"
        return f"{self.slug}/*" if self.hashed or self.resource else f"{self.slug}/{name_begins}*"

    def mutable_paths(self, parameters: Parameters) -> Mapping[str, str]:
        """The entries of `mutable` that hold for a resource with these parameters."""
        return self.mutable if self.is_mutable(parameters) else {}

    @property
    def is_widened_to(self) -> bool:
        """Whether others may hold on to one of these after a rollback."""
        return any(kind.widens == self.arn_key for kind in KINDS.values())

    @property
    def children(self) -> tuple["Kind", ...]:
        """The kinds that belong to this one and may keep it from being deleted."""
        return tuple(kind for kind in KINDS.values() if kind.parent == self.arn_key)


_ALL = (
    Kind("dataset_group", quota=Quota("Active dataset groups per Region")),
    Kind("schema", taggable=False, named_by=("Dataset",), quota=Quota("Schemas per Region")),
    Kind(
        "dataset",
        parent="datasetGroupArn",
        mutable={"schemaArn": "schemaArn"},
        is_mutable=lambda parameters: parameters["datasetType"].upper() in {"ITEMS", "USERS"},
        singleton=True,
        widens="schemaArn",  # a column that was added stays
        attributes={"CreatedAt": "creationDateTime", "TrackingId": "trackingId"},
        # A dataset's own name is not in its ARN.
        resource=lambda name, parameters: (
            f"dataset/{parameters['datasetGroupArn'].rpartition('/')[2]}/{parameters['datasetType'].upper()}"
        ),
    ),
    Kind(
        "dataset_import_job",
        parent="datasetArn",
        name_key="jobName",
        deletable=False,
        lasting=True,
        overwrites=lambda parameters: parameters.get("importMode", "FULL") == "FULL",
        quota=Quota("Pending or in-progress import jobs per Region", frees_itself=True),
    ),
    Kind(
        "dataset_export_job",
        parent="datasetArn",
        name_key="jobName",
        deletable=False,
        lasting=True,
        quota=Quota("Pending or in-progress export jobs per Region", frees_itself=True),
    ),
    Kind(
        "solution",
        parent="datasetGroupArn",
        mutable={
            "performAutoTraining": "performAutoTraining",
            "performIncrementalUpdate": "performIncrementalUpdate",
            "solutionConfig.autoTrainingConfig": "solutionUpdateConfig.autoTrainingConfig",
            "solutionConfig.eventsConfig": "solutionUpdateConfig.eventsConfig",
        },
        quota=Quota("Solutions per dataset group"),
    ),
    Kind(
        "solution_version",
        parent="solutionArn",
        hashed=True,
        deletable=False,
        stoppable=True,
        lasting=True,
        quota=Quota("Pending or in-progress solution versions per Region", frees_itself=True),
    ),
    Kind(
        "campaign",
        parent="solutionArn",
        mutable={
            "solutionVersionArn": "solutionVersionArn",
            "minProvisionedTPS": "minProvisionedTPS",
            "campaignConfig": "campaignConfig",
        },
        quota=Quota("Campaigns per dataset group"),
    ),
    Kind(
        "recommender",
        parent="datasetGroupArn",
        mutable={"recommenderConfig": "recommenderConfig"},
        switchable=True,
        lasting=True,
        quota=Quota("Recommenders per dataset group"),
    ),
    Kind(
        "event_tracker",
        parent="datasetGroupArn",
        singleton=True,
        hashed=True,
        attributes={"TrackingId": "trackingId"},
    ),
    Kind(
        "filter",
        parent="datasetGroupArn",
        plural="Filters",
        named_by=("BatchInferenceJob", "BatchSegmentJob"),
        quota=Quota("Filters per dataset group"),
    ),
    Kind(
        "metric_attribution",
        parent="datasetGroupArn",
        mutable={"metrics": "metrics", "metricsOutputConfig": "metricsOutputConfig"},
        entries={
            "metrics": Entries("list_metric_attribution_metrics", "addMetrics", "removeMetrics", key="metricName")
        },
        singleton=True,
        taggable=False,
    ),
    Kind(
        "batch_inference_job",
        parent="solutionVersionArn",
        name_key="jobName",
        deletable=False,
        lasting=True,
        quota=Quota("Pending or in-progress batch inference jobs per Region", frees_itself=True),
    ),
    Kind(
        "batch_segment_job",
        parent="solutionVersionArn",
        name_key="jobName",
        deletable=False,
        lasting=True,
        quota=Quota("Pending or in-progress batch segment jobs per Region", frees_itself=True),
    ),
    Kind(
        "data_deletion_job",
        parent="datasetGroupArn",
        name_key="jobName",
        deletable=False,
        lasting=True,
        quota=Quota("Pending data deletion jobs per dataset group", frees_itself=True),
    ),
)

KINDS: Mapping[str, Kind] = {kind.pascal: kind for kind in _ALL}


def beginning_of(name: str) -> str:
    """What all physical names made of a name begin with; see `physical_name`."""
    return name[: MAX_NAME - ROOM_FOR_SUFFIX] + "-"


def kind_of(arn: str) -> Kind:
    """The kind of resource that an ARN names.

    Raises:
        KeyError: It is the ARN of none of these kinds.
    """
    resource_type, *rest = arn.split(":", 5)[-1].split("/")
    if resource_type == "solution" and len(rest) == 2:
        resource_type = "solution-version"
    return KINDS[_pascal(resource_type.replace("-", "_"))]
