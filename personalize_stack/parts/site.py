"""What all parts of a stack build on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3

from data_prep.manifest import Manifest, sha256
from personalize_stack.config.model import Project
from personalize_stack.config.values import DatasetName
from personalize_stack.notifications import Notifications
from personalize_stack.parts.outputs import Outputs, pascal
from personalize_stack.storage import PreparedFile, Storage


@dataclass(frozen=True)
class Site:
    """The stack, what is declared for it and prepared, and where its data lies."""

    stack: Stack
    project: Project
    manifest: Manifest
    storage: Storage
    outputs: Outputs

    @cached_property
    def notifications(self) -> Notifications:
        """Where operations tell what happened, made when something asks for it."""
        made = Notifications(self.stack, "Notifications", encryption_key=self.storage.key, emails=self.project.notify)
        self.outputs.tell("NotificationsTopicArn", made.topic.topic_arn)
        self.outputs.tell("NotificationsBusName", made.bus.event_bus_name)
        return made

    def input(self, folder: str, location: str, *, own_key: bool = True) -> str:
        """Return the URI of what a job reads: an S3 URI that is given, or that of a file brought to the data bucket.

        Args:
            folder: the job's folder in the data bucket: `batch-inference/newsletter`.
            location: the file, relative to the configuration, or the S3 URI.
            own_key: whether the file may be encrypted with the project's key.
        """
        if location.startswith("s3://"):
            self._allow(location)
            return location
        path = self.project.root / location
        file = PreparedFile(
            self.stack,
            f"{pascal(folder.replace('/', '-'))}Input",
            storage=self.storage,
            path=path,
            prefix=f"{folder}/input",
            sha256=sha256(path),
            own_key=own_key,
        )
        return file.uri

    def output_folder(self, folder: str, given: str | None) -> str:
        """Return the URI of the folder that results go to: the given one, or one in the data bucket."""
        if given is None:
            return self.storage.output(f"{folder}/output")
        self._allow(given, "s3:PutObject")
        return given if given.endswith("/") else f"{given}/"

    def _allow(self, uri: str, *actions: str) -> None:
        """Let the service's role read, and do what else is said, in a place that is not the stack's own."""
        name, _, key = uri.removeprefix("s3://").partition("/")
        known = self.stack.node.try_find_child(f"Bucket-{name}")
        bucket = cast("s3.IBucket", known) if known else s3.Bucket.from_bucket_name(self.stack, f"Bucket-{name}", name)
        bucket.grant_read(self.storage.role, f"{key}*")
        if actions:
            bucket.grant_write(self.storage.role, f"{key}*", list(actions))


def columns(chosen: Mapping[DatasetName, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return a choice of columns by the plain names of datasets."""
    return {str(name): names for name, names in chosen.items()}
