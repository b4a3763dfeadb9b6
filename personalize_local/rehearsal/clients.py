"""The clients of the function: Personalize is the simulated service, the others stand in, and there is no network."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

import boto3
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape
from botocore.parsers import create_parser

from personalize_local.rehearsal.template import REGION
from personalize_local.service.errors import ServiceError
from personalize_local.service.objects import NoSuchObject

Dispatch = Callable[[str, Mapping[str, Any]], dict[str, Any]]
DESCRIBE_STACKS = "DescribeStacks"


def personalize_client(dispatch: Dispatch) -> Any:
    """A client of boto3 whose requests go straight to the service; its parsing and its errors are the real ones.

    It does not try again: an error is one that outlasted the client's own attempts.
    """
    client = boto3.Session("testing", "testing", region_name=REGION).client("personalize")
    parser = create_parser("json")

    def answer(model: OperationModel, params: Mapping[str, Any], **_: Any) -> tuple[Any, Any]:
        try:
            status, body = 200, dispatch(model.name, json.loads(params["body"]))
        except ServiceError as error:
            status, body = error.status, {"__type": error.code, "message": error.message}
        response = {"status_code": status, "headers": {}, "body": json.dumps(body).encode()}
        return SimpleNamespace(status_code=status), parser.parse(response, cast(Shape, model.output_shape))

    client.meta.events.register("before-call.personalize", cast(Any, answer))
    return client


class Stacks:
    """The client of CloudFormation that the function has."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        """The state of a stack."""
        try:
            return self._dispatch(DESCRIBE_STACKS, {"StackName": StackName})
        except ServiceError as error:
            metadata = {"HTTPStatusCode": error.status}
            answer: Any = {"Error": {"Code": error.code, "Message": error.message}, "ResponseMetadata": metadata}
            raise ClientError(answer, DESCRIBE_STACKS) from error


class Objects:
    """Objects by bucket and key: the store that the service reads, and the client of S3 that the function has."""

    def __init__(self, assets: Mapping[str, Path]) -> None:
        """Begin with a bucket of assets.

        Args:
            assets: Files by the key that the template knows them by.
        """
        self._assets = assets
        self._objects: dict[tuple[str, str], bytes] = {}
        self.exceptions = SimpleNamespace(NoSuchBucket=LookupError)

    def as_role(self, role_arn: str) -> "Objects":
        """The same objects: nobody looks at permissions here."""
        return self

    def list(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with the prefix."""
        return sorted(key for where, key in self._objects if where == bucket and key.startswith(prefix))

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's content."""
        if (bucket, key) not in self._objects:
            raise NoSuchObject(f"s3://{bucket}/{key}")
        return io.BytesIO(self._objects[bucket, key])

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object."""
        self._objects[bucket, key] = content

    # What the function calls, by the names of boto3

    def copy(self, source: Mapping[str, str], bucket: str, key: str, **_: Any) -> None:
        """Copy an asset into a bucket."""
        self.put(bucket, key, self._assets[source["Key"]].read_bytes())

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - as boto3 spells them
        """Delete an object."""
        self._objects.pop((Bucket, Key), None)

    def list_object_versions(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803
        """The one version of each object."""
        return {"Versions": [{"Key": key, "VersionId": "null"} for key in self.list(Bucket, "")]}

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        """Delete several objects."""
        for version in Delete["Objects"]:
            self.delete_object(Bucket=Bucket, Key=version["Key"])
        return {}


def assets_of(assembly: Path, stack: str) -> dict[str, Path]:
    """The files of a cloud assembly by the keys under which they are uploaded."""
    files = json.loads((assembly / f"{stack}.assets.json").read_text("utf-8"))["files"]
    return {
        destination["objectKey"]: assembly / asset["source"]["path"]
        for asset in files.values()
        for destination in asset["destinations"].values()
    }
