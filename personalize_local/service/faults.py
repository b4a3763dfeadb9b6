"""Faults to rehearse with: refused calls, late answers and failing jobs, for some of the calls of an operation.

Whether a fault hits a call follows from its seed and from how many calls it saw before: the same seed, the same
sequence, whenever the server was stopped in between. Faults and their counts are kept in a file.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any

from botocore.model import StructureShape

from personalize_local.service import api
from personalize_local.service.errors import (
    InternalFailure,
    InvalidInput,
    Rehearsed,
    ResourceNotFound,
    UnusableState,
)
from personalize_local.service.job import write_file
from personalize_local.service.objects import DENIED
from personalize_local.service.rates import throttled

ANY = "*"  # in place of an operation


class Effect(StrEnum):
    """What a fault does."""

    THROTTLE = "throttle"  # the call is refused with a ThrottlingException
    ERROR = "error"  # the call is refused with HTTP status 500, or with an error that the operation declares
    LATENCY = "latency"  # the answer comes late
    FAIL = "fail"  # what a Create or Update begins fails
    DENIED = "denied"  # what a job wants from S3 is refused


OF_CALLS = frozenset({Effect.THROTTLE, Effect.ERROR, Effect.LATENCY})


@dataclass
class Fault:
    """One fault.

    Args:
        operation: "CreateCampaign", or `ANY` for all that the effect can have.
        rate: How many of the calls it hits, from 0 to 1.
        seconds: How late the answer is.
        reason: Why what was begun fails.
        code: The error in place of HTTP status 500: "LimitExceededException".
        times: It hits no more than so many calls. None: no bound.
        calls, hits: How many calls it saw and hit so far.
    """

    id: int
    operation: str
    effect: Effect
    rate: float = 1.0
    seconds: float = 0.0
    reason: str = ""
    code: str = ""
    times: int | None = None
    seed: int = 0
    calls: int = 0
    hits: int = 0

    def concerns(self, operation: str) -> bool:
        """Whether it may hit calls of an operation."""
        declared = not self.code or self.code in api.declared_errors(operation)
        return self.operation in {ANY, operation} and can_have(self.effect, operation) and declared

    def hits_next(self) -> bool:
        """Count one more call, and tell whether it is hit."""
        chance = random.Random(f"{self.seed} {self.effect} {self.operation} {self.calls}").random()
        hit = chance < self.rate and (self.times is None or self.hits < self.times)
        self.calls, self.hits = self.calls + 1, self.hits + hit
        return hit


class Faults:
    """The faults of a service. Safe to use from several threads.

    Args:
        path: The file that keeps them.

    Raises:
        UnusableState: It is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        try:
            found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
            self._faults = [Fault(**fault | {"effect": Effect(fault["effect"])}) for fault in found]
        except (ValueError, TypeError, KeyError) as error:
            raise UnusableState(f"{path} is damaged: {error}; delete it to go on without faults") from error

    def add(self, operation: str, effect: str, **settings: Any) -> Fault:
        """Add a fault, which counts from the next call on.

        Args:
            operation: "GetRecommendations", or "*".
            effect: One of `Effect`: "throttle", "error", "latency", "fail", "denied".
            settings: rate, seconds (of a latency), reason (of a failure), code (of an error), times, seed; see `Fault`.

        Raises:
            InvalidInput: Something about it is not allowed.
            NotSimulated: There is no such operation.
        """
        _check(operation, effect, settings)
        with self._lock:
            number = max((fault.id for fault in self._faults), default=0) + 1
            fault = Fault(number, operation, Effect(effect), **settings)
            self._faults.append(fault)
            self._save()
        return fault

    def all(self) -> list[dict[str, Any]]:
        """All faults with their counts, oldest first."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def remove(self, number: int | None = None) -> None:
        """Remove a fault, or all.

        Raises:
            ResourceNotFound: There is none with this ID.
        """
        with self._lock:
            left = [] if number is None else [fault for fault in self._faults if fault.id != number]
            if number is not None and len(left) == len(self._faults):
                raise ResourceNotFound(f"There is no fault {number}.")
            self._faults = left
            self._save()

    def strike(self, operation: str) -> None:
        """Refuse a call or hold it up, if a fault says so.

        Raises:
            Throttled, Rehearsed, InternalFailure: It is refused.
        """
        hit = self._hits(operation, OF_CALLS)
        if not hit:
            return
        sleep(sum(fault.seconds for fault in hit))
        if hit[-1].effect == Effect.THROTTLE:
            raise throttled(operation)
        if hit[-1].effect == Effect.ERROR:
            if hit[-1].code:
                raise Rehearsed(hit[-1].code)
            raise InternalFailure("The request processing has failed because of an unknown error.")

    def failure(self, operation: str) -> str | None:
        """Why what this call of a Create or Update operation begins fails; None if it does not."""
        hit = self._hits(operation, frozenset(Effect) - OF_CALLS)
        return hit[-1].reason or DENIED if hit else None

    def _hits(self, operation: str, effects: frozenset[Effect]) -> list[Fault]:
        """The faults with one of these effects that hit a call, oldest first; none sees a call that one stopped."""
        if not self._faults:
            return []
        hit: list[Fault] = []
        with self._lock:
            concerned = [fault for fault in self._faults if fault.effect in effects and fault.concerns(operation)]
            for fault in concerned:
                hit += [fault] if fault.hits_next() else []
                if hit and hit[-1].effect != Effect.LATENCY:
                    break
            if concerned:
                self._save()
        return hit

    def _save(self) -> None:
        write_file(self._path, [asdict(fault) for fault in self._faults])


def can_have(effect: Effect, operation: str) -> bool:
    """Whether an operation can have an effect: only what is begun and not there at once can fail."""
    if effect in OF_CALLS:
        return True
    verb = next((verb for verb in ("Create", "Update") if operation.startswith(verb)), "")
    stem = operation.removeprefix(verb)
    if not verb or (effect == Effect.DENIED and not stem.endswith("Job")):
        return False
    described = api.operation(f"Describe{stem}").output_shape
    assert isinstance(described, StructureShape)
    (resource,) = described.members.values()
    state = "status" if verb == "Create" else f"latest{stem}Update"
    return isinstance(resource, StructureShape) and state in resource.members


def _check(operation: str, effect: str, settings: Mapping[str, Any]) -> None:
    """Refuse a fault that cannot be.

    Raises:
        InvalidInput: It tells what is not allowed.
        NotSimulated: There is no such operation.
    """
    if effect not in set(Effect):
        raise InvalidInput(f"There is no effect {effect!r}; the effects are {', '.join(Effect)}.")
    if operation != ANY and api.operation(operation) and not can_have(Effect(effect), operation):
        what = "a job" if effect == Effect.DENIED else "something"
        raise InvalidInput(f"The effect {effect} needs an operation that begins {what}, or {ANY}: {operation}.")
    if unknown := settings.keys() - {"rate", "seconds", "reason", "code", "times", "seed"}:
        raise InvalidInput(f"A fault has no {', '.join(sorted(unknown))}.")
    if not 0 < settings.get("rate", 1.0) <= 1:
        raise InvalidInput(f"rate must be greater than 0 and at most 1, got {settings['rate']}.")
    if (settings.get("seconds", 0) > 0) != (effect == Effect.LATENCY):
        raise InvalidInput("seconds, greater than 0, go with the effect latency.")
    if bool(settings.get("reason")) != (effect == Effect.FAIL):
        raise InvalidInput("reason goes with the effect fail.")
    code = settings.get("code")
    if code and effect != Effect.ERROR:
        raise InvalidInput("code goes with the effect error.")
    declared = api.declared_errors(None if operation == ANY else operation)
    if code and code not in declared:
        raise InvalidInput(f"{operation} has no error {code!r}; it has {', '.join(sorted(declared)) or 'none'}.")
    if settings.get("times") is not None and settings["times"] < 1:
        raise InvalidInput(f"times must be at least 1, got {settings['times']}.")
