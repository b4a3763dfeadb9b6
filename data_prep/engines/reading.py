"""Files into DuckDB, line by line, so that no line is lost and each keeps its number.

DuckDB's own CSV reader skips what it cannot parse: one stray quotation mark can cost hundreds of thousands of lines.
So every line goes into the table `lines` as it is, the row id being its place, and is then split in SQL, which is as
fast. A Parquet file's rows become lines of JSON. Tables: `lines (file, text)`, text null for an empty line, and
`unreadable (file, line, text)` for what is no text at all.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from data_prep.errors import SourceError, first_line
from data_prep.rules import BROKEN, ROW, literal, quoted
from data_prep.sources import Format, format_of
from data_prep.stitching import field_pattern, record_pattern, spans

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_LINES = 10_000  # of JSON, from which the columns are told
_LINES_OF = """
         read_csv({path}, auto_detect = false, header = false, columns = {{'text': 'varchar'}}, quote = '', escape = '',
                  delim = '{never}', strict_mode = false, store_rejects = true, rejects_table = 'reject_errors')
"""
NEVER = "\x01\x02\x03\x04"  # a delimiter that no text has: each line is one value


@dataclass(frozen=True)
class Loaded:
    """A file whose lines are in the table `lines`.

    Attributes:
        start: the row id of its first line.
        columns: what the file calls its columns.
        relation: a SELECT of `ROW` (the row id), `BROKEN` and the columns, all of which are text.
    """

    path: Path
    start: int
    columns: tuple[str, ...]
    relation: str


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that `load` fills."""
    connection.execute("create or replace table lines (file integer, text varchar)")
    connection.execute("create or replace table unreadable (file integer, line bigint, text varchar)")


def load(connection: duckdb.DuckDBPyConnection, path: Path, file: int) -> Loaded:
    """Load a file as number `file`.

    Raises:
        SourceError: the file cannot be read, is empty or has a header that names columns twice.
    """
    readers: dict[Format, Callable[[duckdb.DuckDBPyConnection, Path, int], Loaded]] = {
        Format.CSV: _load_csv,
        Format.JSON_LINES: _load_json,
        Format.PARQUET: _load_parquet,
    }
    try:
        return readers[format_of(path)](connection, path, file)
    except (duckdb.Error, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read: {first_line(error)}") from error


def _load_csv(connection: duckdb.DuckDBPyConnection, path: Path, file: int) -> Loaded:
    delimiter, header = _header(path)
    start = _load_lines(connection, path, file)
    _stitch(connection, start + 1, delimiter)
    field = field_pattern(delimiter)
    # The delimiter before the first field lets every match begin with one, also that of an empty field.
    all_fields = f"regexp_extract_all({literal(delimiter)} || text, {literal(f'{_regex(delimiter)}({field})')}, 1)"
    unquoted = """case when starts_with(x, '"') then replace(x[2:-2], '""', '"') else x end"""
    relation = f"""
        select {ROW}, len(cells) <> {len(header)} as {BROKEN},
               {", ".join(f"cells[{place}] as {quoted(name)}" for place, name in enumerate(header, start=1) if name)}
        from (select rowid as {ROW}, case
                  when not contains(text, '"') then string_split(text, {literal(delimiter)})
                  when regexp_full_match(text, {literal(record_pattern(delimiter))})
                  then list_transform({all_fields}, lambda x: {unquoted})
                  else [] end as cells
              from lines where file = {file} and rowid > {start} and text is not null)"""
    return Loaded(path, start, tuple(filter(None, header)), relation)


def _load_json(connection: duckdb.DuckDBPyConnection, path: Path, file: int) -> Loaded:
    return _json_lines(connection, path, file, _load_lines(connection, path, file))


def _load_parquet(connection: duckdb.DuckDBPyConnection, path: Path, file: int) -> Loaded:
    start = _next_row(connection)
    connection.execute(
        f"insert into lines select {file}, to_json(parquet) from read_parquet({literal(str(path))}) parquet"
    )
    return _json_lines(connection, path, file, start)


def _json_lines(connection: duckdb.DuckDBPyConnection, path: Path, file: int, start: int) -> Loaded:
    sample = connection.execute(
        f"select text from lines where file = {file} and text is not null limit {_SAMPLE_LINES}"
    ).fetchall()
    is_list: dict[str, bool] = {}
    for record in _objects(text for (text,) in sample):
        for name, value in record.items():
            is_list[name] = is_list.get(name, False) or isinstance(value, list)
    if not is_list:
        raise SourceError(f"{path} has no JSON objects, one a line")
    paths = ", ".join(literal("$." + quoted(name)) for name in is_list)
    # The lists of categories that JSON has become one text, with the bar that the service wants.
    joined = """case when starts_with({0}, '[') and json_valid({0})
                then array_to_string(from_json({0}, '["VARCHAR"]'), '|') else {0} end"""
    cells = [
        joined.format(f"cells[{place}]") if many else f"cells[{place}]"
        for place, many in enumerate(is_list.values(), start=1)
    ]
    relation = f"""
        select {ROW}, cells is null as {BROKEN},
               {", ".join(f"{cell} as {quoted(name)}" for name, cell in zip(is_list, cells, strict=True))}
        from (select rowid as {ROW},
                     case when json_valid(text) and starts_with(ltrim(text), '{{')
                     then json_extract_string(text, [{paths}]) end as cells
              from lines where file = {file} and text is not null)"""
    return Loaded(path, start, tuple(is_list), relation)


def _load_lines(connection: duckdb.DuckDBPyConnection, path: Path, file: int) -> int:
    start = _next_row(connection)
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")
    lines = _LINES_OF.format(path=literal(str(path)), never=NEVER)
    connection.execute(f"insert into lines select {file}, text from {lines}")
    connection.execute(f"""insert into unreadable select distinct on (line) {file}, line,
                           trim(csv_line, chr(10) || chr(13)) from reject_errors""")
    return start


def _next_row(connection: duckdb.DuckDBPyConnection) -> int:
    (count,) = connection.execute("select count(*) from lines").fetchone()
    return int(count)


def _stitch(connection: duckdb.DuckDBPyConnection, start: int, delimiter: str) -> None:
    """Put records of several lines together on their first line; the others become empty."""
    marked = f"""from lines where rowid >= {start} and contains(text, '"')"""
    whole = f"regexp_full_match(text, {literal(record_pattern(delimiter))})"
    (open_lines,) = connection.execute(f"select count(*) {marked} and not {whole}").fetchone()
    if not open_lines:
        return
    lines = connection.execute(f"select rowid, text {marked} order by rowid")
    found = pd.DataFrame(spans(_rows(lines), delimiter), columns=["first", "last"], dtype="int64")
    connection.register("spans", found)
    connection.execute("""
        create or replace temp table stitched as
        select s."first", s."last", string_agg(coalesce(text, ''), chr(10) order by lines.rowid) as text
        from lines join spans s on lines.rowid between s."first" and s."last" group by all""")
    connection.execute("""
        update lines set text = null from stitched s where lines.rowid > s."first" and lines.rowid <= s."last\"""")
    connection.execute('update lines set text = s.text from stitched s where lines.rowid = s."first"')
    connection.unregister("spans")


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, str]]:
    while batch := result.fetchmany(10_000):
        yield from batch


def _header(path: Path) -> tuple[str, tuple[str, ...]]:
    open_text = gzip.open if path.suffix.lower() == ".gz" else open
    with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
        line = file.readline().rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=line.count)
    names = tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter), []))
    if not any(names):
        raise SourceError(f"{path} is empty; its first line should name the columns")
    spellings = [name.lower() for name in names]  # SQL does not tell A from a
    repeated = sorted({name for name in names if name and spellings.count(name.lower()) > 1})
    if repeated:
        raise SourceError(f"{path} names the columns {repeated} more than once, got {list(names)}")
    return delimiter, names


def _objects(texts: Iterable[str]) -> Iterator[dict[str, object]]:
    for text in texts:
        try:
            record = json.loads(text)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def _regex(delimiter: str) -> str:
    return f"\\{delimiter}" if delimiter == "|" else delimiter
