"""Which errors pass with time: `is_complete` then looks again where it would fail."""

import math
import re

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from custom_resources.errors import QuotaReached, explain
from custom_resources.kinds import Quota

SERVICE_ERRORS = (ClientError, BotoCoreError)  # all that a call of boto3 raises

_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"}
)
_SERVER_STATUS = frozenset({500, 502, 503, 504})

# A new role can take a minute until every part of AWS knows it; after this long it is simply the wrong role.
_ROLE_SECONDS = 180
_ROLE_UNUSABLE = re.compile(r"\brole\b.*\bassum|\bassum.*\brole\b", re.IGNORECASE | re.DOTALL)
_SESSION = ":assumed-role/"  # in the ARN of one that was assumed, and may not do something


def is_transient(error: Exception) -> bool:
    """Whether the same request may be answered a moment later: throttling, the service's own failure, the network."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return code(error) in _THROTTLED or status in _SERVER_STATUS
    return isinstance(error, HTTPClientError | BotoConnectionError)


def reason_to_wait(error: Exception, waited_seconds: float = math.inf, quota: Quota | None = None) -> str:
    """Say what is waited for after an error.

    Args:
        quota: What bounds the number of the resources that were to become one more.

    Raises:
        QuotaReached: The quota is reached, and waiting does not help.
        Exception: The error itself, if waiting does not help.
    """
    if quota and code(error) == "LimitExceededException":
        reached = f"the quota {quota.name!r} is reached: {explain(error)}"
        if not quota.frees_itself:
            raise QuotaReached(f"{reached}; delete what is not needed, or ask for more in Service Quotas") from error
        return reached
    if not passes(error, waited_seconds):
        raise error
    return explain(error)


def passes(error: Exception, waited_seconds: float) -> bool:
    """Whether what the request needs may yet come true: a busy resource, a role not known everywhere."""
    if is_transient(error):
        return True
    if not isinstance(error, ClientError):
        return False
    match code(error):
        case "ResourceInUseException":
            return True
        case "InvalidInputException":
            told = str(error).replace(_SESSION, "")
            return waited_seconds < _ROLE_SECONDS and _ROLE_UNUSABLE.search(told) is not None
        case _:
            return False


def code(error: Exception) -> str:
    """The service's name of the error; empty for one that it did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
