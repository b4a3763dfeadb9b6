"""Load on an HTTP server from a client that costs next to nothing: prepared requests over sockets that stay open."""

import json
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

RECEIVED_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Load:
    """What came of it: milliseconds of each answer, and the seconds that all took."""

    milliseconds: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.milliseconds) / self.seconds

    def quantile(self, share: float) -> float:
        """Milliseconds that this share of the answers took at most."""
        return float(np.quantile(self.milliseconds, share))


def get(url: str, path: str) -> bytes:
    """A request without a signature."""
    return f"GET {path} HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\n\r\n".encode()


def post(url: str, path: str, body: object) -> bytes:
    """A request as boto3 signs and sends it."""
    request = AWSRequest("POST", url + path, {"Content-Type": "application/json"}, json.dumps(body).encode())
    SigV4Auth(Credentials("test", "test"), "personalize", "us-east-1").add_auth(request)
    host = url.removeprefix("http://")
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = [f"POST {path} HTTP/1.1", f"Host: {host}", *lines, f"Content-Length: {len(request.data)}", "", ""]
    return "\r\n".join(head).encode() + request.data


def drive(url: str, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Send the requests over and over, one after the other on each connection; all must be answered with 200."""
    host, _, port = url.removeprefix("http://").partition(":")
    selector = selectors.DefaultSelector()
    milliseconds, sent = [], {}
    open_sockets = [socket.create_connection((host, int(port))) for _ in range(connections)]
    waiting = iter(requests[number % len(requests)] for number in range(1 << 40))
    began = time.perf_counter()
    for connection in open_sockets:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        sent[connection] = time.perf_counter()
        connection.sendall(next(waiting))
    under_way, received = connections, dict.fromkeys(open_sockets, b"")
    while under_way:
        for key, _ in selector.select():
            connection = key.fileobj
            part = connection.recv(RECEIVED_AT_ONCE)
            if not part:
                raise RuntimeError(f"the server hung up after {received[connection]!r}")
            received[connection] += part
            if not _is_whole(received[connection]):
                continue
            now = time.perf_counter()
            milliseconds.append((now - sent[connection]) * 1000)
            if not received[connection].startswith(b"HTTP/1.1 200"):
                raise RuntimeError(received[connection].decode(errors="replace"))
            received[connection] = b""
            if now - began > seconds:
                under_way -= 1
            else:
                sent[connection] = now
                connection.sendall(next(waiting))
    ended = time.perf_counter()
    for connection in open_sockets:
        connection.close()
    return Load(milliseconds, ended - began)


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    lowered = head.lower()
    place = lowered.find(b"content-length:")
    if place < 0:
        return answer.endswith(b"0\r\n\r\n")
    return len(body) >= int(lowered[place + 15 :].split(b"\r\n", 1)[0])
