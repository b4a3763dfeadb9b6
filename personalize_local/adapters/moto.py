"""Puts the service in place of moto's own Personalize, so that `mock_aws` mocks all three of its APIs.

Touches what moto does not promise to keep: `BaseBackend._url_module`, `BaseResponse.automated_parameter_parsing` and
`backend_index.backend_url_patterns`; hence the bound on moto's version.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from types import SimpleNamespace
from typing import Any, BinaryIO

import moto.personalize
from botocore import xform_name
from moto import backend_index
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import ActionResult, BaseResponse
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

from personalize_local.service import api
from personalize_local.service.errors import ServiceError
from personalize_local.service.metrics import NAMESPACE, Datum
from personalize_local.service.objects import NoSuchObject
from personalize_local.service.service import Service
from personalize_local.service.training import InlineTrainer


class MockedObjects:
    """The objects in moto's S3 of one account."""

    def __init__(self, account: str) -> None:
        self._account = account

    def as_role(self, role_arn: str) -> "MockedObjects":
        """The same objects: moto does not look at the permissions of roles."""
        return self

    def list(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with the prefix."""
        return sorted(key for key in self._bucket(bucket).keys if key.startswith(prefix))

    def open(self, bucket: str, key: str) -> BinaryIO:
        """The object's content."""
        self._bucket(bucket)
        found = s3_backends[self._account]["aws"].get_object(bucket, key)
        if found is None:
            raise NoSuchObject(f"s3://{bucket}/{key}")
        return BytesIO(found.value)

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object."""
        self._bucket(bucket)
        s3_backends[self._account]["aws"].put_object(bucket, key, content)

    def _bucket(self, name: str) -> Any:
        try:
            return s3_backends[self._account]["aws"].get_bucket(name)
        except MissingBucket as error:
            raise NoSuchObject(f"s3://{name}") from error


class MockedMetrics:
    """moto's CloudWatch of one account and region: a value is there when the request that it tells of is answered."""

    def __init__(self, account: str, region: str) -> None:
        self._backend = cloudwatch_backends[account][region]

    def put(self, data: Sequence[Datum]) -> None:
        """Put values; moto does not look at the permissions of roles."""
        self._backend.put_metric_data(
            NAMESPACE,
            [
                {
                    "MetricName": datum.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in datum.dimensions],
                    "Timestamp": datetime.fromtimestamp(datum.timestamp, UTC).replace(tzinfo=None),  # as moto has them
                    "Unit": datum.unit,
                    "Value": datum.value,
                }
                for datum in data
            ],
        )

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


class InlineExecutor(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call, and answer with a future that is done."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class PersonalizeBackend(BaseBackend):  # type: ignore[misc]
    """The service of one account and region; imports and trainings are done when their Create returns."""

    @cached_property
    def service(self) -> Service:
        """The service, from its first request on."""
        return Service(
            self.account_id,
            self.region_name,
            state=None,
            objects=MockedObjects(self.account_id),
            metrics=MockedMetrics(self.account_id, self.region_name),
            trainer=InlineTrainer(),
            background=InlineExecutor(),
        )

    def reset(self) -> None:
        """Forget everything, for the next test."""
        if "service" in self.__dict__:
            self.service.close()
        super().reset()

    @property
    def _url_module(self) -> SimpleNamespace:
        return URLS


def _response(service: str) -> Callable[..., Any]:
    """What answers the HTTP requests of one API, by moto's reading of botocore's models."""

    def method(operation: str) -> Callable[[Any], Any]:
        def respond(response: Any) -> Any:
            backend = BACKENDS[response.current_account][response.region]
            request = _in_epoch_seconds({**response.params, **response.uri_match})
            try:
                return ActionResult(backend.service.dispatch(operation, request))
            except ServiceError as error:
                body = json.dumps({"__type": error.code, "message": error.message})
                return body, {"status": error.status, "x-amzn-errortype": error.code}

        return respond

    class Response(BaseResponse):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(service_name=service)
            self.automated_parameter_parsing = True

    for operation in api.service_model(service).operation_names:
        setattr(Response, xform_name(operation), method(operation))
    dispatch: Callable[..., Any] = Response.dispatch
    return dispatch


def _in_epoch_seconds(value: Any) -> Any:
    """The request with its timestamps as the service takes them."""
    match value:
        case datetime():
            return value.timestamp()
        case Mapping():
            return {key: _in_epoch_seconds(member) for key, member in value.items()}
        case list():
            return [_in_epoch_seconds(member) for member in value]
    return value


BACKENDS = BackendDict(PersonalizeBackend, "personalize")
HOSTS = r"https?://personalize(?:-runtime|-events)?\.(.+)\.amazonaws\.com"
URLS = SimpleNamespace(
    url_bases=[HOSTS],
    url_paths={
        f"{{0}}{api.service_model(service).operation_model(operation).http['requestUri']}$": _response(service)
        for service in api.SERVICES
        for operation in api.service_model(service).operation_names
    },
)


def install() -> None:
    """Make moto use this service; a second time changes nothing."""
    if moto.personalize.personalize_backends is not BACKENDS:
        moto.personalize.personalize_backends = BACKENDS
        backend_index.backend_url_patterns.append(("personalize", re.compile(HOSTS)))
