"""Sends events to a deployed tracker: one by hand, or a log again, in its own rhythm."""

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import Progress

from custom_resources.errors import explain
from data_prep.schemas import DATASET_TYPES, Field
from operations.aws import Aws
from operations.clock import Clock
from operations.errors import OperationError
from operations.published import published
from personalize_stack.config.model import Project
from personalize_stack.config.words import allowed

MOST_EVENTS = 10  # of one PutEvents [API]
SESSION_SECONDS = 1800  # as many without an event begin another session
DEFAULT_TYPE = "interaction"


@dataclass(frozen=True)
class Event:
    """One interaction of a user.

    Args:
        at: When, in epoch seconds.
        metadata: What else the dataset knows of it, by column, as texts.
    """

    user: str
    item: str
    type: str
    at: float
    value: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def rendered(self, at: float, columns: Mapping[str, Field]) -> dict[str, Any]:
        """The event as PutEvents takes it, sent at a time.

        Args:
            columns: The metadata of the dataset, by name.

        Raises:
            OperationError: It has metadata that the dataset has not, or a text where a number is wanted.
        """
        value = {} if self.value is None else {"eventValue": self.value}
        more = {_camel(name): _typed(name, text, columns) for name, text in self.metadata.items()}
        properties = {"properties": json.dumps(more)} if more else {}
        sent = datetime.fromtimestamp(at, UTC)
        return {"eventType": self.type, "itemId": self.item, "sentAt": sent, **value, **properties}


def send(project: Project, event: Event, console: Console, session: str | None, *, as_json: bool = False) -> None:
    """Send one event.

    Raises:
        OperationError: There is no tracker, or the service refuses.
    """
    aws, tracking_id = _tracker(project)
    session = session or f"{event.user}-{int(event.at) // SESSION_SECONDS}"
    _put(aws, tracking_id, [event.rendered(event.at, _metadata(project))], event.user, session)
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
    columns = _metadata(project)
    events = sorted(_read(file, columns), key=lambda event: event.at)
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
                at = moment if speed else clock.now()
                _put(aws, tracking_id, [event.rendered(at, columns) for event in batch], batch[0].user, session)
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


def _put(aws: Aws, tracking_id: str, events: list[Any], user: str, session: str) -> None:
    try:
        aws.client("personalize-events").put_events(
            trackingId=tracking_id, userId=user, sessionId=session, eventList=events
        )
    except (ClientError, BotoCoreError) as error:
        raise OperationError(f"the event of {user} was not taken: {explain(error)}") from error


def _metadata(project: Project) -> Mapping[str, Field]:
    """The columns of the interactions that are the project's own."""
    kind = DATASET_TYPES[project.domain]["interactions"]
    return {one.name: one for one in kind.metadata(project.datasets["interactions"].fields(kind))}


def _camel(name: str) -> str:
    """A column's name as a key of properties: DEVICE_TYPE as deviceType."""
    first, *others = name.lower().split("_")
    return first + "".join(part.capitalize() for part in others)


def _typed(name: str, text: str, columns: Mapping[str, Field]) -> Any:
    if name not in columns:
        raise OperationError(f"the interactions have no column {name!r} of their own; {allowed(columns, name)}")
    try:
        match columns[name].type:
            case "int" | "long":
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text.lower()]
            case _:
                return text
    except (KeyError, ValueError) as error:
        raise OperationError(f"{name} is of type {columns[name].type}, got {text!r}") from error


def _tracker(project: Project) -> tuple[Aws, str]:
    aws = Aws(project.region, project.account)
    found = published(aws, project.stack_name).get("tracking-id")
    if found is None:
        raise OperationError(f"{project.stack_name} has no event tracker; say `event_tracker: true` and deploy")
    return aws, found


def _read(file: Path, columns: Collection[str]) -> Iterator[Event]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                yield _event(file, number, row, {name: row[name] for name in columns if row.get(name)})
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OperationError(f"the events in {file} cannot be read: {error}") from error


def _event(file: Path, number: int, row: Mapping[str, str], metadata: Mapping[str, str]) -> Event:
    try:
        value = float(row["EVENT_VALUE"]) if row.get("EVENT_VALUE") else None
        kind = row.get("EVENT_TYPE") or DEFAULT_TYPE
        return Event(row["USER_ID"], row["ITEM_ID"], kind, float(row["TIMESTAMP"]), value, metadata)
    except (KeyError, TypeError, ValueError) as error:
        wanted = "USER_ID, ITEM_ID, TIMESTAMP in seconds, EVENT_TYPE and EVENT_VALUE, as personalize prep writes them"
        raise OperationError(f"{file}, line {number}: no event: {error}; the columns should be {wanted}") from error
