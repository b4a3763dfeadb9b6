"""What can go wrong behind a custom resource.

CustomResourceError
├── InvalidRequest     the event names a resource type that does not exist, or lacks a property
├── Taken              the name, or the only place there is, holds a resource that is not ours
├── Failed             the service says that the resource, or its update, failed
├── StillGoing         the time for this step ran out
├── QuotaReached       there are as many as there may be, and none goes away by itself
└── Refused            the service refuses an operation, and asking again would not help
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

MAX_CHARACTERS = 1_000  # the answer to CloudFormation holds 4,096 bytes, a stack trace of the framework's included


class CustomResourceError(Exception):
    """The resource cannot be what the template asks for; the message, one line, is what CloudFormation shows."""

    def __init__(self, message: str) -> None:
        line = " ".join(message.split())
        super().__init__(line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…")


class InvalidRequest(CustomResourceError):  # noqa: N818 - named after what is wrong
    """The event names a resource type that does not exist, or lacks a property."""


class Taken(CustomResourceError):  # noqa: N818
    """The name, or the only place there is, holds a resource that is not ours."""


class Failed(CustomResourceError):  # noqa: N818
    """The service says that the resource, or its update, failed."""


class StillGoing(CustomResourceError):  # noqa: N818
    """The time for this step ran out."""


class QuotaReached(CustomResourceError):  # noqa: N818
    """There are as many as there may be, and none goes away by itself."""


class Refused(CustomResourceError):  # noqa: N818
    """The service refuses an operation, and asking again would not help."""

    def __init__(self, subject: str, error: Exception) -> None:
        super().__init__(f"{subject}: {explain(error)}")


def explain(error: Exception) -> str:
    """Say which operation answered which error, in one line."""
    if isinstance(error, ClientError):
        details: Any = error.response.get("Error", {})
        return f"{error.operation_name} answered {details.get('Code', 'an error')}: {details.get('Message', '')}"
    if isinstance(error, BotoCoreError):
        return f"{type(error).__name__}: {error}"
    return str(error)
