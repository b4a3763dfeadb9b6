"""How long a deployment would take if nothing had to be looked at or called: its critical path."""

from collections.abc import Iterable

from personalize_local.rehearsal.cloudformation import CUSTOM, SECONDS, USUAL_SECONDS
from personalize_local.rehearsal.template import Template
from personalize_local.service.profiles import Profile, Verb

SYNCHRONOUS = frozenset({"Schema", "Wait", "DataObject", "BucketContents"})  # no waiting for their own sake


def ideal_seconds(template: Template, logical_id: str, profile: Profile) -> float:
    """How long the creation of a resource takes by itself."""
    resource_type = template.type_of(logical_id)
    if not resource_type.startswith(CUSTOM):
        return SECONDS.get(resource_type, USUAL_SECONDS)
    kind = resource_type.removeprefix(CUSTOM)
    if kind in SYNCHRONOUS:
        return 0.0
    stopped = template.resources[logical_id]["Properties"].get("Running") == "false"
    return profile.seconds(Verb.CREATE, kind) + (profile.seconds(Verb.STOP, kind) if stopped else 0.0)


def critical_path(template: Template, profile: Profile) -> tuple[float, list[str]]:
    """The longest chain of resources of which each needs the one before: its seconds, and the resources."""
    ends: dict[str, float] = {}
    before: dict[str, str] = {}
    for logical_id in template.order():
        needed = template.needs[logical_id]
        if needed:
            before[logical_id] = max(sorted(needed), key=ends.__getitem__)
        start = ends[before[logical_id]] if needed else 0.0
        ends[logical_id] = start + ideal_seconds(template, logical_id, profile)
    last = max(sorted(ends), key=ends.__getitem__)
    return ends[last], [*reversed(list(_back(last, before)))]


def _back(logical_id: str, before: dict[str, str]) -> Iterable[str]:
    while True:
        yield logical_id
        if logical_id not in before:
            return
        logical_id = before[logical_id]
