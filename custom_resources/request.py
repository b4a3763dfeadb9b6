"""The CloudFormation event as a typed value, and how far we have come with it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from botocore.model import ServiceModel

from custom_resources.errors import InvalidRequest
from custom_resources.kinds import Kind
from custom_resources.parameters import physical_name, restore

RESOURCE_TYPE_PREFIX = "Custom::Personalize"
OWNER_TAG = "personalize-stack:owner"

# The waiter of the CDK's Provider framework gives up after 55 minutes at most; ours is the message with the reason.
DEFAULT_LEG_SECONDS = 3_000.0

Verb = Literal["Create", "Update", "Delete"]


@dataclass(frozen=True)
class Begun:
    """What `on_event` found and decided, for `is_complete`: the framework hands it on in the event.

    Args:
        started_at: When the request came, in epoch seconds.
        name: The name that the resource has or shall have.
        attempt: The latest attempt to create or update it that was there before us; empty if there was none.
        failed: Whether that attempt had failed.
        orphan: The name of a failed replacement that CloudFormation does not know of, to be deleted.
        rolling_back: Whether the request itself brings back what was there before an update.
        leftover: The ARN of what a rollback could not let go of, to be deleted once it is let go of.
    """

    started_at: float
    name: str = ""
    attempt: str = ""
    failed: bool = False
    orphan: str = ""
    rolling_back: bool = False
    leftover: str = ""

    def to_event(self) -> dict[str, Any]:
        """The members of the event that keep it."""
        return {"Begun": asdict(self)}


@dataclass(frozen=True)
class Request:
    """What CloudFormation asks for.

    Args:
        resource_type: Without its prefix: "Campaign", "Wait".
        physical_id: What we answered last; CloudFormation's own invention if a create was interrupted.
        stack_id: The ARN of the stack.
    """

    verb: Verb
    resource_type: str
    logical_id: str
    physical_id: str
    stack_id: str
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any]
    begun: Begun

    @classmethod
    def of(cls, event: Mapping[str, Any], now: float) -> "Request":
        """Read an event.

        Raises:
            InvalidRequest: A member is missing, or is none that we know.
        """
        try:
            verb, resource_type = event["RequestType"], event["ResourceType"]
            if verb not in get_args(Verb):
                raise InvalidRequest(f"RequestType must be one of {get_args(Verb)}, got {verb!r}")
            return cls(
                verb=verb,
                resource_type=resource_type.removeprefix(RESOURCE_TYPE_PREFIX),
                logical_id=event["LogicalResourceId"],
                physical_id=event.get("PhysicalResourceId", ""),
                stack_id=event["StackId"],
                properties=event["ResourceProperties"],
                old_properties=event.get("OldResourceProperties", {}),
                begun=Begun(**event["Begun"]) if "Begun" in event else Begun(started_at=now),
            )
        except KeyError as error:
            raise InvalidRequest(f"the event has no {error}; it must be one of CloudFormation's") from error

    @property
    def subject(self) -> str:
        """What the request is about, in the template's words."""
        return f"{self.resource_type} {self.logical_id}"

    @property
    def arn_prefix(self) -> str:
        """What the ARNs of the stack's Personalize resources begin with."""
        _, partition, _, region, account, _ = self.stack_id.split(":", 5)
        return f"arn:{partition}:personalize:{region}:{account}:"

    def text(self, property_name: str) -> str:
        """A property that must be there.

        Raises:
            InvalidRequest: It is missing.
        """
        return _text(self.properties, property_name)

    def parameter(self, name: str) -> str:
        """One of the `Parameters`, which must be there.

        Raises:
            InvalidRequest: It is missing.
        """
        return _text(self.properties.get("Parameters", {}), name)

    @property
    def leg_seconds(self) -> float:
        """How long to wait before the request has an answer."""
        return float(self.properties.get("LegSeconds", DEFAULT_LEG_SECONDS))

    @property
    def is_last_leg(self) -> bool:
        """Whether nothing waits for the resource after this request."""
        return _truth(self.properties.get("Last")) is True

    @property
    def is_running(self) -> bool | None:
        """Whether what can be stopped shall run; None: whatever it does."""
        return _truth(self.properties.get("Running"))

    @property
    def was_running(self) -> bool | None:
        """The same before the change."""
        return _truth(self.old_properties.get("Running"))

    def waited_seconds(self, now: float) -> float:
        """How long the request has waited."""
        return now - self.begun.started_at


@dataclass(frozen=True)
class Wanted:
    """A Personalize resource as the template describes it, after or before a change.

    Args:
        name: The physical name, which follows from all that cannot be changed.
        parameters: The create operation's, without the name and the tags.
        tags: The owner's among them.
    """

    name: str
    owner: str
    parameters: Mapping[str, Any]
    tags: Mapping[str, str]

    @classmethod
    def of(cls, properties: Mapping[str, Any], kind: Kind, model: ServiceModel) -> "Wanted":
        """Read the properties of a custom resource; the API's own model tells numbers and booleans from strings.

        Raises:
            InvalidRequest: A property is missing, or is not of the type that the API wants.
        """
        given = properties.get("Parameters", {})
        shape = model.operation_model(f"Create{kind.pascal}").input_shape
        assert shape is not None, "every create operation has an input"
        lacking = sorted(set(shape.required_members) - {kind.name_key} - given.keys())
        if lacking:
            raise InvalidRequest(f"the parameters {lacking} of a {kind.words} are missing, got {sorted(given)}")
        owner = _text(properties, "Owner")
        return cls(
            name=physical_name(kind, _text(properties, "Name"), given, str(properties.get("Generation", ""))),
            owner=owner,
            parameters=restore(given, shape),
            tags={**(properties.get("Tags") or {}), OWNER_TAG: owner},
        )


@dataclass(frozen=True)
class Progress:
    """How far a request has come.

    Args:
        physical_id: What CloudFormation shall know the resource by.
        note: What was done or is waited for: for the log, and for the message when the time runs out.
        data: What `Fn::GetAtt` gives; only once it is done.
        begun: What `is_complete` must know; only from `on_event`.
    """

    physical_id: str
    note: str
    done: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    begun: Begun | None = None


def _text(properties: Mapping[str, Any], name: str) -> str:
    try:
        return str(properties[name])
    except KeyError as error:
        raise InvalidRequest(f"the property {name} is missing, got {sorted(properties)}") from error


def _truth(text: Any) -> bool | None:
    return None if text is None else str(text).lower() == "true"
