"""What the service answers when it refuses a request.

ServiceError
├── InvalidInput           a member, or a combination of them, is not allowed
├── ResourceNotFound       an ARN names nothing that exists
├── ResourceAlreadyExists  the name is taken
├── ResourceInUse          the resource, or one that it needs, is busy or still needed
├── LimitExceeded          a quota is used up
├── InvalidNextToken       a page token that this list did not give out
├── TooManyTags            more tags than a resource may have
├── TooManyTagKeys         more tag keys in one request than a resource may have tags
├── Throttled              too many requests in a second
├── Rehearsed              any error that an operation declares, by a fault
├── InternalFailure        the service cannot answer
│   └── UnusableState      its files are damaged, made by a newer version, or in use by another one
└── NotSimulated           the operation exists on AWS and not here
"""
# ruff: noqa: N818 - named as the service names its errors


class ServiceError(Exception):
    """The service refuses a request: the error code that clients catch, the text, the HTTP status."""

    code = "InternalFailure"
    status = 400

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status


class InvalidInput(ServiceError):
    """A member, or a combination of members, is not allowed."""

    code = "InvalidInputException"


class ResourceNotFound(ServiceError):
    """An ARN names nothing that exists."""

    code = "ResourceNotFoundException"


class ResourceAlreadyExists(ServiceError):
    """The name is taken."""

    code = "ResourceAlreadyExistsException"


class ResourceInUse(ServiceError):
    """The resource, or one that it needs, is busy or still needed."""

    code = "ResourceInUseException"


class LimitExceeded(ServiceError):
    """A quota is used up."""

    code = "LimitExceededException"


class InvalidNextToken(ServiceError):
    """A page token that this list did not give out."""

    code = "InvalidNextTokenException"


class TooManyTags(ServiceError):
    """More tags than a resource may have."""

    code = "TooManyTagsException"


class TooManyTagKeys(ServiceError):
    """More tag keys in one request than a resource may have tags."""

    code = "TooManyTagKeysException"


class Throttled(ServiceError):
    """Too many requests in a second."""

    code = "ThrottlingException"


class Rehearsed(ServiceError):
    """Any error that an operation declares, by a fault.

    Args:
        code: "LimitExceededException".
    """

    def __init__(self, code: str) -> None:
        super().__init__("The request is refused on purpose, by a fault.")
        self.code = code


class InternalFailure(ServiceError):
    """The service cannot answer."""

    code = "InternalFailure"
    status = 500


class UnusableState(InternalFailure):
    """Files of the service are damaged, made by a newer version, or in use by another one; it tells which."""


class NotSimulated(ServiceError):
    """The operation, or a way to use it, exists on AWS and not here."""

    code = "NotImplemented"
    status = 501  # not one of the statuses that the SDKs try again
