"""All there is of the service in one account and region: what the operations work on."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from personalize_local.service.clock import Clock
from personalize_local.service.errors import ResourceInUse, ResourceNotFound
from personalize_local.service.faults import Faults
from personalize_local.service.metrics import Metrics
from personalize_local.service.models import Models
from personalize_local.service.objects import ObjectStore
from personalize_local.service.profiles import Profile
from personalize_local.service.quotas import Quotas
from personalize_local.service.resource import Resource
from personalize_local.service.rows import RowFile, RowType
from personalize_local.service.store import ResourceStore
from personalize_local.service.timeline import ACTIVE
from personalize_local.service.training import Trainer

PARTITIONS: Mapping[str, str] = {"cn": "aws-cn", "us-gov": "aws-us-gov"}


@dataclass
class Region:
    """One account's Personalize in one region.

    Args:
        folder: Holds the data of the datasets and the models.
        durable: Whether what was answered must survive a crash of the machine.
        background: Does the imports.
        faults: What goes wrong on purpose.
        quotas: How much there may be of everything.
        lock: Held by whoever looks at several resources at once or changes one.
    """

    account: str
    name: str
    folder: Path
    durable: bool
    resources: ResourceStore
    clock: Clock
    profile: Profile
    objects: ObjectStore
    metrics: Metrics
    trainer: Trainer
    background: Executor
    faults: Faults
    quotas: Quotas
    models: Models = field(default_factory=Models)
    lock: RLock = field(default_factory=RLock)
    _row_files: dict[Path, RowFile] = field(default_factory=dict)

    def arn(self, path: str) -> str:
        """The ARN of what this path names here: "campaign/NAME"."""
        partition = next((value for prefix, value in PARTITIONS.items() if self.name.startswith(f"{prefix}-")), "aws")
        return f"arn:{partition}:personalize:{self.name}:{self.account}:{path}"

    def find(self, kind: str, arn: str) -> Resource:
        """The resource of this kind with this ARN.

        Raises:
            ResourceNotFound: There is none.
        """
        resource = self.find_any(arn)
        if resource.kind != kind:
            raise ResourceNotFound(f"Resource Arn {arn} does not exist.")
        return resource

    def find_any(self, arn: str) -> Resource:
        """The resource with this ARN, whatever its kind.

        Raises:
            ResourceNotFound: There is none.
        """
        resource = self.resources.get(arn)
        if resource is None:
            raise ResourceNotFound(f"Resource Arn {arn} does not exist.")
        return resource

    def find_active(self, kind: str, arn: str) -> Resource:
        """The resource of this kind with this ARN, which must be usable.

        Raises:
            ResourceNotFound: There is none.
            ResourceInUse: It is not, or no longer, ACTIVE.
        """
        resource = self.find(kind, arn)
        status = resource.status(self.clock.now())
        if status != ACTIVE:
            raise ResourceInUse(f"Resource Arn {arn} is in state {status}; it must be ACTIVE.")
        return resource

    def members(self, kind: str, **agreeing: str) -> list[Resource]:
        """The resources of a kind whose members in force agree with those given, oldest first."""
        now = self.clock.now()
        return [
            resource for resource in self.resources.of_kind(kind) if agreeing.items() <= resource.current(now).items()
        ]

    def rows(self, folder: Path, row_type: RowType) -> RowFile:
        """The rows in a dataset's folder, opened once."""
        with self.lock:
            if folder not in self._row_files:
                self._row_files[folder] = row_type(folder, durable=self.durable, now=self.clock.now)
            return self._row_files[folder]

    def close_rows(self, folder: Path) -> None:
        """Let go of the rows in a dataset's folder."""
        rows = self._row_files.pop(folder, None)
        if rows:
            rows.close()

    def close(self) -> None:
        """End what runs in the background and let go of all files."""
        self.trainer.close()
        self.background.shutdown(cancel_futures=True)
        self.metrics.close()
        for folder in list(self._row_files):
            self.close_rows(folder)
        self.resources.close()
