"""Starts, finds and stops the local cloud of a state folder.

The server is a process of its own that outlives the one that started it. This module prepares everything that can
fail with a message (lock, port, version) and hands it over; `server.py` serves.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from personalize_local.adapters.settings import WAIT_SCALES, require_ministack, settings
from personalize_local.environment import ACCOUNT, REGION, exports, refuse_real_credentials
from personalize_local.errors import LocalCloudError
from personalize_local.record import Record, lock
from personalize_local.service.quotas import FILE, InvalidQuotas, Quotas

HOST = "127.0.0.1"
STARTING_SECONDS = 60
ENDING_SECONDS = 15
LOG_LINES = 12
PROFILES = tuple(WAIT_SCALES)


class LocalCloud:
    """The local cloud that keeps its state in a folder.

    Args:
        state: The folder; made if missing. Everything in it comes back at the next `up`, also after a crash.
        port: Where to listen, on this machine only. Default: the port of the last time if it is free, else any.
        profile: How long Personalize's steps take: "instant", "brisk" (seconds) or "aws" (what AWS takes).
    """

    account = ACCOUNT
    region = REGION

    def __init__(self, state: Path, port: int | None = None, profile: str = "brisk") -> None:
        if profile not in WAIT_SCALES:
            raise LocalCloudError(f"there is no profile {profile!r}; choose one of {', '.join(WAIT_SCALES)}")
        self._state = state.resolve()
        self._port = port
        self._profile = profile

    @property
    def log(self) -> Path:
        """Where the server writes what it does."""
        return self._state / "server.log"

    def up(self) -> str:
        """Start it, unless it runs, and return its URL once it answers.

        Raises:
            LocalCloudError: The environment points at AWS; the port is taken; it runs with another port or profile;
                its file of quotas is wrong; it does not start.
        """
        refuse_real_credentials(os.environ)
        require_ministack()
        self._state.mkdir(parents=True, exist_ok=True)
        with lock(self._state) as held:
            if held is None:
                return self._running_as_asked().url
            self._check_quotas()
            with self._listen() as listening:
                self._clear_up()
                url = f"http://{HOST}:{listening.getsockname()[1]}"
                self._start(url, listening, held)
        self._await_answer(url)
        return url

    def down(self) -> bool:
        """Stop it and everything that it started; its state stays. Returns whether it ran.

        Raises:
            LocalCloudError: It does not end.
        """
        if not self._state.exists():
            return False
        record = self.status()
        if record is None:
            self._clear_up()
            return False
        for ending in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(record.pid, ending)
            if _comes_true(lambda: self._ended(record.port), ENDING_SECONDS):
                self._clear_up()
                return True
        raise LocalCloudError(f"the local cloud at {record.url} does not end; its process is {record.pid}")

    def status(self) -> Record | None:
        """The process, URL and profile of the local cloud if it runs, else None."""
        if not self._state.exists():
            return None
        with lock(self._state) as held:
            return None if held is not None else self._record()

    def crashed(self) -> bool:
        """Whether it ended without being told to; `up` starts it again on what it saved, `down` tidies up."""
        return self.status() is None and Record.read(self._state) is not None

    def environment(self) -> dict[str, str]:
        """The variables that send the AWS tools to it, to add to those of a process.

        Raises:
            LocalCloudError: It does not run; the environment points at AWS.
        """
        refuse_real_credentials(os.environ)
        record = self.status()
        if record is None:
            raise self._down()
        return exports(record.url, os.environ)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the local cloud itself, beside AWS's APIs; see `adapters/admin.py`.

        Args:
            path: What follows `/_personalize/`.

        Raises:
            LocalCloudError: It does not run, or it refuses.
        """
        record = self.status()
        if record is None:
            raise self._down()
        connection = _connection(record.url, STARTING_SECONDS)
        try:
            connection.request(method, f"/_personalize/{path}", json.dumps(body or {}))
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, HTTPException) as error:
            raise LocalCloudError(f"the local cloud at {record.url} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise LocalCloudError(answer["message"])
        return answer

    def _check_quotas(self) -> None:
        try:
            Quotas.read(self._state / FILE)
        except InvalidQuotas as error:
            raise LocalCloudError(f"{error}; correct it") from error

    def _running_as_asked(self) -> Record:
        record = self._record()
        if self._port not in (None, record.port) or self._profile != record.profile:
            raise LocalCloudError(
                f"the local cloud on {self._state} runs already, at {record.url} with profile {record.profile}; "
                "stop it first with: personalize local down"
            )
        return record

    def _record(self) -> Record:
        """The record of the local cloud that holds the lock; while it starts, there is none for a moment."""
        if not _comes_true(lambda: Record.read(self._state) is not None, STARTING_SECONDS):
            raise LocalCloudError(f"{self._state} is locked by a process that is no local cloud; use another folder")
        record = Record.read(self._state)
        assert record is not None
        return record

    def _listen(self) -> socket.socket:
        """A listening socket: from here on, requests wait for the server that will take it over."""
        last = self._state / "port"  # so that what a shell has exported stays true
        wanted = [self._port] if self._port is not None else [int(last.read_text()), 0] if last.exists() else [0]
        for port in wanted:
            try:
                listening = socket.create_server((HOST, port))
            except OSError as error:
                reason = error
            else:
                last.write_text(str(listening.getsockname()[1]))
                return listening
        raise LocalCloudError(
            f"port {self._port} on {HOST} cannot be used ({os.strerror(reason.errno or 0)}); "
            "choose another with --port, or leave it out for a free one"
        )

    def _start(self, url: str, listening: socket.socket, locked: int) -> None:
        """Start the server, which inherits the socket and the lock and detaches itself from this process."""
        port = listening.getsockname()[1]
        temporary = self._state / "tmp"
        temporary.mkdir()
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        command = [sys.executable, "-m", "personalize_local.server", "--state", str(self._state), "--url", url]
        with self.log.open("ab") as log:
            subprocess.run(
                [*command, "--socket", str(listening.fileno()), "--profile", self._profile],
                env=foreign | settings(url, port, self._state / "ministack", temporary, self._profile),
                pass_fds=(listening.fileno(), locked),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )

    def _await_answer(self, url: str) -> None:
        """Ask for its health; the answer comes when it is ready, or the connection breaks when it ends."""
        try:
            if _health(url, STARTING_SECONDS):
                return
        except (OSError, HTTPException):
            pass
        said = "\n".join(f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        raise LocalCloudError(f"the local cloud did not start; all it said: {self.log}\n{said}")

    def _down(self) -> LocalCloudError:
        return LocalCloudError(f"no local cloud runs on {self._state}; start it with: personalize local up")

    def _ended(self, port: int) -> bool:
        """Whether nobody holds the lock or the port any more."""
        with lock(self._state) as held:
            if held is None:
                return False
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            return False
        return True

    def _clear_up(self) -> None:
        """Take away what a crash leaves behind."""
        Record.remove(self._state)
        shutil.rmtree(self._state / "tmp", ignore_errors=True)


def _connection(url: str, seconds: float) -> HTTPConnection:
    return HTTPConnection(url.removeprefix("http://"), timeout=seconds)


def _health(url: str, seconds: float) -> bool:
    """Whether a server answers; asked directly, past any proxy."""
    connection = _connection(url, seconds)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == HTTPStatus.OK
    finally:
        connection.close()


def _comes_true(claim: Callable[[], bool], seconds: float) -> bool:
    """Look every now and then whether a claim holds, for so long."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
