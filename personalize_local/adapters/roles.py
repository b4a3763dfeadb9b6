"""Roles that are passed to the service: may the caller pass them, and can the service assume them?

Touches ministack's evaluator of policies, its table of roles and its table of sessions.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions, iam_evaluator, responses
from ministack.core.responses import get_region
from ministack.services import iam, sts

SERVICE = "personalize.amazonaws.com"
SESSION = "personalize"


def denial(access_key: str, request: Mapping[str, Any]) -> str | None:
    """Why a caller may not send a request: it passes a role that it may not pass. None: it may.

    Args:
        access_key: The caller's.
        request: To be called within the handling of this request, whose account and region it looks at.
    """
    for role_arn in sorted(set(_roles_in(request))):
        context = {"iam:PassedToService": SERVICE}
        refused = iam_evaluator.enforce(access_key, "iam:PassRole", "iam", get_region(), role_arn, context)
        if refused is not None:
            caller = getattr(refused, "principal_arn", "") or access_key
            explicit = getattr(refused, "decision", "") == "Deny"
            return str(iam_actions.identity_denial_message("iam:PassRole", caller, role_arn, explicit))
    return None


def denial_of_role(role_arn: str, account: str, region: str, action: str, context: Mapping[str, str]) -> str | None:
    """Why a role that the service was passed may not do something, whatever with. None: it may.

    Of actions whose conditions ministack does not know. To be called outside of requests.

    Args:
        context: The conditions' keys and values.
    """
    responses.set_request_account_id(account)
    responses.set_request_region(region)
    assumed = assume(role_arn, account, region)
    if isinstance(assumed, str):
        return assumed
    refused = iam_evaluator.enforce(assumed.access_key, action, action.partition(":")[0], region, "*", context)
    return None if refused is None else f"{role_arn} is not allowed to perform {action}"


@dataclass(frozen=True)
class Credentials:
    """Keys of a session of a role."""

    access_key: str
    secret_key: str
    token: str


def assume(role_arn: str, account: str, region: str) -> Credentials | str:
    """Open a session of a role for the service, or tell why it cannot assume it."""
    role = iam._roles.get(_name(role_arn)) if role_arn.split(":")[4] == account else None
    if role is None:
        return f"there is no role {role_arn}"
    if not _trusts(role.get("AssumeRolePolicyDocument", "{}"), role_arn, account, region):
        return f"the trust policy of {role_arn} does not let {SERVICE} perform sts:AssumeRole for account {account}"
    return session(role_arn, account)


def session(role_arn: str, account: str) -> Credentials:
    """Open a session of a role, whoever it trusts; always the same one."""
    name = _name(role_arn)
    digest = hashlib.sha256(f"{SESSION}:{role_arn}".encode()).hexdigest()
    credentials = Credentials(f"ASIA{digest[:16].upper()}", digest, digest[::-1])
    about = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{SESSION}",
        "UserId": f"{name}:{SESSION}",
        "SecretAccessKey": credentials.secret_key,
        "SessionToken": credentials.token,
    }
    sts.register_session(credentials.access_key, about)
    return credentials


def _name(role_arn: str) -> str:
    return role_arn.rpartition("/")[2]


def _roles_in(request: Any) -> Iterator[str]:
    """All roles that a request names, at whatever depth."""
    if isinstance(request, Mapping):
        for key, value in request.items():
            if key == "roleArn":
                yield str(value)
            else:
                yield from _roles_in(value)


def _trusts(document: str | Mapping[str, Any], role_arn: str, account: str, region: str) -> bool:
    """Whether a trust policy lets the service assume the role for something of this account and region."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    # The evaluator takes every service for the caller's root; so only statements about this one are shown to it.
    about_us = [{**statement, "Principal": "*"} for statement in statements if _names_service(statement)]
    context = iam_evaluator.EvalContext(
        principal_arn=SERVICE,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=region,
        service_context={
            "aws:sourceaccount": account,
            "aws:sourcearn": f"arn:aws:personalize:{region}:{account}:dataset-import-job/any",
        },
    )
    return bool(iam_evaluator.evaluate_trust_policy({"Statement": about_us}, SERVICE, context))


def _names_service(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    if principal == "*":
        return True
    services = principal.get("Service", [])
    return SERVICE in ([services] if isinstance(services, str) else services)
