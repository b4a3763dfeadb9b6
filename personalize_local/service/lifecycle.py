"""What all kinds share: create, describe, list, update, delete."""

from collections.abc import Mapping
from typing import Any

from personalize_local.service import api, monitoring, tags
from personalize_local.service.errors import InvalidInput, LimitExceeded, ResourceAlreadyExists, ResourceInUse
from personalize_local.service.kinds.kind import Hold, Kind, Request
from personalize_local.service.pages import page, page_filters
from personalize_local.service.profiles import Verb
from personalize_local.service.region import Region
from personalize_local.service.resource import Members, Resource, Update
from personalize_local.service.timeline import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
    FINISHED,
    GONE,
    INACTIVE,
    Timeline,
    is_being_deleted,
    is_busy,
)

Answer = dict[str, Any]

SWITCHES = {Verb.STOP: (ACTIVE, Timeline.stopped), Verb.START: (INACTIVE, Timeline.restarted)}


def create(kind: Kind, region: Region, request: Request) -> Answer:
    """Admit a resource and start what makes it ACTIVE."""
    assert kind.admit is not None
    for need in kind.needs:
        if need.member in request:
            region.find_active(need.kind, request[need.member])
    new_tags = tags.merged({}, request.get("tags", ()))
    members = {name: value for name, value in request.items() if name != "tags"} | kind.admit(region, request)
    arn = region.arn(kind.path(members) if kind.path else f"{kind.slug}/{members[kind.name_key]}")
    members[kind.arn_key] = arn
    twin = region.resources.get(arn) or (kind.twin(region, members) if kind.twin else None)
    if twin:
        raise ResourceAlreadyExists(f"Another resource with Arn {twin.arn} already exists.")
    _check_quota(kind, region, members)
    timeline = _new_timeline(kind, region)
    resource = Resource(kind.stem, arn, region.resources.next_number(), members, timeline, tags=new_tags)
    region.resources.save(resource)
    monitoring.begun(region, resource)
    failure = None if kind.immediate else region.faults.failure(f"Create{kind.stem}")
    if failure:
        fail(region, resource, failure)
    elif kind.begin:
        kind.begin(region, resource)
    return api.shown(api.operation(f"Create{kind.stem}").output_shape, members)


def describe(kind: Kind, region: Region, request: Request) -> Answer:
    """Everything about one resource."""
    resource = region.find(kind.stem, request[kind.arn_key])
    return {kind.key: api.shown(kind.description, _visible(kind, region, resource) | kind.more(region, resource))}


def list_all(kind: Kind, region: Region, request: Request) -> Answer:
    """One page of summaries, of all or of those that belong to a given resource."""
    filters = page_filters(request)
    if "ResourceNotFoundException" in {error.name for error in api.operation(kind.list_operation).error_shapes}:
        for arn in filters.values():
            region.find_any(arn)
    entries = {resource.number: resource for resource in region.members(kind.stem, **filters)}
    resources, following = page(kind.list_operation, request, entries)
    return {kind.list_key: [summary(kind, region, resource) for resource in resources], **following}


def summary(kind: Kind, region: Region, resource: Resource) -> Members:
    """The resource as lists show it."""
    return api.shown(kind.summary, _visible(kind, region, resource))


def update(kind: Kind, region: Region, request: Request) -> Answer:
    """Change what can be changed; the change counts once it is ACTIVE."""
    assert kind.change is not None
    if kind.arn_key not in request:  # not every model requires it
        raise InvalidInput(f"{kind.arn_key} must be given.")
    resource = region.find(kind.stem, request[kind.arn_key])
    now = region.clock.now()
    status = resource.status(now)
    if resource.is_busy(now) or status not in {ACTIVE, INACTIVE, CREATE_FAILED}:
        raise ResourceInUse(f"Resource Arn {resource.arn} cannot be updated in state {_busy_state(resource, now)}.")
    for need in kind.needs:
        if need.member in request:
            region.find_active(need.kind, request[need.member])
    changes = kind.change(region, resource, request)
    seconds = region.profile.seconds(Verb.UPDATE, kind.stem)
    failure = region.faults.failure(f"Update{kind.stem}")
    timeline = Timeline.started(now, seconds).then(now + seconds, CREATE_FAILED if failure else ACTIVE)
    resource.begin_update(Update(changes, timeline, failure), now)
    region.resources.save(resource)
    return {kind.arn_key: resource.arn}


def switch(verb: Verb, kind: Kind, region: Region, request: Request) -> Answer:
    """Stop what is ACTIVE, so that it keeps everything and answers nothing, or start what is INACTIVE."""
    resource = region.find(kind.stem, request[kind.arn_key])
    state, switched = SWITCHES[verb]
    now = region.clock.now()
    if resource.is_busy(now) or resource.status(now) != state:
        words = f"Resource Arn {resource.arn} is in state {_busy_state(resource, now)}; it must be {state} to {verb}."
        raise ResourceInUse(words)
    resource.timeline = switched(resource.timeline, now, region.profile.seconds(verb, kind.stem))
    region.resources.save(resource)
    return {kind.arn_key: resource.arn}


def delete(kind: Kind, region: Region, request: Request) -> Answer:
    """Begin to delete a resource that nothing needs any more."""
    resource = region.find(kind.stem, request[kind.arn_key])
    now = region.clock.now()
    if resource.is_busy(now):
        raise ResourceInUse(f"Resource Arn {resource.arn} cannot be deleted in state {_busy_state(resource, now)}.")
    for hold in kind.holds:
        for holder in _holders(hold, region, resource):
            raise ResourceInUse(f"Resource Arn {resource.arn} cannot be deleted: {holder.arn} needs it.")
    if kind.immediate:
        region.resources.remove(resource)
    else:
        resource.timeline = resource.timeline.deleted(now, region.profile.seconds(Verb.DELETE, kind.stem))
        region.resources.save(resource)
    return {}


def finish(region: Region, resource: Resource, failure: str | None = None) -> None:
    """Note the outcome of the work behind a resource, unless that was stopped or is gone."""
    if region.resources.get(resource.arn) is not resource or resource.timeline.outcome in FINISHED:
        return
    created = resource.timeline.steps[0][0]
    visible = max(region.clock.now(), created + region.profile.seconds(Verb.CREATE, resource.kind))
    resource.failure = failure
    resource.timeline = resource.timeline.then(visible, CREATE_FAILED if failure else ACTIVE)
    region.resources.save(resource)
    monitoring.ended(region, resource)


def fail(region: Region, resource: Resource, reason: str) -> None:
    """Let a creation fail, whatever its work comes to."""
    now = region.clock.now()
    seconds = region.profile.seconds(Verb.CREATE, resource.kind)
    resource.failure = reason
    resource.timeline = Timeline.started(now, seconds).then(now + seconds, CREATE_FAILED)
    region.resources.save(resource)
    monitoring.ended(region, resource)


def sweep(region: Region, kinds: Mapping[str, Kind]) -> None:
    """Forget the resources whose deletion is over, with all that goes with them."""
    now = region.clock.now()
    for resource in region.resources:
        if resource.timeline.outcome == GONE and resource.status(now) == GONE:
            _remove(region, kinds, resource)


def resume(region: Region, kinds: Mapping[str, Kind]) -> None:
    """Start the work again that was under way when the service stopped."""
    for resource in region.resources:
        begin = kinds[resource.kind].begin
        if begin and resource.timeline.outcome not in FINISHED:
            begin(region, resource)


def _remove(region: Region, kinds: Mapping[str, Kind], resource: Resource) -> None:
    kind = kinds[resource.kind]
    for taken in kind.takes:
        for child in region.members(taken, **{kind.arn_key: resource.arn}):
            _remove(region, kinds, child)
    kind.forget(region, resource)
    region.resources.remove(resource)


def _check_quota(kind: Kind, region: Region, members: Members) -> None:
    quota = kind.quota
    if quota is None:
        return
    limit = getattr(region.quotas, quota.name)
    agreeing = {quota.per: members[quota.per]} if quota.per else {}
    states = [resource.status(region.clock.now()) for resource in region.members(kind.stem, **agreeing)]
    if quota.unfinished:
        if sum(state in {CREATE_PENDING, CREATE_IN_PROGRESS} for state in states) >= limit:
            raise LimitExceeded(f"More than {limit} resources with PENDING or IN_PROGRESS status.")
    elif sum(state != CREATE_FAILED and not is_being_deleted(state) for state in states) >= limit:
        raise LimitExceeded(
            f"Cannot create a {kind.words}. More than {limit} resources in ACTIVE state. "
            "Please delete some and try again."
        )


def _new_timeline(kind: Kind, region: Region) -> Timeline:
    now, seconds = region.clock.now(), region.profile.seconds(Verb.CREATE, kind.stem)
    if kind.immediate:
        return Timeline(((now, ACTIVE),))
    return Timeline.started(now, seconds) if kind.begin else Timeline.created(now, seconds)


def _visible(kind: Kind, region: Region, resource: Resource) -> Members:
    """All that Describe and List may show of a resource by itself."""
    now = region.clock.now()
    status, current = resource.status(now), resource.current(now)
    update, created = resource.update, resource.timeline.steps[0][0]
    updated = resource.timeline.since(now)
    if update:
        since = update.timeline.since(now)
        updated = max(updated, since)
        update_status, asked = update.timeline.status(now), update.timeline.steps[0][0]
        why = {"failureReason": update.failure if update_status == CREATE_FAILED else None}
        changed = resource.members | update.changes | _state(update_status, asked, since) | why
        shape = kind.description.members.get(kind.update_key)
        current = current | {kind.update_key: api.shown(shape, changed)}
        if kind.updates_show and is_busy(update_status):
            status = update_status.replace("CREATE", "UPDATE")
    failure = resource.failure if status == CREATE_FAILED else None
    return current | _state(kind.states.get(status, status), created, updated) | {"failureReason": failure}


def _state(status: str, created: float, updated: float) -> Members:
    return {"status": status, "creationDateTime": created, "lastUpdatedDateTime": updated}


def _busy_state(resource: Resource, now: float) -> str:
    status = resource.status(now)
    update = resource.update_status(now)
    return f"{status}, while an update is running" if update and is_busy(update) else status


def _holders(hold: Hold, region: Region, resource: Resource) -> list[Resource]:
    now = region.clock.now()
    value = resource.members[hold.member]
    return [
        holder
        for holder in region.members(hold.kind, **{hold.member: value})
        if (not hold.unfinished or is_busy(holder.status(now)))
        and (region.profile.deleting_children_block or holder.status(now) not in {DELETE_PENDING, DELETE_IN_PROGRESS})
    ]
