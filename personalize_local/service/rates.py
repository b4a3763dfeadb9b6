"""How many requests a second the service takes [developer guide: endpoints and quotas].

Seconds are those of the machine, whatever clock the service lives by: they are the clients' seconds.
"""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from personalize_local.service import api
from personalize_local.service.errors import Throttled
from personalize_local.service.quotas import Quotas

RUNTIME = ("GetRecommendations", "GetPersonalizedRanking", "GetActionRecommendations")
# By operation: which of the quotas counts it, and the members of which the one that is given names whose share it is.
LIMITED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(RUNTIME, ("campaign_requests", ("campaignArn", "recommenderArn"))),
    **dict.fromkeys(("PutEvents", "PutActionInteractions"), ("event_requests", ("trackingId",))),
    **dict.fromkeys(("PutItems", "PutUsers", "PutActions"), ("record_requests", ("datasetArn",))),
}


class Rates:
    """Counts requests by the second. Safe to use from several threads.

    Args:
        now: Tells seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock = now, Lock()
        self._second, self._counts = 0, dict[tuple[str, str], int]()

    def count(self, operation: str, request: Mapping[str, Any], quotas: Quotas) -> None:
        """Count a request.

        Raises:
            Throttled: It is one more than there may be in this second.
        """
        if operation not in LIMITED:
            return
        quota, members = LIMITED[operation]
        shares = {(operation, str(next((request[name] for name in members if name in request), ""))): quota}
        if operation in RUNTIME:
            shares["runtime", ""] = "runtime_requests"
        with self._lock:
            if self._second != int(self._now()):
                self._second = int(self._now())
                self._counts.clear()
            for share, name in shares.items():
                self._counts[share] = self._counts.get(share, 0) + 1
                if self._counts[share] > getattr(quotas, name):
                    raise throttled(operation)


def throttled(operation: str) -> Throttled:
    """The error of an operation that was asked too often; its status differs between the APIs."""
    is_control = api.operation(operation).service_model.service_name == api.CONTROL
    return Throttled("Rate exceeded", status=400 if is_control else 429)
