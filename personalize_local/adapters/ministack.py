"""Registers the simulated service in ministack, the embedded cloud.

ministack has no way to add a service from outside, so this touches its registries: plain dictionaries that it reads at
each request, and a few functions that it looks up in their modules. All of that is here and beside this file, in
`permissions.py`, `roles.py`, `cloudformation.py`, `polling.py` and `saving.py`; a test for each hook tells when a new
version moved one.

Importing this imports ministack, which reads its settings from the environment then: see `settings.py`.
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from ministack import app
from ministack.core import router
from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from personalize_local.adapters import permissions, roles
from personalize_local.service import api
from personalize_local.service.errors import ServiceError
from personalize_local.service.faults import Faults

NAME = "personalize"  # of the service in ministack, in IAM actions, and in the scope that all three APIs sign with
TARGET = "AmazonPersonalize"
ACCESS_DENIED = "AccessDeniedException"

# Operations of the two REST APIs by method and path; no path of theirs has parameters.
ROUTES: Mapping[tuple[str, str], str] = {
    (model.http["method"], model.http["requestUri"]): name
    for service in (api.RUNTIME, api.EVENTS)
    for name in api.service_model(service).operation_names
    for model in (api.service_model(service).operation_model(name),)
}

Answer = tuple[int, dict[str, str], bytes]


class Dispatcher(Protocol):
    """The simulated service of one account and region."""

    problems: Sequence[str]

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""

    def trainings(self) -> list[dict[str, Any]]:
        """How far each training is, and what is to be known of its model."""

    def dispatch(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request, or raise a ServiceError."""

    def close(self) -> None:
        """Let go of everything."""


class PersonalizeModule:
    """What ministack takes for its module of the service: one simulated service for each account and region.

    Args:
        folder: Where each service has its state, in ACCOUNT/REGION; services found there start at once.
        open_service: Makes the service of an account and a region with its state in a folder.
    """

    def __init__(self, folder: Path, open_service: Callable[[str, str, Path], Dispatcher]) -> None:
        self._folder = folder
        self._open = open_service
        self._services: dict[tuple[str, str], Dispatcher] = {}
        self._lock = Lock()
        for known in sorted(folder.glob("*/*/")):
            self.service(known.parent.name, known.name)

    async def handle_request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        """Answer an HTTP request, in a thread of its own: the service may itself send requests to this server."""
        operation = operation_of(method, path, headers)
        if operation is None:
            return _answer(404, {"__type": "UnknownOperationException", "message": f"no operation at {method} {path}"})
        request = json.loads(body or b"{}")
        denied = roles.denial(router.extract_access_key_id(headers, query), request)
        if denied:
            return _answer(400, {"__type": ACCESS_DENIED, "message": denied}, error=ACCESS_DENIED)
        return await asyncio.to_thread(self._dispatch, operation, request, get_account_id(), get_region())

    def problems(self) -> list[str]:
        """What is damaged in the folders of all services."""
        with self._lock:
            return [problem for service in self._services.values() for problem in service.problems]

    def reset(self) -> None:
        """Forget everything."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of everything; its state stays on disk."""
        with self._lock:
            services = list(self._services.values())
            self._services.clear()
        for service in services:
            service.close()

    def service(self, account: str, region: str) -> Dispatcher:
        """The service of an account and a region, opened when it is first asked for."""
        with self._lock:
            if (account, region) not in self._services:
                self._services[account, region] = self._open(account, region, self._folder / account / region)
            return self._services[account, region]

    def _dispatch(self, operation: str, request: Mapping[str, Any], account: str, region: str) -> Answer:
        try:
            return _answer(200, self.service(account, region).dispatch(operation, request))
        except ServiceError as error:
            return _answer(error.status, {"__type": error.code, "message": error.message}, error=error.code)


def install(module: PersonalizeModule) -> None:
    """Make ministack serve Personalize, its runtime and its events by this module."""
    # ministack's own dispatcher finds the module under this name, and resets it with the others.
    app._loaded_modules[NAME] = module
    app.SERVICE_REGISTRY[NAME] = {"module": NAME}
    app.SERVICE_HANDLERS[NAME] = module.handle_request
    router.SERVICE_PATTERNS[NAME] = {
        "target_prefixes": [f"{TARGET}."],
        "host_patterns": [r"personalize(-runtime|-events)?\."],
        "credential_scope": NAME,
    }
    # Step Functions: arn:aws:states:::aws-sdk:personalize:*
    stepfunctions._AWS_SDK_SERVICE_MAP[NAME] = {"target_prefix": TARGET, "protocol": "json"}
    stepfunctions._AWS_SDK_ERROR_PREFIX[NAME] = "Personalize"
    permissions.install(NAME, operation_of)


def operation_of(method: str, path: str, headers: Mapping[str, str]) -> str | None:
    """The operation that a request asks for; None if there is none."""
    api_name, _, operation = headers.get("x-amz-target", "").partition(".")
    return operation if api_name == TARGET else ROUTES.get((method, path))


def _answer(status: int, body: Mapping[str, Any], error: str | None = None) -> Answer:
    """An HTTP response; clients of the JSON protocol read an error's code in the body, REST clients in the header."""
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    if error:
        headers["x-amzn-ErrorType"] = error
    return status, headers, json.dumps(body).encode()
