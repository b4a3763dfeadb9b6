"""The rows of a dataset: what import jobs and the events API brought in, in one SQLite file per dataset.

Bulk rows bear the import job that brought them and are seen only once that job is published, so that a long import
holds up neither readers nor events, and one that was cut short leaves nothing to be seen. A FULL import hides the bulk
rows of all jobs before it and leaves alone what came through the events API.
"""

import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, NamedTuple, Protocol

from personalize_local.service.store import connect, naming_damage, open_database

FILE = "rows.sqlite"

PUT = ":put"  # the source of rows that came through the events API; no job has such a name
ANONYMOUS = ":anonymous"  # the source of events of a session that no user is known for yet
CACHE = 64 * 1024  # KiB of an index that rows are written into: users come in any order
MOST_CHANGES = 10_000  # remembered with their times
BATCH = 20_000  # rows written at once: events wait no longer than that takes

Row = Mapping[str, Any]  # values by column, as the schema names them; None where one is missing

ENCODER = json.JSONEncoder(sort_keys=True)  # made once: `json.dumps` would make one for every row
IN_COLUMNS = ("USER_ID", "TIMESTAMP", "EVENT_TYPE")  # beside the one with what was interacted with

BROUGHT = {
    "BULK": f"source NOT IN ('{PUT}', '{ANONYMOUS}')",
    "PUT": f"source = '{PUT}'",
    "ALL": f"source != '{ANONYMOUS}'",
}
SEEN = f"(source IN ('{PUT}', '{ANONYMOUS}') OR source IN (SELECT source FROM published))"


class RowFile(ABC):
    """The rows of one dataset. Safe to use from several threads.

    Args:
        folder: The dataset's own; made if it is not there.
        durable: Whether what was written must survive a crash of the machine.
        now: The time that changes are noted with.

    Raises:
        UnusableState: The file is damaged, or of a newer version.
    """

    table: ClassVar[str]
    layouts: ClassVar[Sequence[str]]  # of the table, see `open_database`

    def __init__(self, folder: Path, *, durable: bool = True, now: Callable[[], float] = time.time) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = path = folder / FILE
        self._writer, self._writing = open_database(path, self.layouts, durable=durable), Lock()
        self._writer.execute(f"PRAGMA cache_size = -{CACHE}")
        self._reader, self._reading = connect(path, durable=durable), Lock()
        self.version = 0  # counts the changes
        self._now, self._changes = now, deque[float](maxlen=MOST_CHANGES)  # when the latest ones were made

    def load(self, source: str, rows: Iterable[Row], *, full: bool) -> None:
        """Bring in the rows of an import job and publish them.

        Args:
            full: Whether they replace the bulk rows that are there.
        """
        self._write(("DELETE FROM published WHERE source = ?", [(source,)]))
        self._remove(source)  # what an earlier attempt left
        remaining = iter(rows)
        while batch := [self._values(row, source) for row in islice(remaining, BATCH)]:
            self._write((self._insert, batch))
        hide = [("DELETE FROM published", [()])] if full else []
        self._write(*hide, ("INSERT INTO published VALUES (?)", [(source,)]))
        for (hidden,) in self._read(f"SELECT DISTINCT source FROM {self.table} WHERE NOT {SEEN}"):
            self._remove(hidden)

    def close(self) -> None:
        """Close the file."""
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()

    @property
    def _insert(self) -> str:
        columns = self._read(f"SELECT count(*) FROM pragma_table_info('{self.table}')")[0][0]
        return f"INSERT OR REPLACE INTO {self.table} VALUES ({', '.join('?' * columns)})"

    @abstractmethod
    def rows(self, mode: str) -> Iterator[Row]:
        """All rows: what import jobs brought (BULK), what came one by one (PUT), or both (ALL)."""

    @abstractmethod
    def forget_users(self, users: Collection[str]) -> set[str]:
        """Delete the rows of these users; tells of which there were some."""

    @abstractmethod
    def _values(self, row: Row, source: str) -> tuple[Any, ...]:
        """The row as the table has it."""

    def _write(self, *statements: tuple[str, Iterable[tuple[Any, ...]]]) -> None:
        """Run the statements, each once for every tuple, in one transaction."""
        with naming_damage(self._path), self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._writer.executemany(statement, values)
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
            self.version += 1
            self._changes.append(self._now())

    def version_at(self, moment: float) -> int:
        """The version at a moment, as far back as changes are known."""
        with self._writing:
            return self.version - sum(changed > moment for changed in self._changes)

    def changed_after(self, version: int) -> float | None:
        """When the first change after this version was made, or the first that is known of; None: there is none."""
        with self._writing:
            unseen = min(self.version - version, len(self._changes))
            return self._changes[-unseen] if unseen > 0 else None

    def _read(self, query: str, *values: Any) -> list[Any]:
        with naming_damage(self._path), self._reading:
            return self._reader.execute(query, values).fetchall()

    def _stream(self, query: str, *values: Any) -> Iterator[Any]:
        """The rows one by one, however many, while others read and write."""
        with naming_damage(self._path), closing(connect(self._path, durable=True)) as connection:
            yield from connection.execute(query, values)

    def _forget(self, column: str, ids: Collection[str]) -> set[str]:
        known = {found for (found,) in self._read(f"SELECT DISTINCT {column} FROM {self.table}")} & set(ids)
        self._write((f"DELETE FROM {self.table} WHERE {column} = ?", [(found,) for found in known]))
        return known

    def _remove(self, source: str) -> None:
        """Delete the rows of a source, a batch at a time."""
        ((first, last),) = self._read(f"SELECT min(rowid), max(rowid) FROM {self.table} WHERE source = ?", source)
        if first is None:
            return
        delete = f"DELETE FROM {self.table} WHERE source = ? AND rowid BETWEEN ? AND ?"
        for start in range(first, last + 1, BATCH):
            self._write((delete, [(source, start, start + BATCH - 1)]))


class RowType(Protocol):
    """Opens the rows of a dataset of some type."""

    def __call__(self, folder: Path, *, durable: bool, now: Callable[[], float]) -> RowFile:
        """Open the rows in the dataset's folder."""


class Interaction(NamedTuple):
    """One interaction; properties are the values of the columns that have no member here."""

    user_id: str
    item_id: str
    timestamp: int  # epoch seconds
    event_type: str | None
    properties: Row
    event_id: str | None = None  # two with the same one are one


class InteractionRows(RowFile):
    """The rows of an Interactions dataset, or of one of interactions with actions.

    Args:
        item_column: What was interacted with.
    """

    table = "interactions"
    layouts = (
        """
        CREATE TABLE IF NOT EXISTS published (source TEXT PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS interactions
            (user_id TEXT, timestamp INT, item_id TEXT, event_type TEXT, properties TEXT, source TEXT, event_id TEXT);
        CREATE INDEX IF NOT EXISTS by_user ON interactions (user_id, timestamp);
        CREATE UNIQUE INDEX IF NOT EXISTS by_event_id ON interactions (event_id) WHERE event_id IS NOT NULL
        """,
    )

    def __init__(self, folder: Path, *, item_column: str = "ITEM_ID", **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._item_column = item_column

    def add(self, events: Iterable[Interaction], *, session: str, known_user: bool) -> None:
        """Bring in events; when this returns, they are on disk.

        Args:
            session: Its earlier events become the user's, if they were nobody's.
            known_user: Whether the events name a user; if not, their `user_id` is the session.
        """
        source = PUT if known_user else ANONYMOUS
        values = [self._event_values(event, source) for event in events]
        claims = [(event.user_id, PUT, session, ANONYMOUS) for event in events][:1] if known_user else []
        self._write(
            (self._insert.replace("REPLACE", "IGNORE"), values),
            ("UPDATE interactions SET user_id = ?, source = ? WHERE user_id = ? AND source = ?", claims),
        )

    def of_user(self, user_id: str) -> list[Interaction]:
        """What a user, or a session without one, did: oldest first, the same thing once."""
        rows = self._read(
            f"""SELECT DISTINCT user_id, item_id, timestamp, event_type, properties FROM interactions
                WHERE user_id = ? AND {SEEN} ORDER BY timestamp""",
            user_id,
        )
        return [
            Interaction(user, item, timestamp, event_type, _properties(properties))
            for user, item, timestamp, event_type, properties in rows
        ]

    def log(
        self, event_type: str | None, least_value: float | None, columns: Iterable[str] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """What trainings learn from: user, item, timestamp, event type, event value, and more columns.

        In no order, and the same thing as often as it came in; anonymous sessions are left out.

        Args:
            event_type: Only interactions of this type, in whatever case.
            least_value: Only interactions with at least this EVENT_VALUE.
            columns: By their names in the schema.
        """
        more = "".join(f", json_extract(properties, '$.{name}')" for name in columns)
        return self._stream(
            f"""SELECT user_id, item_id, timestamp, event_type, json_extract(properties, '$.EVENT_VALUE') AS value{more}
                FROM interactions
                WHERE {SEEN} AND source != '{ANONYMOUS}'
                  AND (?1 IS NULL OR lower(event_type) = lower(?1)) AND (?2 IS NULL OR value >= ?2)""",
            event_type,
            least_value,
        )

    def latest(self) -> int:
        """When the latest interaction was, in seconds since 1970; 0 without any."""
        query = f"SELECT coalesce(max(timestamp), 0) FROM interactions WHERE {SEEN} AND source != '{ANONYMOUS}'"
        return int(self._read(query)[0][0])

    def counts(
        self, after: int, until: int, event_type: str | None, least_value: float | None
    ) -> Iterator[tuple[str, int]]:
        """How many interactions of `log` each item had in a stretch of time, whose begin is not in it."""
        return self._stream(
            f"""SELECT item_id, count(*) FROM (
                    SELECT DISTINCT user_id, item_id, timestamp, event_type, properties FROM interactions
                    WHERE timestamp > ?1 AND timestamp <= ?2 AND {SEEN} AND source != '{ANONYMOUS}'
                      AND (?3 IS NULL OR lower(event_type) = lower(?3))
                      AND (?4 IS NULL OR json_extract(properties, '$.EVENT_VALUE') >= ?4))
                GROUP BY item_id""",
            after,
            until,
            event_type,
            least_value,
        )

    def newest(self) -> int:
        """The number of the row that came in last, which grows with every import and event; 0 without rows."""
        query = f"""SELECT rowid FROM interactions WHERE {SEEN} AND source != '{ANONYMOUS}'
                    ORDER BY rowid DESC LIMIT 1"""
        return next((number for (number,) in self._read(query)), 0)

    def rows(self, mode: str) -> Iterator[Row]:
        """All rows, oldest first: what import jobs brought (BULK), what came one by one (PUT), or both (ALL)."""
        query = f"""SELECT DISTINCT user_id, item_id, timestamp, event_type, properties FROM interactions
                    WHERE {SEEN} AND {BROUGHT[mode]} ORDER BY timestamp, user_id, item_id"""
        for user, item, timestamp, event_type, properties in self._stream(query):
            known = {"USER_ID": user, self._item_column: item, "TIMESTAMP": timestamp, "EVENT_TYPE": event_type}
            yield known | json.loads(properties)

    def forget_users(self, users: Collection[str]) -> set[str]:
        """Delete what these users did; tells which of them had done something."""
        return self._forget("user_id", users)

    def _values(self, row: Row, source: str) -> tuple[Any, ...]:
        item = row[self._item_column]
        properties = _text(row, without=frozenset({*IN_COLUMNS, self._item_column}))
        return row["USER_ID"], row["TIMESTAMP"], item, row.get("EVENT_TYPE"), properties, source, None

    def _event_values(self, event: Interaction, source: str) -> tuple[Any, ...]:
        properties = _text(event.properties)
        return event.user_id, event.timestamp, event.item_id, event.event_type, properties, source, event.event_id


class RecordRows(RowFile):
    """The rows of an Items or Users dataset: the newest of each ID counts."""

    table = "records"
    layouts = (
        """
        CREATE TABLE IF NOT EXISTS published (source TEXT PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS records
            (id TEXT, source TEXT, written INT, properties TEXT, UNIQUE (id, source))
        """,
    )

    def __init__(self, folder: Path, *, id_column: str, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._id_column = id_column
        self._replaced: deque[tuple[float, str, Row]] = deque(maxlen=MOST_CHANGES)  # when, whose record, what it was

    def put(self, rows: Sequence[Row]) -> None:
        """Bring in single records; when this returns, they are on disk."""
        ids = [str(row[self._id_column]) for row in rows]
        before, now = self.some(ids), self._now()
        self._replaced.extend((now, record_id, before.get(record_id, {})) for record_id in ids)
        self._write((self._insert, [self._values(row, PUT) for row in rows]))

    def as_of(self, record_id: str, moment: float) -> Row:
        """A record as it was before those that were put after a moment; empty if there was none."""
        recent = list(self._replaced) if self._replaced and self._replaced[-1][0] > moment else []
        for changed, whose, before in recent:
            if whose == record_id and changed > moment:
                return before
        return self.some([record_id]).get(record_id, {})

    def ids(self) -> list[str]:
        """The IDs of all records."""
        return [record_id for (record_id,) in self._read(f"SELECT DISTINCT id FROM records WHERE {SEEN} ORDER BY id")]

    def all(self) -> dict[str, Row]:
        """The records by ID."""
        return self._newest(f"SELECT id, properties, max(written) FROM records WHERE {SEEN} GROUP BY id ORDER BY id")

    def some(self, ids: Sequence[str]) -> dict[str, Row]:
        """The records with these IDs, by ID."""
        return self._newest(
            f"""SELECT id, properties, max(written) FROM records
                WHERE id IN (SELECT value FROM json_each(?)) AND {SEEN} GROUP BY id""",
            json.dumps(list(ids)),
        )

    def rows(self, mode: str) -> Iterator[Row]:
        """All records by ID: what import jobs brought (BULK), what came one by one (PUT), or the newest (ALL)."""
        query = f"""SELECT id, properties, max(written) FROM records
                    WHERE {SEEN} AND {BROUGHT[mode]} GROUP BY id ORDER BY id"""
        for record_id, row in self._newest(query).items():
            yield {self._id_column: record_id, **row}

    def forget_users(self, users: Collection[str]) -> set[str]:
        """Delete the records of these users, if they are records of users; tells which there were."""
        return self._forget("id", users) if self._id_column == "USER_ID" else set()

    def _newest(self, query: str, *values: str) -> dict[str, Row]:
        # SQLite takes the other columns of a group from the row that has the maximum.
        return {record_id: json.loads(properties) for record_id, properties, _ in self._read(query, *values)}

    def _values(self, row: Row, source: str) -> tuple[Any, ...]:
        return row[self._id_column], source, time.time_ns(), _text(row, without=frozenset({self._id_column}))


@lru_cache(maxsize=4096)
def _properties(text: str) -> Row:
    """What `_text` wrote; most interactions have the same few properties, or none."""
    properties: Row = json.loads(text)
    return properties


def _text(row: Row, without: frozenset[str] = frozenset()) -> str:
    """One text for equal values; a missing value is the same as none."""
    return ENCODER.encode({name: value for name, value in row.items() if value is not None and name not in without})
