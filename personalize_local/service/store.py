"""The resources of a region: all in memory, every change on disk before it is answered."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from personalize_local.service.resource import Resource


def connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    """Open a database whose readers never wait for a writer.

    Args:
        durable: Whether what was committed must survive a crash of the machine; if not, commits are much faster.
    """
    connection = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
    return connection


class ResourceStore:
    """Resources by ARN, in the order of their creation."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._database = connect(path, durable=durable)
        self._database.execute("CREATE TABLE IF NOT EXISTS resources (arn TEXT PRIMARY KEY, number INT, body TEXT)")
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
