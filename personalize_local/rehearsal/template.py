"""A synthesized template: its resources, what each needs, and its intrinsic functions resolved."""

import json
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
PSEUDO: Mapping[str, str] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")

Attributes = Mapping[str, str]  # of a resource, by Ref ("") and the names of Fn::GetAtt


class UnknownFunction(Exception):  # noqa: N818 - named after what is wrong
    """The template has an intrinsic function that a rehearsal does not know."""


@dataclass(frozen=True)
class Template:
    """Resources by logical ID."""

    name: str
    resources: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, assembly: Path, stack: str) -> "Template":
        """Read a stack's template from a cloud assembly."""
        return cls(stack, json.loads((assembly / f"{stack}.template.json").read_text("utf-8"))["Resources"])

    @property
    def stack_id(self) -> str:
        """The ARN of the stack."""
        return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.name}/1"

    def type_of(self, logical_id: str) -> str:
        """The type of a resource."""
        return str(self.resources[logical_id]["Type"])

    @cached_property
    def needs(self) -> Mapping[str, Set[str]]:
        """Of each resource those that must be there before: those it names and those it depends on."""
        return {logical_id: self._needs(resource) for logical_id, resource in self.resources.items()}

    def _needs(self, resource: Mapping[str, Any]) -> Set[str]:
        explicit = resource.get("DependsOn", [])
        named = {*_named(resource.get("Properties", {})), *([explicit] if isinstance(explicit, str) else explicit)}
        return named & self.resources.keys()

    def resolved(self, logical_id: str, known: Mapping[str, Attributes]) -> dict[str, Any]:
        """The properties of a resource, all scalars as strings, as a custom resource is sent them."""
        properties = self.resources[logical_id].get("Properties", {})
        known = {**known, "AWS::StackId": {"": self.stack_id}}
        return {key: _resolve(value, known) for key, value in properties.items() if key != "ServiceToken"}

    def order(self) -> list[str]:
        """All resources, each after what it needs."""
        ordered: dict[str, None] = {}

        def visit(logical_id: str) -> None:
            for needed in sorted(self.needs[logical_id]):
                if needed not in ordered:
                    visit(needed)
            ordered[logical_id] = None

        for logical_id in sorted(self.resources):
            if logical_id not in ordered:
                visit(logical_id)
        return list(ordered)


def _named(value: Any) -> Iterator[str]:
    """The logical IDs that a value refers to."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from (variable.split(".")[0] for variable in _VARIABLE.findall(text))
        case Mapping():
            for item in value.values():
                yield from _named(item)
        case list():
            for item in value:
                yield from _named(item)


def _resolve(value: Any, known: Mapping[str, Attributes]) -> Any:
    """A value without intrinsic functions.

    Raises:
        UnknownFunction: One of them is none of those that our templates have.
    """
    match value:
        case {"Ref": name}:
            resolved: Any = PSEUDO[name] if name in PSEUDO else known[name][""]
        case {"Fn::GetAtt": [name, attribute]}:
            resolved = known[name][attribute]
        case {"Fn::Join": [separator, parts]}:
            resolved = separator.join(_resolve(part, known) for part in parts)
        case {"Fn::Sub": str(text)}:
            resolved = _VARIABLE.sub(lambda found: _variable(found[1], known), text)
        case {"Fn::Select": [index, parts]}:
            resolved = _resolve(parts, known)[int(index)]
        case {"Fn::Split": [separator, text]}:
            resolved = _resolve(text, known).split(separator)
        case Mapping() if functions := [key for key in value if key.startswith("Fn::")]:
            raise UnknownFunction(f"a rehearsal does not know {functions[0]}")
        case Mapping():
            resolved = {key: _resolve(item, known) for key, item in value.items()}
        case list():
            resolved = [_resolve(item, known) for item in value]
        case bool():
            resolved = str(value).lower()
        case _:
            resolved = str(value)
    return resolved


def _variable(name: str, known: Mapping[str, Attributes]) -> str:
    resource, _, attribute = name.partition(".")
    return PSEUDO[name] if name in PSEUDO else known[resource][attribute]
