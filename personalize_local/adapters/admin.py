"""Answers what the local cloud itself is asked, beside AWS's APIs: the paths below `/_personalize/`.

| Method | Path | Body | Answer |
|---|---|---|---|
| GET | `/_personalize/faults` | | `{"faults": [...]}`, each as `service.faults.Fault` |
| POST | `/_personalize/faults` | `operation`, `effect`, and members of a fault | the new fault |
| DELETE | `/_personalize/faults`, `/_personalize/faults/ID` | | `{}` |
| GET | `/_personalize/trainings` | | `{"trainings": [...]}`, each as `service.training_progress` tells |
| POST | `/_personalize/clock` | `{"advance": SECONDS}` | `{"now": ...}`, in epoch seconds |
| GET | `/_personalize/problems` | | `{"problems": [...]}`: what was found damaged at the start |

The query may name the `account` and the `region` that are meant. Nobody needs credentials: only this machine reaches
it.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from personalize_local.adapters.ministack import PersonalizeModule
from personalize_local.adapters.saving import Application
from personalize_local.environment import ACCOUNT, REGION
from personalize_local.service.clock import ShiftedClock
from personalize_local.service.errors import InvalidInput, ResourceNotFound, ServiceError
from personalize_local.service.faults import Faults

PREFIX = "/_personalize/"
WHOSE = re.compile(r"\d{12} [a-z]{2}(-[a-z]+)+-\d")  # account and region


def administered(application: Application, module: PersonalizeModule, clock: ShiftedClock) -> Application:
    """The application (ASGI), but for the paths that are answered here."""

    async def answering(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        body = await _body(receive)
        status, answer = await asyncio.to_thread(_answer, module, clock, scope, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return answering


def _answer(module: PersonalizeModule, clock: ShiftedClock, scope: Mapping[str, Any], body: bytes) -> tuple[int, Any]:
    path = scope["path"].removeprefix(PREFIX)
    if (scope["method"], path) == ("GET", "problems"):
        return HTTPStatus.OK, {"problems": module.problems()}
    if (scope["method"], path) == ("POST", "clock"):
        clock.advance(json.loads(body)["advance"])
        return HTTPStatus.OK, {"now": clock.now()}
    query = parse_qs(scope["query_string"].decode())
    (account,), (region,) = query.get("account", [ACCOUNT]), query.get("region", [REGION])
    try:
        if not WHOSE.fullmatch(f"{account} {region}"):  # they name folders
            raise InvalidInput(f"There is no account {account} with a region {region}.")
        service = module.service(account, region)
        if (scope["method"], path) == ("GET", "trainings"):
            return HTTPStatus.OK, {"trainings": service.trainings()}
        return HTTPStatus.OK, _of_faults(service.faults, scope["method"], path, body)
    except ServiceError as error:
        return error.status, {"message": error.message}


def _of_faults(faults: Faults, method: str, path: str, body: bytes) -> Any:
    match method, path.split("/"):
        case "GET", ["faults"]:
            return {"faults": faults.all()}
        case "POST", ["faults"]:
            given = json.loads(body)
            try:
                return asdict(faults.add(**given))
            except TypeError as error:
                raise InvalidInput(
                    f"A fault has an operation, an effect and settings of the right types: {error}"
                ) from error
        case "DELETE", ["faults"]:
            faults.remove()
            return {}
        case "DELETE", ["faults", number] if number.isdecimal():
            faults.remove(int(number))
            return {}
    raise ResourceNotFound(f"There is nothing at {method} {PREFIX}{path}.", status=404)


async def _body(receive: Any) -> bytes:
    parts = [await receive()]
    while parts[-1].get("more_body"):
        parts.append(await receive())
    return b"".join(part.get("body", b"") for part in parts)
