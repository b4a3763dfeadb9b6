"""Keys that occur several times, found by their hashes: the few rows that have them are all that need a closer look.

Hashes are sorted in memory, which takes a third of what a grouping of as many rows does; so many at a time as fit.
Half of a hash is enough: of twenty million keys, it makes one in two hundred a suspect that is none.
"""

import duckdb
import numpy as np

AT_A_TIME = 20_000_000  # hashes of 4 bytes, which are there twice while they are sorted


def find(connection: duckdb.DuckDBPyConnection, column: str, rows: str, into: str) -> None:
    """Put the hashes that occur more than once into a temporary table.

    Args:
        column: the hash, of type uinteger; null in rows that do not count.
        rows: the table with it.
        into: the table, with one column `hash`.
    """
    connection.execute(f"create or replace temp table {into} (hash uinteger)")
    (count,) = connection.execute(f"select count({column}) from {rows}").fetchone()
    parts = 1 + count // AT_A_TIME
    for part in range(parts):
        some = f"and {column} % {parts} = {part}" if parts > 1 else ""
        hashes = connection.execute(f"select {column} as hash from {rows} where {column} is not null {some}")
        ordered = np.sort(np.ma.getdata(hashes.fetchnumpy()["hash"]))
        found = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        connection.execute(f"insert into {into} select unnest(?::uinteger[])", [found.tolist()])
