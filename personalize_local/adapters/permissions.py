"""Tells ministack's IAM which action on which resource a request to Personalize is.

Source: Service Authorization Reference, Amazon Personalize. Of an operation that it checks on several resources, one
is checked here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions

from personalize_local.service.kinds.table import KINDS

# Policies can name no resource for these: only a statement on "*" allows them.
WITHOUT_RESOURCE = ("PutEvents", "PutActionInteractions")
# Named in requests, and not what the request is checked on.
OTHERS = ("filterArn", "recipeArn", "roleArn", "kmsKeyArn")


def install(name: str, operation_of: Callable[[str, str, Mapping[str, str]], str | None]) -> None:
    """Extend ministack's functions, which it looks up in their modules at each use.

    Args:
        name: The service's, in ministack and in the names of its actions.
        operation_of: Names the operation of a request by its method, path and headers.
    """
    find_action, find_resource = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(service: str, method: str, path: str, headers: Mapping[str, str], *rest: Any) -> str | None:
        operation = operation_of(method, path, headers) if service == name else None
        return f"{name}:{operation}" if operation else find_action(service, method, path, headers, *rest)

    def resource(service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Any) -> str:
        operation = operation_of(method, path, headers) if service == name else None
        if operation is None:
            return str(find_resource(service, method, path, headers, body, *rest))
        _, region, account = rest
        return resource_of(operation, json.loads(body or b"{}"), f"arn:aws:{name}:{region}:{account}")

    iam_actions.SERVICE_TO_IAM_NAMESPACE[name] = name
    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
    app.pin_request_origin = _as_if_encrypted(app.pin_request_origin)


def resource_of(operation: str, request: Mapping[str, Any], prefix: str) -> str:
    """The ARN that a policy has to name, or "*" if it can name none.

    Args:
        prefix: What the ARNs of the caller's account and region begin with.
    """
    if operation in WITHOUT_RESOURCE or (operation.startswith("List") and operation != "ListTagsForResource"):
        return "*"
    if operation.startswith("Create") and (suffix := _created(operation.removeprefix("Create"), request)):
        return f"{prefix}:{suffix}"
    arns = [name for name in request if name.endswith("Arn")]
    own = [name for name in arns if operation.lower().endswith(name.removesuffix("Arn").lower())]
    named = [*own, *(name for name in arns if name not in OTHERS)]
    return str(request[named[0]]) if named else "*"


def _created(stem: str, request: Mapping[str, Any]) -> str | None:
    """The end of the ARN of what is to be created; a hash of the service's is not known before."""
    if stem == "SolutionVersion":
        return None  # checked on the solution
    if stem == "Dataset":
        group = str(request.get("datasetGroupArn", "")).rpartition("/")[2]
        return f"dataset/{group}/{str(request.get('datasetType', '')).upper()}"
    kind = KINDS.get(stem)
    name = request.get(kind.name_key) if kind and stem != "EventTracker" else "new"
    return f"{kind.slug}/{name}" if kind else None


def _as_if_encrypted(pin: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
    """Buckets that deny all but TLS would deny everything here, where requests stay on one machine without it."""
    return lambda source_ip, secure_transport: pin(source_ip, True)
