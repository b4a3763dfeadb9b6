"""Promotions: a share of a list goes to the items of a filter of its own [developer guide: promoting items].

They stand at random places, the best of them first; the filter of the request applies to the other items only. The
same request gets the same places.
"""

import zlib

import numpy as np

from personalize_local.engine.preference import Places
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.kind import Request


def of(request: Request) -> Request | None:
    """The request's promotion, if it has one, as a request of its own: its filter may look at the same item.

    Raises:
        InvalidInput: It lacks what it needs.
    """
    if not request.get("promotions"):
        return None
    promotion: Request = {name: request[name] for name in ("itemId",) if name in request} | request["promotions"][0]
    for member in ("percentPromotedItems", "filterArn"):
        if member not in promotion:
            raise InvalidInput(f"promotions: {member} is required.")
    return promotion


def mixed(best: Places, promoted: Places, who: str) -> Places:
    """Both in one list, each in its own order.

    Args:
        who: What tells one request from another.
    """
    chance = np.random.default_rng(zlib.crc32(who.encode()))
    length = len(best) + len(promoted)
    where = np.zeros(length, dtype=bool)
    where[chance.choice(length, len(promoted), replace=False)] = True
    places = np.empty(length, dtype=np.intp)
    places[where], places[~where] = promoted, best
    return places
