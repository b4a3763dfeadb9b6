"""Sends events to a deployed tracker: one by hand, or a log again, in its own rhythm."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import Progress

from custom_resources.errors import explain
from operations.aws import Aws
from operations.clock import Clock
from operations.errors import OperationError
from operations.published import published
from personalize_stack.config.model import Project

MOST_EVENTS = 10  # of one PutEvents [API]
SESSION_SECONDS = 1800  # as many without an event begin another session
DEFAULT_TYPE = "interaction"


@dataclass(frozen=True)
class Event:
    """One interaction of a user.

    Args:
        at: When, in epoch seconds.
    """

    user: str
    item: str
    type: str
    at: float
    value: float | None = None

    def rendered(self, at: float) -> dict[str, Any]:
        """The event as PutEvents takes it, sent at a time."""
        value = {} if self.value is None else {"eventValue": self.value}
        return {"eventType": self.type, "itemId": self.item, "sentAt": datetime.fromtimestamp(at, UTC), **value}


def send(project: Project, event: Event, console: Console, session: str | None, *, as_json: bool = False) -> None:
    """Send one event.

    Raises:
        OperationError: There is no tracker, or the service refuses.
    """
    aws, tracking_id = _tracker(project)
    session = session or f"{event.user}-{int(event.at) // SESSION_SECONDS}"
    _put(aws, tracking_id, [event], session, event.at)
    if as_json:
        console.print_json(json.dumps({"sent": 1, "session": session}))
    else:
        console.print(f"sent: {event.user} {event.type} {event.item}, in session {session}")


def replay(
    project: Project,
    file: Path,
    console: Console,
    clock: Clock,
    *,
    speed: float | None = None,
    skip: int = 0,
    limit: int | None = None,
    as_json: bool = False,
) -> None:
    """Send the events of a prepared log again, in the order of their times, as if they happened now.

    Args:
        speed: How many seconds of the log pass in one. Default: as fast as it goes.
        skip: How many to leave out at the begin, as after an interruption.
        limit: How many to send at most.

    Raises:
        OperationError: The file cannot be read, there is no tracker, or the service refuses; tells how to go on.
    """
    events = sorted(_read(file), key=lambda event: event.at)
    chosen = list(islice(events, skip, None if limit is None else skip + limit))
    if not chosen:
        raise OperationError(f"{file} has {len(events)} events, and {skip} are left out: there is nothing to send")
    aws, tracking_id = _tracker(project)
    began, first = clock.now(), chosen[0].at
    sent = 0
    with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as progress:
        task = progress.add_task("sending", total=len(chosen))
        for batch in _batches(chosen):
            moment = began
            if speed:
                moment = began + (batch[-1].at - first) / speed
                clock.sleep(max(0.0, moment - clock.now()))
            session = f"{batch[0].user}-{int(batch[0].at) // SESSION_SECONDS}"
            try:
                _put(aws, tracking_id, batch, session, moment if speed else clock.now())
            except OperationError as error:
                raise OperationError(f"{error}; {sent} were sent; to go on: --skip {skip + sent}") from error
            sent += len(batch)
            progress.advance(task, len(batch))
    if as_json:
        console.print_json(json.dumps({"sent": sent}))
    else:
        console.print(f"sent {sent:,} events of {file}")


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Events that follow each other in one session, as many as one request takes."""
    for _, own in groupby(events, key=lambda event: (event.user, int(event.at) // SESSION_SECONDS)):
        while batch := list(islice(own, MOST_EVENTS)):
            yield batch


def _put(aws: Aws, tracking_id: str, events: list[Event], session: str, at: float) -> None:
    rendered = [event.rendered(at) for event in events]
    try:
        aws.client("personalize-events").put_events(
            trackingId=tracking_id, userId=events[0].user, sessionId=session, eventList=rendered
        )
    except (ClientError, BotoCoreError) as error:
        raise OperationError(f"the event of {events[0].user} was not taken: {explain(error)}") from error


def _tracker(project: Project) -> tuple[Aws, str]:
    aws = Aws(project.region, project.account)
    found = published(aws, project.stack_name).get("tracking-id")
    if found is None:
        raise OperationError(f"{project.stack_name} has no event tracker; say `event_tracker: true` and deploy")
    return aws, found


def _read(file: Path) -> Iterator[Event]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                yield _event(file, number, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperationError(f"the events in {file} cannot be read: {error}") from error


def _event(file: Path, number: int, row: Mapping[str, str]) -> Event:
    try:
        value = float(row["EVENT_VALUE"]) if row.get("EVENT_VALUE") else None
        kind = row.get("EVENT_TYPE") or DEFAULT_TYPE
        return Event(row["USER_ID"], row["ITEM_ID"], kind, float(row["TIMESTAMP"]), value)
    except (KeyError, TypeError, ValueError) as error:
        wanted = "USER_ID, ITEM_ID, TIMESTAMP in seconds, EVENT_TYPE and EVENT_VALUE, as personalize prep writes them"
        raise OperationError(f"{file}, line {number}: no event: {error}; the columns should be {wanted}") from error
