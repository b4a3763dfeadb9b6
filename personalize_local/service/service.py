"""The door of the simulated service: one operation with its request in, one answer out."""

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from personalize_local.service import api, lifecycle, monitoring, prepared, schedule, training_progress
from personalize_local.service.clock import Clock, SystemClock
from personalize_local.service.errors import NotSimulated, ServiceError
from personalize_local.service.faults import Faults
from personalize_local.service.kinds.table import KINDS
from personalize_local.service.metrics import Metrics, NoMetrics
from personalize_local.service.objects import ObjectStore
from personalize_local.service.operations import OPERATIONS
from personalize_local.service.profiles import INSTANT, Profile
from personalize_local.service.quotas import Quotas
from personalize_local.service.rates import Rates
from personalize_local.service.region import Region
from personalize_local.service.state import problems, take
from personalize_local.service.store import ResourceStore
from personalize_local.service.training import ProcessTrainer, Trainer


class Service:
    """Amazon Personalize of one account in one region. Safe to use from several threads.

    Args:
        state: The folder that holds everything; a service on the same folder goes on where this one stopped, even if
            it was killed. None: everything is lost at `close`.
        objects: What import jobs read from.
        metrics: Where metrics go. Default: nowhere.
        clock: The time it lives by. Default: the machine's.
        profile: How long things take.
        quotas: How much there may be of everything. Default: what AWS gives a new account.
        rates: Counts requests by the second. Default: nobody does, as suits unit tests.
        trainer: Who trains. Default: processes of its own.
        background: Who does the imports. Default: a thread of its own.

    Attributes:
        problems: What is damaged in the folder, and what to do about it.

    Raises:
        UnusableState: The folder is in use by another service, or cannot be used at all.
    """

    problems: Sequence[str]

    def __init__(
        self,
        account: str,
        region: str,
        *,
        state: Path | None,
        objects: ObjectStore,
        metrics: Metrics | None = None,
        clock: Clock | None = None,
        profile: Profile = INSTANT,
        quotas: Quotas | None = None,
        rates: Rates | None = None,
        trainer: Trainer | None = None,
        background: Executor | None = None,
    ) -> None:
        self._rates = rates
        durable = state is not None
        folder = state or Path(tempfile.mkdtemp(prefix="personalize-"))
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as unless_all_is_well:
            unless_all_is_well.callback(os.close, take(folder))
            self._region = Region(
                account=account,
                name=region,
                folder=folder,
                durable=durable,
                resources=ResourceStore(folder / "resources.sqlite", durable=durable),
                clock=clock or SystemClock(),
                profile=profile,
                objects=objects,
                metrics=NoMetrics() if metrics is None else metrics,
                trainer=trainer or ProcessTrainer(),
                background=background or ThreadPoolExecutor(1, thread_name_prefix="imports"),
                faults=Faults(folder / "faults.json"),
                quotas=quotas or Quotas(),
            )
            self.problems = problems(self._region)
            self._lock = unless_all_is_well.pop_all()
        self._forget = None if durable else weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        prepared.at_start(self._region)
        lifecycle.resume(self._region, KINDS)

    def dispatch(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request; members as in botocore's models, timestamps in epoch seconds.

        Args:
            operation: Of any of the three APIs: "CreateCampaign", "GetRecommendations", "PutEvents".

        Raises:
            ServiceError: The service refuses.
        """
        started, refused = time.perf_counter(), None
        try:
            return self._answer(operation, request)
        except Exception as error:
            refused = error
            raise
        finally:
            monitoring.answered(self._region, operation, request, refused, time.perf_counter() - started)

    def _answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        model = api.operation(operation)
        handler = OPERATIONS.get(operation)
        if handler is None:
            raise NotSimulated(f"{operation} is not simulated")
        try:
            self.faults.strike(operation)
            given = api.valid(model, request)
            if self._rates:
                self._rates.count(operation, given, self.quotas)
            with self._region.lock:
                lifecycle.sweep(self._region, KINDS)
                schedule.start_due(self._region)
            prepared.before(operation, self._region, given)
            is_control = model.service_model.service_name == api.CONTROL
            with self._region.lock if is_control else nullcontext():  # the others do not wait for each other
                return handler(self._region, given)
        except ServiceError as error:
            error.status = api.declared_status(model, error.code) or error.status
            raise

    def trainings(self) -> list[dict[str, Any]]:
        """How far each training is, see `training_progress`."""
        return list(training_progress.all_of(self._region))

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose, at random: to rehearse with."""
        return self._region.faults

    @property
    def quotas(self) -> Quotas:
        """How much there may be of everything; others count from the next request on."""
        return self._region.quotas

    @quotas.setter
    def quotas(self, quotas: Quotas) -> None:
        self._region.quotas = quotas

    def fail(self, arn: str, reason: str) -> None:
        """Let what is being made with this ARN fail: a fault to rehearse with."""
        with self._region.lock:
            lifecycle.fail(self._region, self._region.find_any(arn), reason)

    def close(self) -> None:
        """End what runs in the background and let go of all files."""
        self._region.close()
        self._lock.close()
        if self._forget:
            self._forget()
