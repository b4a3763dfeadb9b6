"""Keys that occur several times, found by their hashes: the few rows that have them are all that need a closer look.

Hashes are sorted in memory, which takes a third of what a grouping of as many rows does; so many at a time as fit.
"""

import duckdb
import numpy as np
import pandas as pd

AT_A_TIME = 20_000_000  # hashes of 8 bytes, which are there twice while they are sorted


def find(connection: duckdb.DuckDBPyConnection, column: str, rows: str, count: int, into: str) -> None:
    """Put the hashes that occur more than once into a temporary table.

    Args:
        column: the hash, of type ubigint.
        rows: a relation with it.
        count: about how many rows that has.
        into: the table, with one column `hash`.
    """
    connection.execute(f"create or replace temp table {into} (hash ubigint)")
    parts = 1 + count // AT_A_TIME
    for part in range(parts):
        some = f"where {column} % {parts} = {part}" if parts > 1 else ""
        hashes = connection.execute(f"select {column} as hash from {rows} {some}").fetchnumpy()["hash"]
        hashes.sort()
        found = pd.DataFrame({"hash": np.unique(hashes[1:][hashes[1:] == hashes[:-1]])})
        connection.register("found", found)
        connection.execute(f"insert into {into} from found")
        connection.unregister("found")
