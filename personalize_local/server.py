"""The local cloud's process, `python -m personalize_local.server`: `LocalCloud.up` prepares and starts it.

It inherits the listening socket, the lock of the state folder (held until it ends, however it ends) and, in its
environment, ministack's settings. It detaches itself from whoever started it.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

from personalize_local.adapters import cloudformation, ministack, monitoring, polling, schedules, workflows
from personalize_local.adapters.admin import administered
from personalize_local.adapters.metrics import CloudWatchMetrics
from personalize_local.adapters.objects import S3Objects
from personalize_local.adapters.saving import Saver
from personalize_local.record import Record
from personalize_local.service.clock import ShiftedClock, SystemClock
from personalize_local.service.errors import UnusableState
from personalize_local.service.profiles import PROFILES
from personalize_local.service.quotas import FILE, Quotas
from personalize_local.service.rates import Rates
from personalize_local.service.service import Service

CLOCK = "clock"
"""The file in the state folder that keeps by how much the time was moved on."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to end (SIGTERM)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--profile", choices=list(PROFILES), required=True)
    options = parser.parse_args(arguments)
    if os.fork():
        os._exit(0)
    os.setsid()
    family = _watch_over_family()
    Record(os.getpid(), options.url, options.profile).write(options.state)
    try:
        run(options.state, options.url, options.profile, options.socket)
    except UnusableState as error:
        # The last lines of the log are shown to whoever started it.
        print(  # noqa: T201
            f"{error}\nto begin anew, use another state folder, or move this one away", file=sys.stderr
        )
    finally:
        shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
        Record.remove(options.state)
        _end_family(family)


def run(state: Path, url: str, profile: str, socket: int) -> None:
    """Serve on an open socket until told to end."""
    quotas = Quotas.read(state / FILE)
    clock = ShiftedClock(state / CLOCK)

    def open_service(account: str, region: str, folder: Path) -> Service:
        objects = S3Objects(url, account, region)
        # Functions live by the machine's time, as what they read of CloudWatch has to.
        metrics = CloudWatchMetrics(url, account, region, SystemClock(), ahead=lambda: clock.ahead)
        return Service(
            account,
            region,
            state=folder,
            objects=objects,
            metrics=metrics,
            clock=clock,
            profile=PROFILES[profile],
            quotas=quotas,
            rates=Rates(),
        )

    personalize = ministack.PersonalizeModule(state / "personalize", open_service)
    ministack.install(personalize)
    cloudformation.install()
    monitoring.install()
    polling.install()
    schedules.install(clock)
    workflows.install()
    saver = Saver()
    saver.start()
    config = Config()
    config.bind = [f"fd://{socket}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.keep_alive_max_requests = sys.maxsize  # a connection that closes under a client costs it a request
    try:
        # `asyncio.run` would wait, at the end, for the functions that still run.
        asyncio.new_event_loop().run_until_complete(
            serve(administered(saver.following(app), personalize, clock), config)
        )
    finally:
        saver.close()
        personalize.close()


def _watch_over_family() -> "subprocess.Popen[bytes]":
    """Start a watcher that kills this process group when this process is gone, so that no worker outlives it.

    The watcher's standard input ends with this process, even a killed one: nobody else holds its other side.
    """
    return subprocess.Popen(["/bin/sh", "-c", "read _; kill -KILL 0"], stdin=subprocess.PIPE)


def _end_family(watcher: "subprocess.Popen[bytes]") -> None:
    """End all workers, and this process with them."""
    watcher.communicate()


if __name__ == "__main__":
    main()
