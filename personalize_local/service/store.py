"""The resources of a region: all in memory, every change on disk before it is answered."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from personalize_local.service.errors import UnusableState
from personalize_local.service.resource import Resource

LAYOUTS = ("CREATE TABLE IF NOT EXISTS resources (arn TEXT PRIMARY KEY, number INT, body TEXT)",)


def connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    """Open a database whose readers never wait for a writer.

    Args:
        durable: Whether what was committed must survive a crash of the machine; if not, commits are much faster.
    """
    connection = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
    return connection


def open_database(path: Path, layouts: Sequence[str], *, durable: bool) -> sqlite3.Connection:
    """Open a database, made or brought up to date if need be.

    Args:
        layouts: Scripts, each of which leads from one version of the layout to the next; the first one makes it.

    Raises:
        UnusableState: It is damaged, or of a version that is not known here.
    """
    with naming_damage(path):
        connection = connect(path, durable=durable)
        if _version(connection) != len(layouts):
            _bring_up_to_date(connection, path, layouts)
    return connection


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Raise what SQLite says of a damaged database as an UnusableState that names the file."""
    try:
        yield
    except sqlite3.OperationalError:  # no damage: a full disk, say
        raise
    except sqlite3.DatabaseError as error:
        raise UnusableState(f"{path} is damaged: {error}") from error


def _version(connection: sqlite3.Connection) -> int:
    ((version,),) = connection.execute("PRAGMA user_version")
    return int(version)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, layouts: Sequence[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")  # another process may be about to do the same
    version = _version(connection)
    if version > len(layouts):
        connection.close()
        raise UnusableState(
            f"{path} was written by a newer version (layout {version}, known here: up to {len(layouts)}); "
            "use that version, or another folder"
        )
    for script in layouts[version:]:
        for statement in script.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(layouts)}")
    connection.execute("COMMIT")


def check(path: Path) -> None:
    """Look through a database.

    Raises:
        UnusableState: It is damaged.
    """
    with naming_damage(path), closing(connect(path, durable=True)) as connection:
        ((found,),) = connection.execute("PRAGMA quick_check(1)")
    if found != "ok":
        raise UnusableState(f"{path} is damaged: {found}")


class ResourceStore:
    """Resources by ARN, in the order of their creation.

    Raises:
        UnusableState: The database cannot be used.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._database = open_database(path, LAYOUTS, durable=durable)
        with naming_damage(path):
            rows = self._database.execute("SELECT body FROM resources ORDER BY number")
            resources = [Resource.from_json(body) for (body,) in rows]
        self._by_arn = {resource.arn: resource for resource in resources}
        self._last_number = max((resource.number for resource in resources), default=0)

    def next_number(self) -> int:
        """A number greater than any given before."""
        self._last_number += 1
        return self._last_number

    def save(self, resource: Resource) -> None:
        """Add the resource or write its changes down."""
        self._database.execute(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?)", (resource.arn, resource.number, resource.to_json())
        )
        self._by_arn[resource.arn] = resource

    def remove(self, resource: Resource) -> None:
        """Forget the resource."""
        self._database.execute("DELETE FROM resources WHERE arn = ?", (resource.arn,))
        del self._by_arn[resource.arn]

    def get(self, arn: str) -> Resource | None:
        """The resource with this ARN."""
        return self._by_arn.get(arn)

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """All resources of a kind, oldest first."""
        return (resource for resource in self._by_arn.values() if resource.kind == kind)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._by_arn.values()))

    def close(self) -> None:
        """Close the database."""
        self._database.close()
