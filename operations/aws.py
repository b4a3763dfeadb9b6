"""The account and region that a command acts on: AWS, or the local cloud that the environment leads to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from custom_resources.errors import explain
from operations.errors import OperationError

AWS_ERRORS = (BotoCoreError, ClientError)  # all that a call of boto3 raises
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})  # long lists are throttled
_AT_ONCE = Config(retries={"total_max_attempts": 1})  # a cloud on this machine that does not answer is not there


class Aws:
    """An account and region, and the clients for it; may be shared by threads.

    Args:
        region: Default: that of the environment or its profile.
        account: The account that it has to be. Default: whichever the credentials are of.

    Raises:
        OperationError: There are no credentials or no region, or they are those of another account.
    """

    def __init__(self, region: str | None = None, account: str | None = None) -> None:
        # AWS_REGION is what the CDK looks at first, and boto3 does not.
        self._session = boto3.Session(region_name=region or os.environ.get("AWS_REGION"))
        self._clients: dict[str, Any] = {}
        self._lock = Lock()
        if not self._session.region_name:
            raise OperationError(
                "no region given; set AWS_REGION, or `region` in the configuration; "
                'for the local cloud: eval "$(personalize local env)"'
            )
        self.region: str = self._session.region_name
        with explained("the credentials do not work"):
            try:
                sts = self._session.client("sts", config=_AT_ONCE) if self.is_local else self.client("sts")
                identity = sts.get_caller_identity()
            except EndpointConnectionError as error:
                if not self.is_local:
                    raise
                url = self.client("sts").meta.endpoint_url
                raise OperationError(
                    f"nothing answers at {url}; start the local cloud with: personalize local up"
                ) from error
        self.account: str = identity["Account"]
        self.partition: str = identity["Arn"].split(":")[1]
        if account and account != self.account:
            raise OperationError(
                f"the credentials are of account {self.account}, and the configuration says {account}; "
                "use credentials of that account"
            )

    @property
    def place(self) -> str:
        """Where this is, for a sentence."""
        url = self.client("sts").meta.endpoint_url
        cloud = "" if ".amazonaws." in url else f", at {url}"
        return f"account {self.account}, {self.region}{cloud}"

    @property
    def is_local(self) -> bool:
        """Whether this is a cloud on this machine."""
        host = urlsplit(self.client("sts").meta.endpoint_url).hostname or ""
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    def client(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(service, config=_PATIENT)  # type: ignore[call-overload]
            return self._clients[service]


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an error of AWS into ours.

    Args:
        doing: What goes wrong, for the message.
    """
    try:
        yield
    except AWS_ERRORS as error:
        raise OperationError(f"{doing}: {explain(error)}") from error
