"""Files that all machines of a cluster see, for what its tasks leave to one another."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import boto3

from data_prep import s3


class Shared(Protocol):
    """A folder that all machines see."""

    def put(self, file: Path, name: str) -> None:
        """Put a file of this machine into it, whole or not at all."""

    def uri(self, name: str) -> str:
        """The name of a file or a folder in it, for Spark."""

    def bring(self, folder: str, scratch: Path) -> list[Path]:
        """The parts of a result that were written into a folder in it, in order, on this machine."""

    def clear(self) -> None:
        """Delete all that is in it."""


@dataclass(frozen=True)
class SharedFolder:
    """A folder of this machine, for a cluster of this machine alone."""

    folder: Path

    def put(self, file: Path, name: str) -> None:
        """Put a file into it, whole or not at all."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{uuid4()}")
        shutil.move(file, unfinished)
        unfinished.replace(target)

    def uri(self, name: str) -> str:
        """The name of a file or a folder in it, for Spark, to which some characters are wild."""
        return "file:" + "".join(f"\\{mark}" if mark in "*?[]{}\\," else mark for mark in str(self.folder / name))

    def bring(self, folder: str, scratch: Path) -> list[Path]:
        """The parts of a result that were written into a folder in it, in order."""
        return sorted((self.folder / folder).glob("part-*"))

    def clear(self) -> None:
        """Delete all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class SharedPrefix:
    """A prefix in S3: `s3://bucket/prefix`."""

    prefix: str

    def put(self, file: Path, name: str) -> None:
        """Put a file of this machine into it, whole or not at all."""
        bucket, key = s3.parts(self.uri(name))
        boto3.client("s3").upload_file(str(file), bucket, key)

    def uri(self, name: str) -> str:
        """The name of a file or a folder in it, for Spark."""
        return f"{self.prefix}/{name}"

    def bring(self, folder: str, scratch: Path) -> list[Path]:
        """The parts of a result that were written into a folder in it, in order, on this machine."""
        return [s3.download(uri, scratch / folder) for uri in s3.find(f"{self.uri(folder)}/part-*")]

    def clear(self) -> None:
        """Delete all that is in it."""
        bucket, key = s3.parts(self.prefix)
        boto3.resource("s3").Bucket(bucket).objects.filter(Prefix=f"{key}/").delete()
