"""How many resources there may be."""

from personalize_local.service.errors import LimitExceeded
from personalize_local.service.kinds.kind import Kind
from personalize_local.service.region import Region
from personalize_local.service.resource import Members
from personalize_local.service.timeline import ACTIVE, CREATE_IN_PROGRESS, CREATE_PENDING


def check(kind: Kind, region: Region, members: Members) -> None:
    """Refuse a new resource where there are enough of its kind.

    Raises:
        LimitExceeded: In the service's words.
    """
    quota = kind.quota
    if quota is None:
        return
    counted = {CREATE_PENDING, CREATE_IN_PROGRESS} | (set() if quota.unfinished else {ACTIVE})
    agreeing = {quota.per: members[quota.per]} if quota.per else {}
    now = region.clock.now()
    there = sum(resource.status(now) in counted for resource in region.members(kind.stem, **agreeing))
    if there < quota.limit:
        return
    if quota.unfinished:
        raise LimitExceeded(f"More than {quota.limit} resources with PENDING or IN_PROGRESS status.")
    raise LimitExceeded(
        f"Cannot create a {kind.words}. More than {quota.limit} resources in ACTIVE state. "
        "Please delete some and try again."
    )
