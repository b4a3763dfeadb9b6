"""Brings ministack's Step Functions closer to the real one.

* A state machine may do what its role may do, and no more: its calls of AWS, and the events that it puts.
* The history of an execution tells of the states within a Map and a Parallel, too.
"""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any
from xml.sax.saxutils import escape

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from personalize_local.adapters import roles

Answer = tuple[int, dict[str, str], bytes]

PUT_EVENTS = "arn:aws:states:::events:putEvents"
_role: ContextVar[str | None] = ContextVar("role", default=None)  # of the machine whose task runs


def install() -> None:
    """Replace the functions of ministack that differ; it looks them up in their modules at each use."""
    stepfunctions._execute_task = _by_its_role(stepfunctions._execute_task)
    app.call_service_handler_sync = _if_allowed(app.call_service_handler_sync)
    stepfunctions._SERVICE_DISPATCH[PUT_EVENTS] = _telling_if_allowed(stepfunctions._SERVICE_DISPATCH[PUT_EVENTS])
    stepfunctions._run_sub_machine = _with_history(stepfunctions._run_sub_machine)


def _by_its_role(execute: Callable[..., Any]) -> Callable[..., Any]:
    def executed(state: Any, raw_input: Any, execution: Mapping[str, Any], context: Any) -> Any:
        machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) if execution else None
        token = _role.set(machine["roleArn"] if machine else None)
        # Also where no request began the execution: Step Functions itself uses TLS, which buckets may demand.
        iam_evaluator.pin_request_origin("127.0.0.1", True)
        try:
            return execute(state, raw_input, execution, context)
        finally:
            _role.reset(token)

    return executed


def _if_allowed(call: Callable[..., Answer]) -> Callable[..., Answer]:
    """Send a request with the role's credentials, if the role may."""

    def called(handler: Any, *request: Any) -> Answer:
        role = _role.get()
        if role is None:
            return call(handler, *request)
        method, path, headers, body, query, *more = request
        _, date, region, service, end = headers["authorization"].rpartition("=")[2].split("/")
        key = roles.session(role, get_account_id()).access_key
        signed = {**headers, "authorization": f"AWS4-HMAC-SHA256 Credential={key}/{date}/{region}/{service}/{end}"}
        data = body if isinstance(body, bytes) else str(body).encode()
        action = iam_actions.extract_iam_action(service, method, path, signed, data, query)
        if action:
            about = (service, method, path, signed, data, query)
            resource = iam_actions.extract_resource_arn(*about, get_region(), get_account_id())
            context = _context(service, query)
            if denial := _denial(key, action, service, resource, context):
                return _denied(service, denial)
        return call(handler, method, path, signed, body, query, *more)

    return called


def _context(service: str, query: Mapping[str, Any]) -> dict[str, str]:
    """The conditions' keys of a request: a list of objects has its prefix."""
    return {"s3:prefix": str(query["prefix"])} if service == "s3" and "prefix" in query else {}


def _telling_if_allowed(put: Callable[..., Any]) -> Callable[..., Any]:
    def told(resource: str, events: Mapping[str, Any]) -> Any:
        role = _role.get()
        for entry in events.get("Entries", ()) if role else ():
            name = str(entry.get("EventBusName", "default")).rpartition("/")[2]
            bus = f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name}"
            key = roles.session(str(role), get_account_id()).access_key
            if denial := _denial(key, "events:PutEvents", "events", bus, {}):
                raise stepfunctions._ExecutionError("EventBridge.AccessDeniedException", denial)
        return put(resource, events)

    return told


def _denial(key: str, action: str, service: str, resource: str, context: Mapping[str, str]) -> str | None:
    refused = iam_evaluator.enforce(key, action, service, get_region(), resource, context)
    if refused is None:
        return None
    caller = getattr(refused, "principal_arn", "") or key
    return str(iam_actions.identity_denial_message(action, caller, resource, refused.decision == "Deny"))


def _denied(service: str, denial: str) -> Answer:
    if service == "s3":
        error = f"<Error><Code>AccessDenied</Code><Message>{escape(denial)}</Message></Error>"
        return 403, {"content-type": "application/xml"}, error.encode()
    answer = {"__type": "AccessDeniedException", "message": denial}
    return 400, {"content-type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()


def _with_history(run: Callable[..., Any]) -> Callable[..., Any]:
    def ran(states: Mapping[str, Any], start_at: str, item: Any, execution: Any, context: Any) -> Any:
        return run(_Told(states, execution), start_at, item, execution, context)

    return ran


class _Told(dict[str, Any]):
    """States that tell the history of an execution when one of them is entered, which is when it is looked up."""

    def __init__(self, states: Mapping[str, Any], execution: Any) -> None:
        super().__init__(states)
        self._execution = execution

    def get(self, name: str, default: Any = None) -> Any:
        state = super().get(name, default)
        if state and self._execution:
            details = {"stateEnteredEventDetails": {"name": name, "input": "{}"}}
            stepfunctions._add_event(self._execution, f"{state['Type']}StateEntered", details)
        return state
